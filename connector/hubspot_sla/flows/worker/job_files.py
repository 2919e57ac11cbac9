"""The files in jobs/: one file for each job.

A job file says when and what::

    def when(scheduler):            # a schedule.Scheduler; needless where there is a next_at
        return scheduler.every(1).minutes

    def next_at(context):            # optional: run at this instant too (epoch ms, HubSpot's time), or None
        return None

    def run(context):               # hubspot_sla.jobs.Context
        return "what was done"      # or RunStats, or None; NOTHING leaves no trace

A file that cannot be loaded is named with its reason, and the others are used.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.worker import former_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from schedule import Scheduler

    from hubspot_sla.flows.context.context import Context


@dataclass(frozen=True, slots=True)
class JobFile:
    """One file of the jobs folder, loaded. It has a `when`, a `next_at` or both."""

    name: str
    purpose: str
    run: Callable[[Context], object]
    when: Callable[[Scheduler], object] | None = None
    next_at: Callable[[Context], int | None] | None = None


@dataclass(frozen=True, slots=True)
class BrokenJob:
    """A file that could not be loaded, and why; it is named and skipped. `line` counts from 1; 0 means all of it."""

    name: str
    reason: str
    line: int = 0

    @property
    def file(self) -> str:
        """`sync.py:12`, as editors understand it."""
        return f"{self.name}.py:{self.line}" if self.line else f"{self.name}.py"


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


def named(folder: Path, name: str) -> JobFile:
    """One job of the folder. UsageProblem: there is none of this name, or it is broken."""
    loaded, broken = discover(folder)
    for job in loaded:
        if job.name == name:
            return job
    for skipped in broken:
        if skipped.name == name:
            raise UsageProblem(f"job {name} cannot be run: {skipped.reason}", remedy=f"repair {folder / skipped.file}")
    near = get_close_matches(name, (job.name for job in loaded), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(job.name for job in loaded)}"
    raise UsageProblem(f"there is no job {name} in {folder}", remedy=hint)


def _load(path: Path) -> JobFile | BrokenJob:
    if _is_taken(path):
        return BrokenJob(path.stem, f"{path.stem} is the name of a Python module: give the file another name")
    spec = importlib.util.spec_from_file_location(f"hubspot_sla_job_{path.stem}", path)
    if spec is None or spec.loader is None:
        return BrokenJob(path.stem, "it is no Python file")
    former_names.answer()
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an admin's file raises, the other jobs must run
        return BrokenJob(path.stem, reason_of(error), line_in(path.stem, error))
    return _read(path.stem, module)


def reason_of(error: BaseException) -> str:
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}".removesuffix(": ")


def line_in(name: str, error: BaseException) -> int:
    """The last line of that job file on the way to the error; 0 where it was not in it."""
    if isinstance(error, SyntaxError) and Path(error.filename or "").stem == name:
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if Path(frame.filename).stem == name), 0)


def _read(name: str, module: ModuleType) -> JobFile | BrokenJob:
    when, next_at, run = (getattr(module, word, None) for word in ("when", "next_at", "run"))
    if not callable(run) or (when is None and next_at is None):
        return BrokenJob(name, "it must define when(scheduler) or next_at(context), and run(context)")
    if not all(function is None or callable(function) for function in (when, next_at)):
        return BrokenJob(name, "when and next_at must be functions")
    return JobFile(name, (module.__doc__ or "").strip().partition("\n")[0], run, when, next_at)


def _is_taken(path: Path) -> bool:
    """Whether the file would hide a module, or be hidden by one, wherever its folder gets onto Python's path."""
    if path.stem in sys.stdlib_module_names:
        return True
    try:
        spec = importlib.util.find_spec(path.stem)
    except (ImportError, ValueError):  # a name no module can have, or one that is loaded without a spec
        return path.stem in sys.modules
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() != path.resolve()
