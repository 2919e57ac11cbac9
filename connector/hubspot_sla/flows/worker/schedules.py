"""What a job file says with `schedule`, computed by a clock of ours.

`schedule` asks `datetime.datetime.now()` for the time. So this file loads a copy of that module for itself, whose
`datetime` is ours; the one that everybody else imports stays as it is. Three things are put right here:

- A turn is counted from the turn before it, not from when that came to its end: intervals do not drift.
- Intervals are time that passes. Only days, weeks and times of day follow the wall clock (of this machine, or of
  the zone that `.at()` names), also over a change of clocks: a time that does not exist comes when the clocks have
  moved on, and one that comes twice counts once.
- Turns that were missed are one turn.
"""

from __future__ import annotations

import datetime as real
import importlib.util
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from schedule import Job, Scheduler

_MANY: Final = 1000
"""Turns that are counted one by one, before a long silence is skipped."""


class NotASchedule(ValueError):
    """`when()` did not return a job of the scheduler it was given."""


class _AskedReal(type):
    """Values of the real class are values of ours."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, real.datetime)


class _Clock:
    """The instant at which a schedule is asked, as the naive time of a zone; None is that of this machine."""

    def __init__(self) -> None:
        self.at_ms = 0
        self.zone: real.tzinfo | None = None

    def now(self, zone: real.tzinfo | None = None) -> real.datetime:
        # Of an hour that comes twice, `schedule` knows the first one only.
        local = real.datetime.fromtimestamp(self.at_ms / 1000, zone or self.zone)
        return local if zone is not None else local.replace(tzinfo=None, fold=0)


def _module_on(clock: _Clock) -> ModuleType:
    spec = importlib.util.find_spec("schedule")
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("schedule is not installed")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Ours(real.datetime, metaclass=_AskedReal):
        now = staticmethod(clock.now)  # type: ignore[assignment]  # the same call, answered by our clock

    # Set on a copy that only this file holds.
    vars(module)["datetime"] = SimpleNamespace(datetime=Ours, timedelta=real.timedelta, time=real.time)
    return module


@dataclass(frozen=True, slots=True)
class Plan:
    """When one job has its turns. Instants are epoch ms."""

    job: Job
    zone: ZoneInfo | None
    """The one that `.at()` names."""
    _clock: _Clock
    _scheduler: Scheduler

    @property
    def by_the_clock(self) -> bool:
        """Whether it names times of day or days, rather than an interval."""
        return self.job.at_time is not None or self.job.start_day is not None

    @property
    def period_ms(self) -> int:
        """From one turn to the next, about; the shortest where it varies."""
        return int(real.timedelta(**{self.job.unit or "seconds": self.job.interval}) / real.timedelta(milliseconds=1))

    @property
    def longest_ms(self) -> int:
        return self.period_ms * (self.job.latest or self.job.interval) // self.job.interval

    @property
    def ends_at(self) -> int | None:
        """The `.until()`, if it has one."""
        return None if self.job.cancel_after is None else _epoch_ms(self.job.cancel_after)

    def after(self, turn: int, now: int, share: float = 0.0) -> int:
        """The first turn after `now`, counted from an earlier one. `share`, from 0 to 1, picks from `.to()`."""
        if self.by_the_clock:
            return self._by_the_clock(turn, now)
        period_ms = self.period_ms + round(share * (self.longest_ms - self.period_ms))
        return turn + period_ms * max(1, (now - turn) // period_ms + 1)

    def _by_the_clock(self, turn: int, now: int) -> int:
        if self.job.interval == 1 or turn > now:
            turn = max(turn, now)
        for _ in range(_MANY):
            turn = self._next(turn)
            if turn > now:
                return turn
        return self._next(now)

    def _next(self, at: int) -> int:
        """What `schedule` answers when it is asked at this instant, or the first of its answers that is later."""
        asked_at = at
        while True:
            next_turn = self.asked_at(asked_at)
            if next_turn > at:
                return next_turn
            asked_at = max(next_turn, asked_at) + 60_000  # the hour that comes twice: its second time was not meant

    def asked_at(self, at: int) -> int:
        """The next turn as `schedule` itself answers at this instant."""
        self._clock.at_ms = at
        within_the_day = self.job.unit in ("minutes", "hours")
        self._clock.zone = _offset(at, self.zone) if within_the_day else self.zone
        self.job.do(_nothing)
        self._scheduler.clear()
        next_run = self.job.next_run
        if next_run is None:
            raise NotASchedule("when() returned a job without a next run")
        return _epoch_ms(next_run.replace(tzinfo=self._clock.zone))

    def words(self) -> str:
        """`every 15 minutes`, `every day at 03:30`."""
        job = self.job
        unit = job.start_day or job.unit or ""
        every = f"{job.interval} to {job.latest} {unit}" if job.latest else f"{job.interval} {unit}"
        words = f"every {unit.removesuffix('s')}" if job.interval == 1 and not job.latest else f"every {every}"
        if job.at_time is not None:
            words += f" at {_at(job)}"
        if self.zone is not None:
            words += f" {self.zone.key}"
        return words


def plan(when: Callable[[Scheduler], object], now: int) -> Plan:
    """The schedule that a job file states. Raises NotASchedule, and whatever `when` raises."""
    clock = _Clock()
    clock.at_ms = now
    module = _module_on(clock)
    scheduler = module.Scheduler()
    job = when(scheduler)
    if not isinstance(job, module.Job):
        raise NotASchedule("when() must return a job of the scheduler it is given, such as scheduler.every(1).minutes")
    made = Plan(job, _zone_of(job), clock, scheduler)
    made.asked_at(now)  # a schedule that makes no sense says so now
    return made


def _zone_of(job: Job) -> ZoneInfo | None:
    """The zone a job names, taken from it: after a time that did not exist, `schedule` is an hour early in a zone."""
    named = getattr(job, "at_time_zone", None)
    job.at_time_zone = None
    return None if named is None else ZoneInfo(str(named))


def _at(job: Job) -> str:
    time = job.at_time or real.time()
    if job.unit == "minutes":
        return f":{time:%S}"
    if job.unit == "hours":
        return f"{time:%M:%S}"
    return f"{time:%H:%M:%S}" if time.second else f"{time:%H:%M}"


def _offset(at: int, zone: ZoneInfo | None) -> real.tzinfo:
    there = real.datetime.fromtimestamp(at / 1000, real.UTC).astimezone(zone)
    return real.timezone(there.utcoffset() or real.timedelta())


def _epoch_ms(moment: real.datetime) -> int:
    """A naive one is local time; one that does not exist is taken as if the clocks had not moved."""
    return round(moment.timestamp() * 1000)


def _nothing() -> None:
    """`schedule` wants something to call; the worker calls the jobs itself."""
