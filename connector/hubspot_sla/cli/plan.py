"""`sla plan`: the next sync's decisions, printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.inspection.look_ahead import LookAhead
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.records import RecordRef


EPILOG = """\b
Examples:
  sla plan | grep sla_status
  sla plan --save friday.json      then, once it was looked at: sla sync --plan friday.json
"""


@click.command("plan", epilog=EPILOG)
@environment.mappings_option
@environment.ledger_option
@click.option("--backfill", is_flag=True, help="Plan a backfill: tickets closed before go-live too.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the plan in FILE, for `sla sync --plan FILE`.",
)
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, backfill: bool, save: Path | None, as_json: bool) -> None:
    """Show what a sync would write, as a diff, and what it comes to. Nothing is written, in HubSpot or in the ledger.

    It works before `sla setup` too: then it shows what the first sync would do. FILE holds the actions, the version of
    the mappings, the portal and the state of each record; only its owner can read it.
    """
    from hubspot_sla.flows.context.context import looking_ahead
    from hubspot_sla.flows.inspection.look_ahead import look_ahead
    from hubspot_sla.flows.runs import plan_file
    from hubspot_sla.flows.runs.planned_sync import ExactPlan
    from hubspot_sla.flows.runs.sync import plan

    settings = environment.settings(mappings=mappings, ledger=ledger)
    if save is not None:
        plan_file.check_target(save)
    with looking_ahead(settings) as context, terminal.progress("planning", quiet=as_json) as tell:
        exact = ExactPlan(context, backfill=backfill)
        batches = plan(context, backfill=backfill) if save is None else exact.batches()
        ahead = look_ahead(context, batches, lambda so_far: tell(f"{len(so_far.actions)} actions"))
        if save is not None:
            plan_file.write(save, exact.saved(), settings.redactor.within)
    if as_json:
        terminal.print_json(ahead.as_json())
        return
    _show_all(ahead)
    if save is not None:
        terminal.say(
            f"Saved as {save}: `sla sync --plan {save}` sends exactly this, or nothing if anything has changed"
        )


def _show_all(ahead: LookAhead) -> None:
    for item in ahead.queued:
        terminal.row([_name(item.record), "queued by an earlier run", item.key], ("", "yellow"))
    for action in ahead.actions:
        _show(action)
    for action in ahead.contracts:
        _show(action, "by the job contract_states")
    for key, record in ahead.already_there.items():
        terminal.row([_name(record), "already in HubSpot", key], ("", "cyan"))
    for notice in ahead.held:
        terminal.row([_name(notice.record), f"notify {notice.channel}", "held: reached before a backup was restored"])
    for record, reason in ahead.failed.items():
        terminal.row([_name(record), f"cannot be judged: {reason}"], ("", "red"))
    if ahead.actions:
        terminal.table(["by", "of it", "number"], list(ahead.totals.rows()), title="What it comes to")
    earlier = f", {len(ahead.queued)} more from an earlier run" if ahead.queued else ""
    contracts = f", {len(ahead.contracts)} by the job contract_states" if ahead.contracts else ""
    terminal.say(f"{_count(ahead.actions)}{contracts}{earlier}. Nothing was written.")


def _name(record: RecordRef) -> str:
    """`ticket 28100042`."""
    from hubspot_sla.hubspot.objects.table import profile_of
    from hubspot_sla.plan.contract_rungs import CONTRACTS

    if record.object_type == CONTRACTS:
        return f"contract {record.record_id}"
    return f"{profile_of(record.object_type).singular} {record.record_id}"


def _show(action: Action, *by: str) -> None:
    from hubspot_sla.plan.actions import SetProperties, WriteProperties

    name = _name(action.record)
    if isinstance(action, WriteProperties):
        for property_name, value in action.changes.items():
            before = action.before.get(property_name) or "(empty)"
            cells = [name, property_name, f"{before} -> {value or '(empty)'}", *by]
            terminal.row(cells, ("", "cyan", terminal.colour_of(value)))
    elif isinstance(action, SetProperties):
        for property_name, value in action.changes.items():
            terminal.row([name, property_name, f"-> {value or '(empty)'}, by {action.rung}", *by], ("", "yellow"))
    else:
        terminal.row([name, *_cells(action), *by], ("", "green"))


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


def _count(actions: Sequence[Action]) -> str:
    from collections import Counter

    from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties

    kinds = Counter(type(action) for action in actions)
    words_by_kind = {
        WriteProperties: ("ticket", "to write"),
        CreateTask: ("task", "to create"),
        SetProperties: ("ticket", "to change by a rung"),
        AddNote: ("note", "to add"),
        Notify: ("notification", "to send"),
        CompleteTask: ("task", "to complete"),
    }
    shown = [kind for kind in words_by_kind if kinds[kind] or kind in (WriteProperties, CreateTask)]
    counts = ((kinds[kind], *words_by_kind[kind]) for kind in shown)
    return ", ".join(f"{count} {noun}{'' if count == 1 else 's'} {deed}" for count, noun, deed in counts)
