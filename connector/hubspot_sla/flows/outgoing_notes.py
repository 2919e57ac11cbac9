"""Notes of the outbox, made once: none is sent without looking first whether its ticket has it, as tasks are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import OutcomeUnknown
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.engagements import Created
from hubspot_sla.hubspot.notes import NewNote
from hubspot_sla.ledger import audit, outbox, quarantine
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Parcel, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

NOTE = "note"


def send(parts: Parts, parcels: Sequence[Parcel], run_id: str, tally: Tally) -> None:
    """Send claimed parcels of kind `note` and settle each. Raises OutcomeUnknown when an answer did not come."""
    there = parts.portal.notes.find_markers(parcel.ticket_id for parcel in parcels)
    by_key = {parcel.key: parcel for parcel in parcels if parcel.ticket_id not in there.unread}
    arrived = {key: id_ for key, id_ in there.ids.items() if key in by_key}
    _unknown(parts, (p.key for p in parcels if p.key not in by_key), "the ticket's notes could not be read")
    made = _create(parts, [parcel for key, parcel in by_key.items() if key not in arrived])
    _unknown(parts, made.unknown, "HubSpot's answer does not mention it")
    _settle(parts, by_key, arrived | made.created, made.rejected, run_id)
    tally.notes_created += len(made.created)
    tally.quarantined += len(made.rejected)


def _create(parts: Parts, missing: Sequence[Parcel]) -> Created:
    if not missing:
        return Created({}, {})
    try:
        return parts.portal.notes.create([_new_note(parcel) for parcel in missing])
    except OutcomeUnknown:
        _unknown(parts, (parcel.key for parcel in missing), "no answer came back")
        raise


def _unknown(parts: Parts, keys: Iterable[str], reason: str) -> None:
    """Not sent again before somebody has looked: the next run does."""
    with parts.ledger.transaction() as db:
        for key in keys:
            outbox.settle(db, key, State.UNKNOWN, reason=reason)


def _settle(
    parts: Parts, by_key: Mapping[str, Parcel], made: Mapping[str, str], rejected: Mapping[str, str], run_id: str
) -> None:
    at = parts.now()
    with parts.ledger.transaction() as db:
        for key, id_ in made.items():
            outbox.settle(db, key, State.CONFIRMED, result_id=id_)
        for key, reason in rejected.items():
            outbox.refuse(db, key, reason, at)
        quarantine.release(db, (by_key[key].ticket_id for key in made), what=NOTE)
        refused = {by_key[key].ticket_id: reason for key, reason in rejected.items()}
        quarantine.put(db, refused, what=NOTE, run_id=run_id, at=at)
        entries = [
            *(Entry(NOTE, {**by_key[key].body, "note_id": id_}, by_key[key].ticket_id) for key, id_ in made.items()),
            *(Entry("refused", {**by_key[k].body, "reason": r}, by_key[k].ticket_id) for k, r in rejected.items()),
        ]
        audit.append(db, at=at, run_id=run_id, entries=entries)


def _new_note(parcel: Parcel) -> NewNote:
    at = wire_time.parse(str(parcel.body["at"]))
    if at is None:
        raise ValueError(f"the outbox holds no instant for {parcel.key}")
    return NewNote(parcel.key, parcel.ticket_id, str(parcel.body["body"]), at)
