"""Tasks of ours marked as done because their ticket was closed. It may be repeated: nothing to look for first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.batches import BATCH
from hubspot_sla.ledger import audit, outbox, quarantine
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Kind, Parcel, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.hubspot.writes import Written

COMPLETION: Final = "completion"
DELETED: Final = "somebody deleted the task"


@dataclass(frozen=True, slots=True)
class CompletionParcels:
    """A `Carrier`. A task that somebody deleted needs nothing more."""

    parts: Parts
    run_id: str
    tally: Tally
    kind: Kind = Kind.COMPLETION
    at_once: int = BATCH

    def wanted(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        return parcels

    def send(self, parcels: Sequence[Parcel]) -> Written:
        return self.parts.portal.tasks.complete(_by_task(parcels))

    def settle(self, parcels: Sequence[Parcel], outcome: Written) -> None:
        by_task = _by_task(parcels)
        at = self.parts.now()
        done = {**dict.fromkeys(outcome.updated), **dict.fromkeys(outcome.missing, DELETED)}
        refused = {by_task[id_].ticket_id: reason for id_, reason in outcome.rejected.items()}
        with self.parts.ledger.transaction() as db:
            for id_, remark in done.items():
                outbox.settle(db, by_task[id_].key, State.CONFIRMED, reason=remark, result_id=id_)
            for id_, reason in outcome.rejected.items():
                outbox.refuse(db, by_task[id_].key, reason, at)
            quarantine.release(db, (by_task[id_].ticket_id for id_ in done), what=COMPLETION)
            quarantine.put(db, refused, what=COMPLETION, run_id=self.run_id, at=at)
            entries = [
                *(_completed(by_task[id_], remark) for id_, remark in done.items()),
                *(_refused(by_task[id_], reason) for id_, reason in outcome.rejected.items()),
            ]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
        self.tally.tasks_completed += len(outcome.updated)
        self.tally.quarantined += len(refused)

    def lost(self, parcels: Sequence[Parcel]) -> None:
        """Does not happen: an update is repeated until it is answered or given up. They stay claimed."""


def _by_task(parcels: Sequence[Parcel]) -> dict[str, Parcel]:
    return {str(parcel.body["task_id"]): parcel for parcel in parcels}


def _completed(parcel: Parcel, remark: str | None) -> Entry:
    return Entry(COMPLETION, {**parcel.body, **({"remark": remark} if remark else {})}, parcel.ticket_id)


def _refused(parcel: Parcel, reason: str) -> Entry:
    return Entry("refused", {**parcel.body, "reason": reason}, parcel.ticket_id)
