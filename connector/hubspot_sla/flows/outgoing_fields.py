"""Ticket fields that people own, set once because a rung says so: a priority, an owner.

Setting a value may be repeated until HubSpot has confirmed it; from then on the field is the people's again. A refused
one waits and is tried again like any other. A ticket may have several, applied in the order they were asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger import audit, outbox, quarantine
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Parcel, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

FIELDS = "fields"


def send(parts: Parts, parcels: Sequence[Parcel], run_id: str, tally: Tally) -> None:
    """Send claimed parcels of kind `fields` and settle each; two of one ticket go one after the other."""
    for some in _one_a_ticket(parcels):
        _send(parts, some, run_id, tally)


def _send(parts: Parts, by_ticket: Mapping[str, Parcel], run_id: str, tally: Tally) -> None:
    written = parts.portal.tickets.update({id_: _changes(parcel) for id_, parcel in by_ticket.items()})
    refused = {**written.rejected, **dict.fromkeys(written.missing, "HubSpot no longer knows this ticket")}
    at = parts.now()
    with parts.ledger.transaction() as db:
        for id_ in written.updated:
            outbox.settle(db, by_ticket[id_].key, State.CONFIRMED)
        for id_, reason in refused.items():
            outbox.refuse(db, by_ticket[id_].key, reason, at)
        quarantine.release(db, written.updated, what=FIELDS)
        quarantine.put(db, refused, what=FIELDS, run_id=run_id, at=at)
        entries = [
            *(Entry(FIELDS, by_ticket[id_].body, id_) for id_ in written.updated),
            *(Entry("refused", {**by_ticket[id_].body, "reason": why}, id_) for id_, why in refused.items()),
        ]
        audit.append(db, at=at, run_id=run_id, entries=entries)
    tally.fields_written += len(written.updated)
    tally.quarantined += len(refused)


def _one_a_ticket(parcels: Sequence[Parcel]) -> Iterator[dict[str, Parcel]]:
    rest = list(parcels)
    while rest:
        some: dict[str, Parcel] = {}
        later = [parcel for parcel in rest if some.setdefault(parcel.ticket_id, parcel) is not parcel]
        yield some
        rest = later


def _changes(parcel: Parcel) -> Mapping[str, str]:
    changes = parcel.body["changes"]
    if not isinstance(changes, dict):
        raise TypeError(f"the outbox holds no changes for {parcel.key}")
    return changes
