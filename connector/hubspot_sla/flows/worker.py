"""The loop: the files in jobs/, each on its own schedule, until somebody says stop.

`schedule` lets an exception of one job end the round for all others; here every job is run behind a guard, so one
that fails is named and the rest goes on. A job file says when and what::

    def when(scheduler):            # a schedule.Scheduler
        return scheduler.every(1).minutes

    def run(parts):                 # hubspot_sla.flows.parts.Parts
        ...
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schedule import Job, Scheduler

from hubspot_sla.errors import HubSpotRefused, LedgerUnusable, SlaError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from hubspot_sla.flows.parts import Parts

logger = logging.getLogger("hubspot_sla.worker")

FATAL = (HubSpotRefused, LedgerUnusable)
"""What no later run can mend by itself: the worker ends, so that whoever watches it notices."""
LONGEST_NAP_S = 5.0


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file of the jobs folder, loaded."""

    name: str
    purpose: str
    when: Callable[[Scheduler], object]
    run: Callable[[Parts], object]


@dataclass(frozen=True, slots=True)
class BrokenJob:
    """A file that could not be loaded, and why; it is named and skipped."""

    name: str
    reason: str


def discover(folder: Path) -> tuple[list[JobFile], list[BrokenJob]]:
    """Every `*.py` of the folder, by name. Raises UsageProblem when there is no folder, or nothing in it."""
    if not folder.is_dir():
        raise UsageProblem(f"there is no jobs folder {folder}", remedy="run `sla init`, or set SLA_JOBS")
    files = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    if not files:
        raise UsageProblem(f"there is no job in {folder}", remedy="run `sla init` for the starter jobs")
    loaded = [_load(path) for path in files]
    return (
        [job for job in loaded if isinstance(job, JobFile)],
        [job for job in loaded if isinstance(job, BrokenJob)],
    )


def _load(path: Path) -> JobFile | BrokenJob:
    spec = importlib.util.spec_from_file_location(f"hubspot_sla_job_{path.stem}", path)
    if spec is None or spec.loader is None:
        return BrokenJob(path.stem, "it is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an admin's file raises, the other jobs must run
        return BrokenJob(path.stem, f"{type(error).__name__}: {error}")
    when, run = getattr(module, "when", None), getattr(module, "run", None)
    if not callable(when) or not callable(run):
        return BrokenJob(path.stem, "it must define when(scheduler) and run(parts)")
    return JobFile(path.stem, (module.__doc__ or "").strip().partition("\n")[0], when, run)


class Worker:
    """Runs jobs until told to stop. One job at a time, so none ever overlaps itself or another."""

    def __init__(self, parts: Parts, jobs: list[JobFile], stop: Event) -> None:
        self._parts = parts
        self._stop = stop
        self._fatal: SlaError | None = None
        self._scheduler = Scheduler()
        self.rounds: dict[str, int] = {}
        self.broken = [broken for job in jobs if (broken := self._add(job))]

    def _add(self, job: JobFile) -> BrokenJob | None:
        try:
            planned = job.when(self._scheduler)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an admin's file raises, the others must run
            return BrokenJob(job.name, f"when() failed: {type(error).__name__}: {error}")
        if not isinstance(planned, Job):
            return BrokenJob(job.name, "when() must return a schedule.Job, such as scheduler.every(1).minutes")
        planned.do(self._guarded, job)
        return None

    def run(self) -> None:
        """Every job once, then each when it is due. Returns after `stop` is set; raises what is fatal."""
        self._scheduler.run_all()
        while not self._stop.is_set() and self._fatal is None:
            idle_s = self._scheduler.idle_seconds
            nap_s = LONGEST_NAP_S if idle_s is None else min(max(idle_s, 0.0), LONGEST_NAP_S)
            if not self._stop.wait(nap_s):
                self._scheduler.run_pending()
        if self._fatal is not None:
            raise self._fatal

    def _guarded(self, job: JobFile) -> None:
        if self._stop.is_set() or self._fatal is not None:
            return
        try:
            outcome = job.run(self._parts)
        except FATAL as error:
            self._fatal = error
        except SlaError as error:
            logger.warning("job %s: %s%s", job.name, error, f" - {error.remedy}" if error.remedy else "")
        except (Exception, SystemExit):
            # A job file is an admin's code: whatever it raises must not stop the others.
            logger.exception("job %s failed", job.name)
        else:
            logger.info("job %s: %s", job.name, outcome if outcome is not None else "done")
        self.rounds[job.name] = self.rounds.get(job.name, 0) + 1
