"""`sla sync`: one run of the main job."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, logs, terminal


@click.command("sync", epilog="Example: sla sync --backfill")
@environment.mappings_option
@environment.ledger_option
@click.option("--backfill", is_flag=True, help="Read every ticket, and write those closed before go-live too.")
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, backfill: bool, as_json: bool) -> int:
    """Pull what changed, judge it, record it, and write the differences to HubSpot.

    The first run reads every ticket once. A run that was interrupted is completed by the next one.
    """
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.runs.job_run import of_command
    from hubspot_sla.flows.runs.sync import sync
    from hubspot_sla.ops.settings import choices

    settings = environment.settings(mappings=mappings, ledger=ledger)
    chosen = choices(settings.variables)
    with (
        wired(settings) as context,
        logs.logging_for(context, chosen),
        of_command(context, "sync"),
        terminal.progress("syncing", quiet=as_json) as tell,
    ):
        tally = sync(context, backfill=backfill, progress=lambda so_far: tell(so_far.summary()))
    if as_json:
        terminal.print_json(tally.as_json())
    else:
        terminal.say(tally.summary())
    terminal.tell_resting(tally.resting)
    return tally.exit_code
