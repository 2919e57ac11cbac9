"""`sla forget`: remove what the ledger holds of somebody, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.runs.forget import Forgotten

EPILOG = """\b
Examples:
  sla forget --ticket 28100042
  sla forget --contact 101 --yes
"""


@click.command("forget", epilog=EPILOG)
@click.option("--ticket", metavar="ID", default="", help="A ticket, with those merged into it.")
@click.option("--contact", metavar="ID", default="", help="A contact: the values that tiers and conditions look at.")
@click.option("--company", metavar="ID", default="", help="A company: its name, and these values.")
@click.option("--owner", metavar="ID", default="", help="The name of an owner or user.")
@click.option("--yes", is_flag=True, help="Do it. Without this, only what would be removed is shown.")
@environment.ledger_option
@terminal.json_option
def command(
    ticket: str, contact: str, company: str, owner: str, ledger: str | None, *, yes: bool, as_json: bool
) -> None:
    """Remove values, names and texts from the ledger, and say what cannot be reached from here.

    Ids, instants, stages and statuses stay, so that figures and closed months stay too. The audit log says what was
    removed, by ids and counts. No worker may run meanwhile: the file is rewritten.
    """
    from hubspot_sla.flows.context.context import ledger_alone
    from hubspot_sla.flows.context.local_clock import local_now
    from hubspot_sla.flows.runs import forget
    from hubspot_sla.ledger.database import open_for_reading

    asked = forget.Asked(ticket, contact, company, owner)
    if sum(map(bool, (ticket, contact, company, owner))) != 1:
        raise click.UsageError("name one of --ticket, --contact, --company and --owner.")
    settings = environment.settings(ledger=ledger)
    with open_for_reading(settings.ledger) as opened, opened.telling_damage():
        done = forget.foretell(opened.db, asked, settings.backups)
    if yes:
        with ledger_alone(settings) as opened:
            done = forget.forget(opened, asked, local_now(opened.db, settings.clock), settings.backups)
    if as_json:
        terminal.print_json({"done": yes, **done.as_json()})
    else:
        _show(done, done_now=yes)


def _show(done: Forgotten, *, done_now: bool) -> None:
    verb = "removed" if done_now else "would be removed"
    for table, number in sorted(done.erased.rows.items()):
        terminal.say(f"{verb}  {number} {'row' if number == 1 else 'rows'} of {table}")
    if done.erased.is_empty:
        terminal.say("Nothing is left to be removed.")
    elif done.erased.entries:
        number = len(done.erased.entries)
        terminal.say(f"{number} audit entries keep their seals; their texts and facts cannot be checked any more.")
    terminal.heading("Not reached from here")
    for line in done.left:
        terminal.paragraph(line, indent="  ")
    if not done_now:
        terminal.say("Nothing was changed. `--yes` does it.")
