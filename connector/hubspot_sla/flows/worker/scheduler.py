"""Which job has its turn when: schedules, deadlines, jitter, and how long one that fails is left alone.

Pure but for what job files do in `when` and `next_at`: every method takes the time as an argument.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.worker import schedules
from hubspot_sla.flows.worker.job_files import BrokenJob, line_in, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.flows.worker.job_files import JobFile
    from hubspot_sla.flows.worker.schedules import Plan

JITTER: Final = 0.05
"""Turns of an interval come up to this share of it later, each by another amount: many workers do not ask in step."""
PROMPT_MS: Final = 60 * 60_000
"""An interval shorter than this has a turn when the worker starts; the others go on from their last run."""
LEAST_PAUSE_MS: Final = 100
"""The least time between two deadlines of a job: one whose deadline is always now must not keep the machine busy."""
FIRST_PAUSE_MS: Final = 1000
LONGEST_PAUSE_MS: Final = 60_000
FIRST_RETRY_MS: Final = 5 * 60_000
MOST_DOUBLINGS: Final = 3
"""A job of once a day that waits for a sync has its turn soon after it: a lead reads what is late in the morning."""
CLOCKS_DIFFER_MS: Final = 5 * 60_000
"""A last run may lie this far ahead: the process that noted it had a later estimate of HubSpot's clock."""


@dataclass(slots=True)
class Turn:
    """One job in the timetable. `turn` is its next one by its schedule, `starts_at` the same with jitter; `held_until`
    keeps one whose deadline does not go away from running all the time; `retry_at` is for one that must come back."""

    job: JobFile
    plan: Plan | None = None
    turn: int | None = None
    starts_at: int | None = None
    held_until: int = 0
    pause_ms: int = 0
    retry_at: int | None = None
    retries: int = 0

    def due_at(self) -> int | None:
        """When it runs by its schedule, or sooner because it should come back."""
        times = [at for at in (self.starts_at, self.retry_at) if at is not None]
        return min(times, default=None)

    @property
    def order(self) -> tuple[int, str]:
        return (0 if self.plan is None else self.plan.period_ms), self.job.name

    def words(self) -> str:
        parts = [] if self.plan is None else [self.plan.words()]
        if self.job.next_at is not None:
            parts.append("whenever something is due")
        return ", and ".join(parts)


class Timetable:
    """The turns of all jobs. `seed` makes the jitter of one worker unlike that of another."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.turns: list[Turn] = []

    def add(self, job: JobFile, now: int, last_run: int | None) -> BrokenJob | None:
        """Give a job its first turn; a BrokenJob when its schedule is none."""
        try:
            plan = None if job.when is None else schedules.plan(job.when, now)
            turn = Turn(job, plan)
            self._begin(turn, now, last_run)
        except schedules.NotASchedule as error:
            return BrokenJob(job.name, str(error))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an admin's file raises, the others must run
            return BrokenJob(job.name, f"when() failed: {reason_of(error)}", line_in(job.name, error))
        self.turns.append(turn)
        return None

    def due(self, now: int) -> list[Turn]:
        """Those whose turn has come: the longest waiting first, of several the one that comes most often."""
        waiting = [(at, turn.order, turn) for turn in self.turns if (at := turn.due_at()) is not None and at <= now]
        return [turn for *_, turn in sorted(waiting, key=lambda entry: entry[:2])]

    def next_at(self) -> int | None:
        """The earliest turn of any."""
        return min((at for turn in self.turns if (at := turn.due_at()) is not None), default=None)

    def started(self, turn: Turn, now: int) -> None:
        """Its turn is taken: the next one is planned from it, whatever becomes of this run."""
        turn.retry_at = None
        if turn.turn is not None and turn.starts_at is not None and turn.starts_at <= now:
            self._plan(turn, turn.turn, now)

    def overrun(self, turn: Turn, now: int) -> None:
        """The turns that came while it ran are missed: it has just run."""
        if turn.turn is not None and turn.turn <= now:
            self._plan(turn, turn.turn, now)

    def come_back(self, turn: Turn, now: int) -> None:
        """It could not do its work now: again in 5 minutes, then 10, 20 and every 40, unless its turn comes before."""
        turn.retry_at = now + (FIRST_RETRY_MS << min(turn.retries, MOST_DOUBLINGS))
        turn.retries += 1

    def went_well(self, turn: Turn) -> None:
        turn.retries = 0

    def hold(self, turn: Turn, now: int) -> None:
        """Its deadline is still the one it ran for: not again at once."""
        turn.pause_ms = min(max(turn.pause_ms * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS)
        turn.held_until = now + turn.pause_ms

    def release(self, turn: Turn, began_at: int) -> None:
        """Its deadline is met: the next one may come at once, but for the least of pauses since it began."""
        turn.pause_ms, turn.held_until = 0, began_at + LEAST_PAUSE_MS

    def clock_went_back(self, now: int) -> None:
        """HubSpot's clock turned out to be behind what we took it for: nobody waits longer than one interval."""
        for turn in self.turns:
            turn.held_until = 0
            if turn.retry_at is not None:
                turn.retry_at = min(turn.retry_at, now + FIRST_RETRY_MS)
            if turn.plan is not None and turn.turn is not None:
                turn.turn = _no_later(turn.turn, turn.plan, now)
                turn.starts_at = self._with_jitter(turn, turn.turn)

    def _begin(self, turn: Turn, now: int, last_run: int | None) -> None:
        plan = turn.plan
        if plan is None:
            return
        if (
            last_run is None
            or last_run > now + CLOCKS_DIFFER_MS
            or (not plan.by_the_clock and plan.period_ms < PROMPT_MS)
        ):
            turn.turn = turn.starts_at = now
        else:
            # A turn missed while nobody was there is had now, in its order: a long night's work not before a sync.
            turn.turn = plan.after(last_run, last_run)
            turn.starts_at = max(now, self._with_jitter(turn, turn.turn))

    def _plan(self, turn: Turn, after: int, now: int) -> None:
        if turn.plan is None:
            return
        turn.turn = turn.plan.after(after, now, self._share(turn, after))
        if turn.plan.ends_at is not None and turn.turn > turn.plan.ends_at:
            turn.turn = turn.starts_at = None
            return
        turn.starts_at = self._with_jitter(turn, turn.turn)

    def _with_jitter(self, turn: Turn, at: int) -> int:
        plan = turn.plan
        if plan is None or plan.by_the_clock or plan.job.latest:
            return at
        return at + int(plan.period_ms * JITTER * self._share(turn, at))

    def _share(self, turn: Turn, at: int) -> float:
        """From 0 to 1, the same whenever it is asked."""
        return zlib.crc32(f"{self._seed} {turn.job.name} {at}".encode()) / 2**32


def timetable(
    jobs: Iterable[JobFile], *, seed: str, now: int, last_runs: Mapping[str, int]
) -> tuple[Timetable, list[BrokenJob]]:
    """The timetable of these jobs, and those that have no usable schedule. `last_runs` is name to epoch ms."""
    table = Timetable(seed)
    broken = [problem for job in jobs if (problem := table.add(job, now, last_runs.get(job.name)))]
    return table, broken


def _no_later(turn: int, plan: Plan, now: int) -> int:
    """The turn, where it is near by the time that it is now; else the first one from now."""
    if not plan.by_the_clock:
        return min(turn, now + plan.longest_ms)
    # One interval, or a little more, away: it has just run, and must not run for that time of day again.
    return turn if turn - now < 2 * plan.longest_ms else plan.after(now, now)
