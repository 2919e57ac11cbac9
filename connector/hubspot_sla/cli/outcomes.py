"""`sla outcomes`: what became of every promise, computed again from the facts."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, terminal


@click.group("outcomes", epilog="Example: sla outcomes rebuild --check")
def command() -> None:
    """What became of every promise: one row for each cycle of each clock, for reports."""


@command.command("rebuild", epilog="Example: sla outcomes rebuild --check")
@environment.ledger_option
@click.option("--check", is_flag=True, help="Write nothing: exit code 4 where outcomes are not what the facts give.")
@terminal.json_option
def rebuild(ledger: str | None, *, check: bool, as_json: bool) -> None:
    """Compute all outcomes again from the facts in the ledger, page by page. HubSpot is not asked.

    One that is interrupted is gone on with by the next. Records that older rules of the clock judged are counted apart
    and stay as they are: `sla sync --backfill` judges them again.
    """
    from hubspot_sla.flows.context.context import ledger_alone
    from hubspot_sla.flows.runs import rebuild_outcomes
    from hubspot_sla.ledger.database import open_for_reading

    settings = environment.settings(ledger=ledger)
    with terminal.progress("rebuilding", quiet=as_json) as tell:
        if check:
            with open_for_reading(settings.ledger) as opened:
                done = rebuild_outcomes.compare(opened, progress=lambda so_far: tell(so_far.summary()))
        else:
            with ledger_alone(settings) as opened:
                done = rebuild_outcomes.rebuild(opened, progress=lambda so_far: tell(so_far.summary()))
    if as_json:
        terminal.print_json(done.as_json())
    else:
        terminal.say(done.summary())
    if check:
        rebuild_outcomes.require_same(done)
