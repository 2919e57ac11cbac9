"""What the worker would do and when: the jobs with their next and last runs, from their files and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.worker.scheduler import timetable
from hubspot_sla.ledger import runs, state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.worker.job_files import BrokenJob, JobFile
    from hubspot_sla.ledger.runs import Run


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the jobs folder. Instants are epoch ms; `next_at` in the past means as soon as a worker runs."""

    job: str
    purpose: str
    schedule: str
    next_at: int | None
    last: Run | None
    problem: str | None


def job_list(job_files: tuple[Sequence[JobFile], Sequence[BrokenJob]], context: Context | None, now: int) -> list[Item]:
    """Every job by name. Without a context (nothing is set up yet) only what the files say."""
    jobs, broken = job_files
    last = {} if context is None else {run.command: run for run in runs.last(context.ledger.db)}
    seed = None if context is None else state.read(context.ledger.db, state.PORTAL)
    starts = {} if context is None else runs.last_whole(context.ledger.db)
    table, unplanned = timetable(jobs, seed=seed or "", now=now, last_runs=starts)
    purposes = {job.name: job.purpose for job in jobs}
    items = [
        Item(
            turn.job.name,
            turn.job.purpose,
            turn.words(),
            _next(turn.due_at(), _deadline(turn.job, context)),
            last.get(turn.job.name),
            None,
        )
        for turn in table.turns
    ]
    return sorted([*items, *_problems([*broken, *unplanned], purposes, last)], key=lambda item: item.job)


def _problems(broken: Sequence[BrokenJob], purposes: Mapping[str, str], last: Mapping[str, Run]) -> list[Item]:
    return [
        Item(job.name, purposes.get(job.name, ""), "", None, last.get(job.name), f"{job.file}: {job.reason}")
        for job in broken
    ]


def _deadline(job: JobFile, context: Context | None) -> int | None:
    if job.next_at is None or context is None:
        return None
    try:
        return job.next_at(context)
    except (Exception, SystemExit):  # noqa: BLE001 - an admin's file: the list shows the others
        return None


def _next(turn: int | None, deadline: int | None) -> int | None:
    return min((at for at in (turn, deadline) if at is not None), default=None)
