"""`sla sync`: one run of the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hubspot_sla.cli import environment, logs, terminal

if TYPE_CHECKING:
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.runs.plan_file import SavedPlan
    from hubspot_sla.flows.runs.sync_run import Progress
    from hubspot_sla.flows.sending.commit import RunStats

EPILOG = """\b
Examples:
  sla sync
  sla sync --backfill
  sla sync --plan friday.json
"""


@click.command("sync", epilog=EPILOG)
@environment.mappings_option
@environment.ledger_option
@click.option("--backfill", is_flag=True, help="Read every ticket, and write those closed before go-live too.")
@click.option(
    "--plan",
    "plan_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Send exactly what `sla plan --save FILE` has kept, or nothing.",
)
@terminal.json_option
def command(mappings: str | None, ledger: str | None, *, backfill: bool, plan_path: Path | None, as_json: bool) -> int:
    """Pull what changed, judge it, record it, and write the differences to HubSpot.

    The first run reads every ticket once. A run that was interrupted is completed by the next one. Edited mappings that
    cannot be used are named (exit code 2) once the run has done its work by those in force.

    With --plan nothing but the plan is carried out. It is stale, and nothing is sent (exit code 2), where the mappings
    are of another version, or a record has changed in HubSpot or in the ledger, or a deadline of one has passed.
    """
    if plan_path is not None and backfill:
        raise click.UsageError("--backfill belongs to `sla plan --save`: a plan says for itself whether it is one")
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.runs import plan_file
    from hubspot_sla.flows.runs.job_run import of_command
    from hubspot_sla.flows.runs.sync import sync
    from hubspot_sla.ops.settings import choices

    plan = None if plan_path is None else plan_file.read(plan_path)
    settings = environment.settings(mappings=mappings, ledger=ledger)
    chosen = choices(settings.variables)
    with (
        wired(settings) as context,
        logs.logging_for(context, chosen),
        terminal.progress("syncing", quiet=as_json) as tell,
    ):

        def progress(so_far: RunStats) -> None:
            tell(so_far.summary())

        if plan is not None:
            tally = _carried_out(context, plan, progress)
        else:
            with of_command(context, "sync"):
                tally = sync(context, backfill=backfill, progress=progress)
    if as_json:
        terminal.print_json(tally.as_json())
    else:
        terminal.say(tally.summary())
    terminal.tell_resting(tally.resting)
    terminal.tell_refused(tally.refused)
    return tally.exit_code


def _carried_out(context: Context, plan: SavedPlan, progress: Progress) -> RunStats:
    from hubspot_sla.flows.runs import planned_sync
    from hubspot_sla.flows.runs.job_run import of_command

    checked = planned_sync.checked(context, plan)
    with of_command(context, planned_sync.COMMAND):
        return planned_sync.carry_out(context, checked, progress)
