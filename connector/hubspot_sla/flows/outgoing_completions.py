"""Tasks of ours marked as done because their ticket was closed. It may be repeated: nothing to look for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger import audit, outbox, quarantine
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Parcel, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts

COMPLETION = "completion"
DELETED = "somebody deleted the task"


def send(parts: Parts, parcels: Sequence[Parcel], run_id: str, tally: Tally) -> None:
    """Send claimed parcels of kind `completion` and settle each. A task that somebody deleted needs nothing more."""
    by_task = {str(parcel.body["task_id"]): parcel for parcel in parcels}
    written = parts.portal.tasks.complete(by_task)
    at = parts.now()
    done = [*written.updated, *written.missing]
    refused = {by_task[id_].ticket_id: reason for id_, reason in written.rejected.items()}
    with parts.ledger.transaction() as db:
        for id_ in done:
            reason = DELETED if id_ in written.missing else None
            outbox.settle(db, by_task[id_].key, State.CONFIRMED, reason=reason, result_id=id_)
        for id_, reason in written.rejected.items():
            outbox.refuse(db, by_task[id_].key, reason, at)
        quarantine.release(db, (by_task[id_].ticket_id for id_ in done), what=COMPLETION)
        quarantine.put(db, refused, what=COMPLETION, run_id=run_id, at=at)
        entries = [
            *(_completed(by_task[id_]) for id_ in written.updated),
            *(_completed(by_task[id_], remark=DELETED) for id_ in written.missing),
            *(_refused(by_task[id_], reason) for id_, reason in written.rejected.items()),
        ]
        audit.append(db, at=at, run_id=run_id, entries=entries)
    tally.tasks_completed += len(written.updated)
    tally.quarantined += len(refused)


def _completed(parcel: Parcel, **more: str) -> Entry:
    return Entry(COMPLETION, {**parcel.body, **more}, parcel.ticket_id)


def _refused(parcel: Parcel, reason: str) -> Entry:
    return Entry("refused", {**parcel.body, "reason": reason}, parcel.ticket_id)
