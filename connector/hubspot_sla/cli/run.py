"""`sla run`: one job, now."""

from __future__ import annotations

import click

from hubspot_sla.cli import environment, logs, terminal


@click.command("run", epilog="Example: sla run verify_audit")
@click.argument("job")
@environment.mappings_option
@environment.ledger_option
@environment.jobs_option
@terminal.json_option
def command(job: str, mappings: str | None, ledger: str | None, jobs: str | None, *, as_json: bool) -> int:
    """Run one file of the jobs folder now, as the worker would, and end with the exit code of what happened.

    For cron, and to try a new job. The worker must not be running on the same ledger.
    """
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.context.run_result import Nothing
    from hubspot_sla.flows.runs.job_run import outcome_json
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.flows.worker.job_files import named
    from hubspot_sla.flows.worker.run_once import run_once
    from hubspot_sla.ops.settings import choices

    settings = environment.settings(mappings=mappings, ledger=ledger, jobs=jobs)
    job_file, chosen = named(settings.jobs, job), choices(settings.variables)
    with wired(settings) as context, logs.logging_for(context, chosen):
        outcome = run_once(context, job_file, settings.redactor)
    idle = isinstance(outcome, Nothing)
    if as_json:
        terminal.print_json({"job": job, "nothing_to_do": idle, **({} if idle else outcome_json(outcome))})
    elif idle:
        terminal.say("nothing to do")
    else:
        terminal.say(
            outcome.summary() if isinstance(outcome, RunStats) else str("done" if outcome is None else outcome)
        )
    if not isinstance(outcome, RunStats):
        return 0
    terminal.tell_resting(outcome.resting)
    terminal.tell_refused(outcome.refused)
    return outcome.exit_code
