"""`sla restore`: a backup in the place of the ledger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.installation.restore import Restored

EPILOG = """\b
Examples:
  sla restore backups/ledger-20261123T023000Z.db --hold
  sla plan                             what the next sync would do
"""
TWICE = (
    "What was sent after that is not known to this ledger. Tasks and notes are found again in HubSpot, and properties"
    " are compared. Messages by Slack, Teams, e-mail and webhooks cannot be found: people may be told twice of what"
    " was reached before now."
)
QUESTION = "Hold the messages about what was reached before now?"


@click.command("restore", epilog=EPILOG)
@click.argument("backup", type=click.Path(path_type=Path))
@environment.ledger_option
@click.option(
    "--hold/--no-hold",
    default=None,
    help="Whether messages about what was reached before now are held; asked on a terminal, else --no-hold.",
)
@terminal.json_option
def command(backup: Path, ledger: str | None, *, hold: bool | None, as_json: bool) -> None:
    """Put BACKUP in the place of the ledger, proved whole; what was there is kept under another name.

    Stop the worker first. People may be told twice of what was sent since the backup: --hold has messages about
    everything that was reached before now withdrawn, so that nobody is told again.
    """
    from hubspot_sla.flows.installation.restore import restore

    settings = environment.settings(ledger=ledger)
    asked = hold is None and not as_json and sys.stdin.isatty() and sys.stdout.isatty()
    if asked:
        terminal.say(TWICE)
        hold = click.confirm(QUESTION, default=True)
    restored = restore(settings.ledger, backup, settings.clock, hold=bool(hold))
    if as_json:
        terminal.print_json(restored.as_json())
        return
    _tell(restored, backup, asked=asked)


def _tell(restored: Restored, backup: Path, *, asked: bool) -> None:
    from hubspot_sla.plan.instant_text import wire

    newest = "it is empty" if restored.newest_at is None else f"its newest entry is of {wire(restored.newest_at)}"
    terminal.say(f"{restored.path} is {backup} now: {restored.entries} audit entries, {newest}, head {restored.head}")
    if restored.kept is not None:
        terminal.say(f"kept     {restored.kept}: the ledger that was there")
    if not asked:
        terminal.say(TWICE)
    if restored.held_before is not None:
        waited = f", {restored.withdrawn} of which were waiting" if restored.withdrawn else ""
        terminal.say(f"held     messages about what was reached before {wire(restored.held_before)}{waited}")
    else:
        again = f"; {restored.waiting} are waiting to be sent" if restored.waiting else ""
        terminal.say(f"Nothing is held{again}: `sla restore {backup} --hold` does that.")
    terminal.say("Next: `sla audit verify`, `sla plan`, then start the worker.")
