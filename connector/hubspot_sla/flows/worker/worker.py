"""The loop: every job at its turn, every deadline when it comes, until it is stopped.

One job at a time, so none ever overlaps itself or another. A job that raises is named, recorded and has its next turn
like any other; only what no later run can repair ends the worker. Between two runs it sleeps until the earlier of the
next turn and the next deadline, and never long enough to miss that HubSpot's clock was set anew.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeGuard

from hubspot_sla.errors import (
    AccessDenied,
    AnotherWorkerActive,
    ComeBackLater,
    HubSpotRefused,
    LeaseLost,
    LedgerUnusable,
    SlaError,
)
from hubspot_sla.flows.context.channel_threads import ChannelThreads
from hubspot_sla.flows.context.run_result import Nothing
from hubspot_sla.flows.runs import job_run as turns
from hubspot_sla.flows.runs import working
from hubspot_sla.flows.sending import notification_delivery
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.flows.worker.scheduler import Turn, timetable
from hubspot_sla.ledger import runs, state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.worker.job_files import JobFile
    from hubspot_sla.flows.worker.stop import Stopping

logger = logging.getLogger("hubspot_sla.worker")

FATAL: Final = (HubSpotRefused, LedgerUnusable, LeaseLost, AnotherWorkerActive)
"""What no later run can repair by itself: the worker ends, so that its supervisor notices. `is_fatal` makes one
exception."""
WHATEVER: Final = (Exception, SystemExit, KeyboardInterrupt, CancelledError)
"""What a job file may raise without stopping the others. Ctrl-C is not among it: the command turns it into a stop."""
LONGEST_NAP_S: Final = 30.0
CHANNEL_PATIENCE_S: Final = 0.5
"""How long a run waits for channels: one that takes longer delays no deadline, and is settled later."""


@dataclass(slots=True)
class Record:
    """What became of one job since the worker started (epoch ms); read by other threads, written by the worker's."""

    runs: int = 0
    failures: int = 0
    succeeded_at: int | None = None
    failed_at: int | None = None
    took_ms: int = 0
    error: str | None = None


def _unchanged(text: str) -> str:
    return text


def _ignored(_job: str) -> None:
    """Nothing is to be done."""


@dataclass(slots=True)
class Hooks:
    """What others do for the worker: `redact` takes secrets out of error texts, `succeeded` is called after every job
    that did its work, or had nothing to do."""

    redact: Callable[[str], str] = _unchanged
    succeeded: Callable[[str], None] = _ignored


