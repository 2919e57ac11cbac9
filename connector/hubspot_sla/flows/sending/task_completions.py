"""Our tasks, marked as completed because their ticket was closed. It may be repeated: nothing is searched first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.flows.sending.unknown_outcome import OBJECT_TYPES
from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.ledger import audit, outbox, quarantine, validation_rules
from hubspot_sla.ledger.outbox import Kind, OutboxItem, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.writes import Written
    from hubspot_sla.ledger.audit import Entry

COMPLETION: Final = "completion"
DELETED: Final = "somebody deleted the task"


@dataclass(frozen=True, slots=True)
class CompletionDelivery:
    """A `DeliveryKind`. A task that somebody deleted needs nothing more."""

    context: Context
    run_id: str
    stats: RunStats
    kind: Kind = Kind.COMPLETION
    at_once: int = BATCH

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        return items

    def send(self, items: Sequence[OutboxItem]) -> Written:
        return self.context.portal.tasks.complete(_by_task(items))

    def settle(self, items: Sequence[OutboxItem], outcome: Written) -> None:
        by_task = _by_task(items)
        at = self.context.now()
        done = {**dict.fromkeys(outcome.updated), **dict.fromkeys(outcome.missing, DELETED)}
        refused = {by_task[id_].record: reason for id_, reason in outcome.rejected.items()}
        with self.context.ledger.transaction() as db:
            for id_, remark in done.items():
                outbox.settle(db, by_task[id_].key, State.CONFIRMED, reason=remark, result_id=id_)
            for id_, reason in outcome.rejected.items():
                outbox.refuse(db, by_task[id_].key, reason, at)
            quarantine.release(db, (by_task[id_].record for id_ in done), step=COMPLETION)
            quarantine.put(db, refused, step=COMPLETION, run_id=self.run_id, at=at)
            entries = [
                *(_completed(by_task[id_], remark) for id_, remark in done.items()),
                *(of_item("refused", by_task[id_], reason=why) for id_, why in outcome.rejected.items()),
            ]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
            validation_rules.note(db, OBJECT_TYPES[Kind.TASK], outcome.rules, at)
        self.stats.tasks_completed += len(outcome.updated)
        self.stats.quarantined += len(refused)

    def lost(self, items: Sequence[OutboxItem]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""


def _by_task(items: Sequence[OutboxItem]) -> dict[str, OutboxItem]:
    return {str(item.body["task_id"]): item for item in items}


def _completed(item: OutboxItem, remark: str | None) -> Entry:
    return of_item(COMPLETION, item, **({"remark": remark} if remark else {}))
