"""What a teardown breaks, and the tasks of ours that stay open in HubSpot, unless they are to be completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.judging import verdict_json
from hubspot_sla.flows.runs.sync_run import begun
from hubspot_sla.flows.sending import deliver
from hubspot_sla.ledger import outbox, unfinished_tasks
from hubspot_sla.ledger.outbox import Kind, OutboxItem
from hubspot_sla.plan.actions import CompleteTask

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats

BREAKS = (
    "Views, reports, lists and workflows in HubSpot that use these properties stop working or refuse to be saved.",
    "Due dates, breach flags and reasons are no longer shown on any ticket, and nobody is escalated to.",
)


def open_tasks(db: sqlite3.Connection) -> list[CompleteTask]:
    """How each task that we made, and that nobody was asked to complete yet, is completed."""
    return [CompleteTask(task.record, task.key, task.task_id) for task in unfinished_tasks.every(db)]


def complete(context: Context, tasks: Sequence[CompleteTask]) -> RunStats:
    """Mark these tasks as completed in HubSpot, each once. What HubSpot refuses stays in quarantine with its reason."""
    with begun(context, "teardown") as run:
        items = [OutboxItem(task.key, Kind.COMPLETION, task.record, verdict_json.of_action(task)) for task in tasks]
        with context.ledger.transaction() as db:
            outbox.put(db, items, run_id=run.id, at=context.now())
        deliver.finish(context, run.id, run.stats)
    return run.stats
