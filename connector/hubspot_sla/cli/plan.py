"""`sla plan`: the next sync's decisions, printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.flows.inspection.plan_totals import PlanTotals
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.plan.actions import Action


@click.command("plan", epilog="Example: sla plan | grep sla_status")
@environment.mappings_option
@environment.ledger_option
@click.option("--backfill", is_flag=True, help="Plan a backfill: tickets closed before go-live too.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, backfill: bool, as_json: bool) -> None:
    """Show what a sync would write, as a diff, and what it comes to. Nothing is written, in HubSpot or in the ledger.

    It works before `sla setup` too: then it shows what the first sync would do.
    """
    from hubspot_sla.flows.context.context import looking_ahead
    from hubspot_sla.flows.runs.sync import plan
    from hubspot_sla.ledger.outbox import unsettled

    with looking_ahead(environment.settings(mappings=mappings, ledger=ledger)) as context:
        actions, failed, totals = _collect(plan(context, backfill=backfill), quiet=as_json)
        planned = {action.key for action in actions}
        queued = [parcel for parcel in unsettled(context.ledger.db) if parcel.key not in planned]
    if as_json:
        from hubspot_sla.flows.judging.verdict_json import of_action

        planned_actions = [of_action(action) for action in actions]
        queue = [dict(parcel.body) for parcel in queued]
        terminal.print_json({"actions": planned_actions, "queued": queue, "failed": failed, "totals": totals.as_json()})
        return
    for parcel in queued:
        terminal.row([f"ticket {parcel.record.key}", "queued by an earlier run", parcel.key])
    for action in actions:
        _show(action)
    for record_id, reason in failed.items():
        terminal.row([f"ticket {record_id}", f"cannot be judged: {reason}"])
    if actions:
        terminal.table(["by", "of it", "number"], list(totals.rows()), title="What it comes to")
    earlier = f", {len(queued)} more from an earlier run" if queued else ""
    terminal.say(f"{_count(actions)}{earlier}. Nothing was written.")


def _collect(batches: Iterable[Batch], *, quiet: bool) -> tuple[list[Action], dict[str, str], PlanTotals]:
    from hubspot_sla.flows.inspection.plan_totals import PlanTotals

    actions: list[Action] = []
    failed: dict[str, str] = {}
    totals = PlanTotals()
    with terminal.progress("planning", quiet=quiet) as tell:
        for batch in batches:
            for decision in batch.decisions:
                actions += decision.actions
                totals.add(decision)
            failed |= batch.failed
            tell(f"{len(actions)} actions")
    return actions, failed, totals


def _show(action: Action) -> None:
    from hubspot_sla.plan.actions import SetProperties, WriteProperties

    if isinstance(action, WriteProperties):
        for name, value in action.changes.items():
            before = action.before.get(name) or "(empty)"
            terminal.row([f"ticket {action.record.key}", name, f"{before} -> {value or '(empty)'}"])
    elif isinstance(action, SetProperties):
        for name, value in action.changes.items():
            terminal.row([f"ticket {action.record.key}", name, f"-> {value or '(empty)'}, by {action.rung}"])
    else:
        terminal.row([f"ticket {action.record.key}", *_cells(action)])


def _cells(action: Action) -> tuple[str, ...]:
    from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify

    match action:
        case CreateTask():
            return "new task", action.subject
        case AddNote():
            return "new note", f"the explanation, by {action.rung}"
        case Notify():
            return f"notify {action.channel}", f"by {action.rung}"
        case CompleteTask():
            return "complete task", action.task_id
        case _:
            return (action.key,)


def _count(actions: list[Action]) -> str:
    from collections import Counter

    from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties

    kinds = Counter(type(action) for action in actions)
    more = {
        SetProperties: "tickets to change by a rung",
        AddNote: "notes to add",
        Notify: "notifications to send",
        CompleteTask: "tasks to complete",
    }
    counts = [f"{kinds[WriteProperties]} tickets to write", f"{kinds[CreateTask]} tasks to create"]
    return ", ".join([*counts, *(f"{kinds[kind]} {words}" for kind, words in more.items() if kinds[kind])])
