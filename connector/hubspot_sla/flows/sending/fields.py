"""Ticket fields that people own, set once because a rung says so: a priority, an owner.

Setting a value may be repeated until HubSpot has confirmed it; from then on the field is the people's again. A refused
one waits and is tried again like any other. A ticket may have several: what was asked for last holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.flows.sending.properties import GONE, changes_of
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.ledger import audit, outbox, quarantine, rungs, validation_rules
from hubspot_sla.ledger.outbox import Kind, OutboxItem, State, rung_of
from hubspot_sla.plan.records import TICKETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.writes import Written

FIELDS: Final = "fields"


@dataclass(frozen=True, slots=True)
class FieldParcels:
    """A `DeliveryKind`. Those of one ticket go as one write."""

    context: Context
    run_id: str
    stats: RunStats
    kind: Kind = Kind.FIELDS
    at_once: int = BATCH

    def wanted(self, parcels: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        return parcels

    def send(self, parcels: Sequence[OutboxItem]) -> Written:
        changes: dict[str, dict[str, str]] = {}
        for parcel in parcels:
            changes.setdefault(parcel.record.record_id, {}).update(changes_of(parcel))
        return self.context.portal.tickets.update(changes)

    def settle(self, parcels: Sequence[OutboxItem], outcome: Written) -> None:
        refused = {**outcome.rejected, **dict.fromkeys(outcome.missing, GONE)}
        landed = [parcel for parcel in parcels if parcel.record.record_id in outcome.updated]
        failed = [(p, refused[p.record.record_id]) for p in parcels if p.record.record_id in refused]
        at = self.context.now()
        with self.context.ledger.transaction() as db:
            for parcel in landed:
                outbox.settle(db, parcel.key, State.CONFIRMED)
                rungs.mended(db, rung_of(parcel))
            for parcel, reason in failed:
                outbox.refuse(db, parcel.key, reason, at)
                rungs.failed(db, rung_of(parcel), f"a property was refused: {reason}")
            quarantine.release(db, (parcel.record for parcel in landed), step=FIELDS)
            by_record = {parcel.record: reason for parcel, reason in failed}
            quarantine.put(db, by_record, step=FIELDS, run_id=self.run_id, at=at)
            entries = [
                *(of_item(FIELDS, parcel) for parcel in landed),
                *(of_item("refused", parcel, reason=why) for parcel, why in failed),
            ]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            validation_rules.note(db, TICKETS, outcome.rules, at)
        self.stats.fields_written += len(landed)
        self.stats.quarantined += len(refused)

    def lost(self, parcels: Sequence[OutboxItem]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""
