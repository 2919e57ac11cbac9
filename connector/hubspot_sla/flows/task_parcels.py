"""Tasks: each looked for before it is made, a thousand tickets a look, and made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.milestones import Milestone
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH
from hubspot_sla.hubspot.tasks import Created, NewTask
from hubspot_sla.ledger import audit, outbox, quarantine
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Kind, Parcel, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

TASK: Final = "task"
TASK_PRIORITY: Final = "HIGH"


@dataclass(frozen=True, slots=True)
class TaskParcels:
    """A `Carrier`."""

    parts: Parts
    run_id: str
    tally: Tally
    kind: Kind = Kind.TASK
    at_once: int = ASSOCIATION_BATCH

    def wanted(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Those whose tickets have no such task; of tickets that cannot be read nothing is known, so none is made."""
        there = self.parts.portal.tasks.find_markers(parcel.ticket_id for parcel in parcels)
        unread = [parcel for parcel in parcels if parcel.ticket_id in there.unread]
        found = [parcel for parcel in parcels if parcel.key in there.task_ids]
        if unread:
            self._unknown(unread, "the ticket's tasks could not be read")
        if found:
            self._settle(found, {parcel.key: there.task_ids[parcel.key] for parcel in found}, {})
        self.parts.reached(Milestone.LOOKED)
        return [p for p in parcels if p.ticket_id not in there.unread and p.key not in there.task_ids]

    def send(self, parcels: Sequence[Parcel]) -> Created:
        return self.parts.portal.tasks.create([_new_task(parcel) for parcel in parcels])

    def settle(self, parcels: Sequence[Parcel], outcome: Created) -> None:
        """Neither created nor rejected means that HubSpot said nothing of it: the next run looks for it."""
        self._settle(parcels, outcome.created, outcome.rejected)
        self.tally.tasks_created += len(outcome.created)

    def lost(self, parcels: Sequence[Parcel]) -> None:
        self._unknown(parcels, "no answer came back")

    def _unknown(self, parcels: Iterable[Parcel], reason: str) -> None:
        with self.parts.ledger.transaction() as db:
            for parcel in parcels:
                outbox.settle(db, parcel.key, State.UNKNOWN, reason=reason)

    def _settle(self, parcels: Sequence[Parcel], made: Mapping[str, str], rejected: Mapping[str, str]) -> None:
        by_key = {parcel.key: parcel for parcel in parcels}
        refused = {by_key[key].ticket_id: reason for key, reason in rejected.items()}
        at = self.parts.now()
        with self.parts.ledger.transaction() as db:
            for key in by_key.keys() - made.keys() - rejected.keys():
                outbox.settle(db, key, State.UNKNOWN, reason="HubSpot's answer does not mention it")
            for key, task_id in made.items():
                outbox.settle(db, key, State.CONFIRMED, result_id=task_id)
            for key, reason in rejected.items():
                outbox.refuse(db, key, reason, at)
            quarantine.release(db, (by_key[key].ticket_id for key in made), what=TASK)
            quarantine.put(db, refused, what=TASK, run_id=self.run_id, at=at)
            told = [(by_key[key], {"task_id": task_id}, "task") for key, task_id in made.items()]
            told += [(by_key[key], {"reason": reason}, "refused") for key, reason in rejected.items()]
            entries = [Entry(kind, {**parcel.body, **more}, parcel.ticket_id) for parcel, more, kind in told]
            audit.append(db, at=at, run_id=self.run_id, entries=entries)
        self.tally.quarantined += len(refused)


def _new_task(parcel: Parcel) -> NewTask:
    body = parcel.body
    owner = body["owner_id"]
    due_at = wire_time.parse(str(body["due_at"]))
    if due_at is None:
        raise ValueError(f"the outbox holds no due time for {parcel.key}")
    return NewTask(
        key=parcel.key,
        ticket_id=parcel.ticket_id,
        subject=str(body["subject"]),
        body=str(body["body"]),
        due_at_ms=due_at,
        owner_id=None if owner is None else str(owner),
        priority=TASK_PRIORITY,
    )
