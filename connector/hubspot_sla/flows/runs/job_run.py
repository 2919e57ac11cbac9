"""One turn of a job, or one run of a command: its id, which every log line, audit entry and row of the ledger carries.

A flow asks for the id with `new_run_id()`. The first flow that a job calls gets the id of the job's own run, so that
both are one row in the ledger; a run after it, or outside of any job, gets an id of its own.
"""

from __future__ import annotations

import traceback
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from hubspot_sla.errors import SlaError
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hubspot_sla.flows.context.context import Context


@dataclass(slots=True)
class _Going:
    id: str
    job: str
    given: bool = False


_going: ContextVar[_Going | None] = ContextVar("hubspot_sla_turn", default=None)


def new_run_id() -> str:
    """For a flow that begins."""
    going = _going.get()
    if going is not None and not going.given:
        going.given = True
        return going.id
    return fresh_id()


def current() -> tuple[str, str] | None:
    """The id and the job of the run that is going on in this context, for the log."""
    going = _going.get()
    return None if going is None else (going.id, going.job)


@contextmanager
def of_job(job: str) -> Iterator[str]:
    """Within it, flows belong to this job. Yields the id of the run."""
    going = _Going(fresh_id(), job)
    token = _going.set(going)
    try:
        yield going.id
    finally:
        _going.reset(token)


@contextmanager
def of_command(context: Context, command: str) -> Iterator[None]:
    """Within it, flows belong to this command; an error is noted with its run and goes on its way."""
    started_at = context.now()
    with of_job(command) as run_id:
        try:
            yield
        except Exception as error:
            with suppress(SlaError):  # the ledger itself may be what failed
                record(context, run_id, command, started_at, failure(error, context.settings.redactor))
            raise


def where_of(error: BaseException) -> str:
    """What was raised, and in which line of which file."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def record(context: Context, run_id: str, job: str, started_at: int, outcome: Mapping[str, object]) -> None:
    """The run as a row of the ledger. Nothing to write where a flow has kept the row and all went well."""
    if runs.ERROR in outcome or not runs.is_kept(context.ledger.db, run_id, job):
        with context.ledger.transaction() as db:
            runs.keep(db, run_id, job, started_at=started_at, ended_at=max(context.now(), started_at), outcome=outcome)


def outcome_json(outcome: object) -> dict[str, object]:
    """What a job answered, for the ledger."""
    if isinstance(outcome, RunStats):
        return outcome.as_json()
    return {} if outcome is None else {"said": str(outcome)}


def failure(error: BaseException, redact: Callable[[str], str]) -> dict[str, object]:
    """What a job raised, for the ledger."""
    ours = isinstance(error, SlaError)
    code = error.exit_code if isinstance(error, SlaError) else 1
    return {
        runs.ERROR: redact(str(error) if ours else where_of(error)) or type(error).__name__,
        runs.KIND: type(error).__name__,
        runs.EXIT_CODE: code,
    }


def fresh_id() -> str:
    """Of a run, or of a process that has several."""
    return uuid4().hex[:12]
