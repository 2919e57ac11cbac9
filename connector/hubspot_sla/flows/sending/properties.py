"""Property writes: nothing is read first, for the same values can be written again; settled record by record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.hubspot.objects import companies
from hubspot_sla.hubspot.objects.table import profile_of
from hubspot_sla.ledger import audit, outbox, quarantine, records, validation_rules
from hubspot_sla.ledger.outbox import Kind, OutboxItem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.writes import Written
    from hubspot_sla.ledger.audit import Entry

WRITING: Final = "writing"


@dataclass(frozen=True, slots=True)
class PropertyDelivery:
    """A `DeliveryKind`."""

    context: Context
    run_id: str
    stats: RunStats
    kind: Kind = Kind.PROPERTIES
    at_once: int = BATCH

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        return items

    def send(self, items: Sequence[OutboxItem]) -> Written:
        changes = {item.record.record_id: changes_of(item) for item in items}
        return self.context.portal.of(items[0].record.object_type).update(changes)

    def settle(self, items: Sequence[OutboxItem], outcome: Written) -> None:
        """What HubSpot took of a record is confirmed; where it would not take all, the item is sent again whole."""
        by_id = {item.record.record_id: item for item in items}
        object_type = items[0].record.object_type
        landed = {
            id_: (updated_at, _without(changes_of(by_id[id_]), outcome.left_out.get(id_, ())))
            for id_, updated_at in outcome.updated.items()
        }
        in_part = {id_: next(iter(reasons.values())) for id_, reasons in outcome.left_out.items()}
        refused = {**outcome.rejected, **dict.fromkeys(outcome.missing, gone(object_type)), **in_part}
        whole = [by_id[id_] for id_ in landed if id_ not in in_part]
        at = self.context.now()
        with self.context.ledger.transaction() as db:
            records.confirm_written(db, object_type, landed)
            outbox.done_with(db, (item.key for item in whole))
            for id_, reason in refused.items():
                outbox.refuse(db, by_id[id_].key, reason, at)
            quarantine.release(db, (item.record for item in whole), step=WRITING)
            by_record = {by_id[id_].record: reason for id_, reason in refused.items()}
            quarantine.put(db, by_record, step=WRITING, run_id=self.run_id, at=at)
            entries = [
                *(
                    _written(by_id[id_], updated_at, outcome.left_out.get(id_, ()))
                    for id_, (updated_at, _) in landed.items()
                ),
                *(of_item("refused", by_id[id_], reason=why) for id_, why in refused.items()),
            ]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            validation_rules.note(db, object_type, outcome.rules, at)
        if object_type == companies.PROFILE.name:
            self.stats.companies_written += len(landed)
        else:
            self.stats.properties_written += len(landed)
        self.stats.quarantined += len(refused)

    def lost(self, items: Sequence[OutboxItem]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""


def _without(changes: Mapping[str, str], names: Collection[str]) -> Mapping[str, str]:
    return {name: value for name, value in changes.items() if name not in names}


def _written(item: OutboxItem, updated_at: int, left_out: Collection[str]) -> Entry:
    more = {"left_out": sorted(left_out)} if left_out else {}
    return of_item("write", item, updated_at=wire_time.to_wire(updated_at), **more)


def gone(object_type: str) -> str:
    """Why nothing could be written to a record."""
    return f"HubSpot no longer knows this {profile_of(object_type).singular}"


def changes_of(item: OutboxItem) -> Mapping[str, str]:
    changes = item.body["changes"]
    if not isinstance(changes, dict):
        raise TypeError(f"the outbox holds no changes for {item.key}")
    return changes