class Worker:
    """Runs jobs until it is stopped. `now` is HubSpot's time (epoch ms), by default that of the context."""

    def __init__(
        self,
        context: Context,
        jobs: Sequence[JobFile],
        stop: Stopping,
        *,
        now: Callable[[], int] | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self._context = replace(
            context,
            stopping=self._ended,
            urgent=self._is_due,
            do_urgent=self._meet_deadlines,
            channel_threads=ChannelThreads(CHANNEL_PATIENCE_S),
        )
        self._stop = stop
        self._now = now or context.now
        self._hooks = hooks or Hooks()
        self._fatal: SlaError | None = None
        self._logged: set[str] = set()
        self._under_way: list[Turn] = []
        self._last_now = self._now()
        seed = state.read(context.ledger.db, state.PORTAL) or ""
        self.timetable, self.broken = timetable(
            jobs, seed=seed, now=self._last_now, last_runs=runs.last_whole(context.ledger.db)
        )
        self.records: dict[str, Record] = {turn.job.name: Record() for turn in self.timetable.turns}

    @property
    def rounds(self) -> dict[str, int]:
        """How often each job has run."""
        return {name: record.runs for name, record in self.records.items() if record.runs}

    def run(self) -> None:
        """Until `stop` is set; raises what is fatal."""
        self._note_jobs()
        while not self._ended():
            for turn in self.timetable.due(self._moment()):
                self._meet_deadlines()
                self._take(turn)
            self._meet_deadlines()
            if not self._ended():
                self._keep_lease()
                self._settle(notification_delivery.settle_reported)
                self._stop.wait(self.nap_s())
        self._settle(notification_delivery.settle_all)
        if self._fatal is not None:
            raise self._fatal

    def _note_jobs(self) -> None:
        """For who asks the ledger whether it works: `sync`, or where no job is called so all of them."""
        turns_by_job = {turn.job.name: turn for turn in self.timetable.turns}
        main = [name for name in turns_by_job if name == working.SYNC] or list(turns_by_job)
        plans = [turns_by_job[name].plan for name in main]
        interval_ms = max((plan.longest_ms for plan in plans if plan is not None), default=0)
        with self._context.ledger.transaction() as db:
            working.note_jobs(db, main, interval_ms)

    def nap_s(self) -> float:
        """Seconds until there is something to do, by what is known now."""
        now = self._moment()
        times = [self.timetable.next_at(), *(self._wakes_at(turn) for turn in self.timetable.turns)]
        first = min((at for at in times if at is not None), default=None)
        longest_s = CHANNEL_PATIENCE_S if self._context.channel_threads.busy else LONGEST_NAP_S
        return longest_s if first is None else min(max((first - now) / 1000, 0.0), longest_s)

    def _ended(self) -> bool:
        return self._stop.is_set() or self._fatal is not None

    def _moment(self) -> int:
        now = self._now()
        if now < self._last_now - 1000:
            self.timetable.clock_went_back(now)
        self._last_now = now
        return now

    def _keep_lease(self) -> None:
        try:
            self._context.ledger.renew()
        except FATAL as error:
            self._fatal = error

    def _settle(self, settle: Callable[[Context], None]) -> None:
        """Settle what the channels have answered."""
        if self._context.channel_threads.busy and not isinstance(self._fatal, (LedgerUnusable, LeaseLost)):
            try:
                settle(self._context)
            except FATAL as error:
                self._fatal = self._fatal or error

    def _take(self, turn: Turn) -> None:
        if self._ended():
            return
        self.timetable.started(turn, self._moment())
        self._run(turn, self._context)
        self.timetable.overrun(turn, self._moment())

    def _meet_deadlines(self) -> None:
        """Run the jobs whose deadline has come, each once: what is due must not wait for what is merely planned, nor
        for what is left of the job under way, which calls this between two pages. None of them is interrupted."""
        for turn in self.timetable.turns:
            if self._has_come(turn) and not self._ended():
                self._meet(turn)

    def _is_due(self) -> bool:
        """Whether the job under way should give way."""
        return not self._ended() and any(self._has_come(turn) for turn in self.timetable.turns)

    def _has_come(self, turn: Turn) -> bool:
        at = None if any(turn is one for one in self._under_way) else self._wakes_at(turn)
        return at is not None and at <= self._moment()

    def _meet(self, turn: Turn) -> None:
        before, began_at = self._deadline(turn), self._moment()
        went_well = self._run(turn, self._context.within(inner=bool(self._under_way)))
        after = self._deadline(turn)
        if after is not None and after <= self._moment() and (after == before or not went_well):
            self.timetable.hold(turn, self._moment())
        else:
            self.timetable.release(turn, began_at)

    def _wakes_at(self, turn: Turn) -> int | None:
        at = self._deadline(turn)
        return None if at is None else max(at, turn.held_until)

    def _deadline(self, turn: Turn) -> int | None:
        job = turn.job
        if job.next_at is None:
            return None
        try:
            return _instant(job.next_at(self._context))
        except FATAL as error:
            self._fatal = error
        except WHATEVER:  # a job file is an admin's code
            if job.name not in self._logged:
                self._logged.add(job.name)
                logger.exception("job %s: next_at failed; it runs on its schedule only", job.name)
        return None

    def _run(self, turn: Turn, context: Context) -> bool:
        """Whether it went well."""
        self._under_way.append(turn)
        try:
            return self._carried_out(turn, context)
        finally:
            self._under_way.pop()

    def _carried_out(self, turn: Turn, context: Context) -> bool:
        job, record, started_at = turn.job, self.records[turn.job.name], self._now()
        with turns.of_job(job.name) as run_id:
            try:
                outcome = job.run(context)
                if not isinstance(outcome, Nothing):
                    self._log(job, outcome)
                    turns.record(self._context, run_id, job.name, started_at, turns.outcome_json(outcome))
            except WHATEVER as error:
                self._failed(turn, run_id, started_at, error)
                return False
            finally:
                record.runs += 1
                record.took_ms = self._now() - started_at
        record.succeeded_at, record.error = self._now(), None
        self.timetable.went_well(turn)
        self._hooks.succeeded(job.name)
        return True

    def _log(self, job: JobFile, outcome: object) -> None:
        summary = outcome.summary() if isinstance(outcome, RunStats) else outcome
        logger.info("job %s: %s", job.name, "done" if summary is None else summary)

    def _failed(self, turn: Turn, run_id: str, started_at: int, error: BaseException) -> None:
        name, record = turn.job.name, self.records[turn.job.name]
        record.failures += 1
        record.failed_at, record.error = self._now(), self._hooks.redact(str(error)) or type(error).__name__
        if is_fatal(error):
            self._fatal = error
        elif isinstance(error, SlaError):
            logger.warning("job %s: %s%s", name, error, f" - {error.remedy}" if error.remedy else "")
        else:
            logger.error("job %s failed", name, exc_info=error)
        if isinstance(error, ComeBackLater | AccessDenied):
            self.timetable.come_back(turn, self._now())
        if not isinstance(error, (LedgerUnusable, LeaseLost)):
            self._record_failure(name, run_id, started_at, error)

    def _record_failure(self, name: str, run_id: str, started_at: int, error: BaseException) -> None:
        try:
            turns.record(self._context, run_id, name, started_at, turns.failure(error, self._hooks.redact))
        except (LedgerUnusable, LeaseLost) as worse:
            self._fatal = worse


def is_fatal(error: BaseException) -> TypeGuard[SlaError]:
    """Whether the worker ends for it. What only a part of the work needs leaves that part to a later turn."""
    if isinstance(error, AccessDenied):
        return error.essential
    return isinstance(error, FATAL)


def _instant(at: object) -> int | None:
    """What `next_at` answered, if it is what it should be."""
    if at is None or isinstance(at, int):
        return at
    raise TypeError(f"next_at must return an instant in epoch ms, or None, not {at!r}")
