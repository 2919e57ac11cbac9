"""`sla teardown`: take back what setup made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@click.command("teardown", epilog="Example: sla teardown --yes")
@environment.ledger_option
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--dry-run", is_flag=True, help="Only show what would be archived, and what that breaks.")
@click.option(
    "--tasks",
    type=click.Choice(["keep", "complete"]),
    default="keep",
    show_default=True,
    help="What becomes of our tasks that are still open in HubSpot.",
)
@terminal.json_option
def command(ledger: str | None, tasks: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Archive the properties that `sla setup` created, and nothing else.

    The ledger and its audit log stay. HubSpot keeps archived properties for 90 days.
    """
    from hubspot_sla.flows.context import portal_binding
    from hubspot_sla.flows.context.context import looking_ahead, wired
    from hubspot_sla.flows.installation import setup, teardown

    settings = environment.settings(ledger=ledger)
    if dry_run:
        with looking_ahead(settings) as context:
            portal_binding.checked_portal(context)
            _foretell(setup.made_by_us(context), len(teardown.open_tasks(context.ledger.db)), tasks, as_json=as_json)
        return 0
    with wired(settings) as context:
        portal_binding.bind_portal(context)
        names = _names(setup.made_by_us(context))
        unfinished = teardown.open_tasks(context.ledger.db) if tasks == "complete" else []
        if (names or unfinished) and not yes:
            more = f" and complete {counted(len(unfinished), 'task')}" if unfinished else ""
            question = f"Archive {len(names)} properties and groups{more} in HubSpot?"
            click.confirm(question, abort=True, err=True)
        archived = setup.tear_down(context)
        stats = teardown.complete(context, unfinished) if unfinished else None
    completed = 0 if stats is None else stats.tasks_completed
    if as_json:
        terminal.print_json({"archived": archived, "tasks_completed": completed})
        return 0 if stats is None else stats.exit_code
    for kind, name in names:
        is_archived = name in archived[kind]
        terminal.say(f"archived  {name}" if is_archived else f"kept      {name}: it holds properties of others")
    if not names:
        terminal.say("Setup made nothing here that is still ours.")
    if stats is not None:
        terminal.say(f"completed {completed} of {counted(len(unfinished), 'task')}")
        return stats.exit_code
    return 0


def _names(made: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(kind, name), groups last."""
    from hubspot_sla.flows.installation.setup import is_of_groups

    return [(kind, name) for kind in sorted(made, key=is_of_groups) for name in made[kind]]


def _foretell(made: Mapping[str, list[str]], open_tasks: int, tasks: str, *, as_json: bool) -> None:
    from hubspot_sla.flows.installation.teardown import BREAKS

    if as_json:
        terminal.print_json({"would_archive": made, "open_tasks": open_tasks, "tasks": tasks, "breaks": BREAKS})
        return
    names = _names(made)
    for _, name in names:
        terminal.say(f"would archive  {name}")
    if not names:
        terminal.say("Setup made nothing here that is still ours.")
        return
    verb = "would be completed" if tasks == "complete" else "would stay open (`--tasks complete` completes them)"
    terminal.say(f"{open_tasks} open tasks {verb}.")
    for line in BREAKS:
        terminal.say(line)
    terminal.say("The ledger and its audit log stay. Nothing was changed.")
