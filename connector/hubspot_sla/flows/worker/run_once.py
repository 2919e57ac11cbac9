"""One run of one job file, now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerUnusable, SlaError, UsageProblem
from hubspot_sla.flows.context.run_result import Nothing
from hubspot_sla.flows.runs.job_run import failure, of_job, outcome_json, record, where_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.worker.job_files import JobFile


def run_once(context: Context, job: JobFile, redact: Callable[[str], str]) -> object:
    """One run of one job as the worker does it, recorded. Raises what the job raises of ours, UsageProblem for
    anything else: it is a file of the jobs folder that must be corrected."""
    started_at = context.now()
    with of_job(job.name) as run_id:
        try:
            outcome = job.run(context)
        except LedgerUnusable:
            raise
        except SlaError as error:
            record(context, run_id, job.name, started_at, failure(error, redact))
            raise
        except (Exception, SystemExit) as error:
            record(context, run_id, job.name, started_at, failure(error, redact))
            raise UsageProblem(f"job {job.name} failed: {where_of(error)}", remedy="correct the file") from error
        if not isinstance(outcome, Nothing):
            record(context, run_id, job.name, started_at, outcome_json(outcome))
        return outcome
