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
class FieldDelivery:
    """A `DeliveryKind`. Those of one ticket go as one write."""

    context: Context
    run_id: str
    stats: RunStats
    kind: Kind = Kind.FIELDS
    at_once: int = BATCH

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        return items

    def send(self, items: Sequence[OutboxItem]) -> Written:
        changes: dict[str, dict[str, str]] = {}
        for item in items:
            changes.setdefault(item.record.record_id, {}).update(changes_of(item))
        return self.context.portal.of(TICKETS).update(changes)

    def settle(self, items: Sequence[OutboxItem], outcome: Written) -> None:
        refused = {**outcome.rejected, **dict.fromkeys(outcome.missing, GONE)}
        landed = [item for item in items if item.record.record_id in outcome.updated]
        failed = [(p, refused[p.record.record_id]) for p in items if p.record.record_id in refused]
        at = self.context.now()
        with self.context.ledger.transaction() as db:
            for item in landed:
                outbox.settle(db, item.key, State.CONFIRMED)
                rungs.mended(db, rung_of(item))
            for item, reason in failed:
                outbox.refuse(db, item.key, reason, at)
                rungs.failed(db, rung_of(item), f"a property was refused: {reason}")
            quarantine.release(db, (item.record for item in landed), step=FIELDS)
            by_record = {item.record: reason for item, reason in failed}
            quarantine.put(db, by_record, step=FIELDS, run_id=self.run_id, at=at)
            entries = [
                *(of_item(FIELDS, item) for item in landed),
                *(of_item("refused", item, reason=why) for item, why in failed),
            ]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            validation_rules.note(db, TICKETS, outcome.rules, at)
        self.stats.fields_written += len(landed)
        self.stats.quarantined += len(refused)

    def lost(self, items: Sequence[OutboxItem]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""
