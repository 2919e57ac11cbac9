"""When jobs run: a worker in virtual time, with jobs that only note the time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import pstdev
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import pytest

from flows.hours import Hours
from flows.world import NOW
from hubspot_sla.errors import Unreachable
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.worker.job_files import JobFile
from hubspot_sla.flows.worker.scheduler import JITTER, LEAST_PAUSE_MS
from hubspot_sla.flows.worker.worker import LONGEST_NAP_S, Worker
from hubspot_sla.ledger import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schedule import Job, Scheduler

    from flows.world import World
    from hubspot_sla.flows.context.context import Context

START = int(NOW.timestamp() * 1000)
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def context(empty: World) -> Iterator[Context]:
    with wired(empty.settings()) as made:
        yield made


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Noted:
    """A job that notes when it ran, and takes as long as it is told to."""

    def __init__(
        self,
        name: str,
        hours: Hours,
        when: Callable[[Scheduler], object] | None,
        *,
        takes_s: float = 0,
        raises: Callable[[], BaseException] | None = None,
        next_at: Callable[[Context], int | None] | None = None,
    ) -> None:
        self.at: list[int] = []
        self.file = JobFile(name, "", self.run, when, next_at)
        self._hours, self._takes_s, self._raises = hours, takes_s, raises

    def run(self, _: Context) -> object:
        self.at.append(self._hours.now_ms)
        self._hours.spend(self._takes_s)
        if self._raises is not None:
            raise self._raises()
        return NOTHING

    def local(self, zone: ZoneInfo = BERLIN) -> list[datetime]:
        return [datetime.fromtimestamp(at / 1000, zone) for at in self.at]


def every_minute(scheduler: Scheduler) -> Job:
    return scheduler.every(1).minutes


def at(clock: str) -> Callable[[Scheduler], Job]:
    return lambda scheduler: scheduler.every().day.at(clock)


def lasting(start: datetime = NOW, **span: float) -> Hours:
    begin = int(start.timestamp() * 1000)
    return Hours(begin, end_ms=begin + int(timedelta(**span).total_seconds() * 1000))


def run(context: Context, hours: Hours, *jobs: Noted) -> Worker:
    worker = Worker(context, [job.file for job in jobs], hours, now=hours.now)
    assert worker.broken == []
    worker.run()
    return worker


def test_an_interval_does_not_drift_over_a_day(context: Context) -> None:
    hours = lasting(days=1)
    job = Noted("a", hours, every_minute, takes_s=7)
    run(context, hours, job)
    assert len(job.at) == 24 * 60
    assert all(0 <= (ran - START) % MINUTE <= JITTER * MINUTE for ran in job.at)


def test_jitter_keeps_within_its_share_and_is_not_the_same_for_two_portals(context: Context) -> None:
    late: list[list[int]] = []
    for portal in ("1", "2"):
        with context.ledger.transaction() as db:
            db.execute("insert or replace into meta values ('portal', ?)", (portal,))
        hours = lasting(hours=3)
        job = Noted("a", hours, every_minute)
        run(context, hours, job)
        late.append([(ran - START) % MINUTE for ran in job.at[1:]])
    for waits in late:
        assert max(waits) <= JITTER * MINUTE
        assert pstdev(waits) > JITTER * MINUTE / 10
    assert late[0] != late[1]


def test_a_job_that_takes_longer_than_its_interval_skips_what_it_missed_and_keeps_its_beat(context: Context) -> None:
    hours = lasting(hours=1)
    job = Noted("slow", hours, every_minute, takes_s=150)
    run(context, hours, job)
    assert len(job.at) == 20
    assert all((ran - START) % MINUTE <= JITTER * MINUTE for ran in job.at)


def test_a_slow_job_does_not_starve_the_others_and_their_missed_turns_are_one(context: Context) -> None:
    hours = lasting(hours=10)
    slow = Noted("slow", hours, lambda scheduler: scheduler.every(1).hours, takes_s=30 * 60)
    quick = Noted("quick", hours, every_minute)
    run(context, hours, slow, quick)
    assert len(slow.at) == 10
    assert 300 <= len(quick.at) <= 320  # half of the time somebody else works


def test_a_raising_job_neither_stops_nor_starves_the_others_and_has_its_turns(context: Context) -> None:
    hours = lasting(hours=1)
    bad = Noted("a_bad", hours, every_minute, raises=lambda: KeyError("of its own"))
    good = Noted("b_good", hours, every_minute)
    worker = run(context, hours, bad, good)
    assert (len(bad.at), len(good.at)) == (60, 60)
    assert worker.records["a_bad"].failures == 60
    error = {run.command: run for run in runs.last(context.ledger.db)}["a_bad"].error
    assert str(error).startswith("KeyError: 'of its own' in ")


def test_a_time_of_day_is_kept_to_the_second_all_year_over_both_changes_of_clocks(
    context: Context, in_berlin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hubspot_sla.flows.worker.worker.LONGEST_NAP_S", 3600.0
    )  # a million naps prove no more than these
    hours = lasting(datetime(2026, 1, 1, tzinfo=UTC), days=365)
    hours_of = Noted("nightly", hours, at("03:30"))
    run(context, hours, hours_of)
    local = hours_of.local()[1:]  # the first one is at once: it has never run
    assert [(ran.hour, ran.minute, ran.second) for ran in local] == [(3, 30, 0)] * 365
    assert len({ran.date() for ran in local}) == 365


def test_a_time_that_does_not_exist_comes_when_the_clocks_have_moved_and_one_that_comes_twice_counts_once(
    context: Context, in_berlin: None
) -> None:
    hours = lasting(datetime(2026, 3, 28, 12, tzinfo=UTC), days=1)
    job = Noted("gap", hours, at("02:30"))
    run(context, hours, job)
    assert [ran.isoformat() for ran in job.local()[1:]] == ["2026-03-29T03:30:00+02:00"]
    hours = lasting(datetime(2026, 10, 24, 12, tzinfo=UTC), days=2)
    job = Noted("twice", hours, at("02:30"))
    run(context, hours, job)
    assert [ran.isoformat() for ran in job.local()[1:]] == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]


@pytest.mark.parametrize("here", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_a_time_in_a_named_zone_is_that_of_the_zone_wherever_the_machine_stands(
    context: Context, monkeypatch: pytest.MonkeyPatch, here: str
) -> None:
    monkeypatch.setattr("hubspot_sla.flows.worker.worker.LONGEST_NAP_S", 3600.0)
    monkeypatch.setenv("TZ", here)
    time.tzset()
    hours = lasting(datetime(2026, 1, 1, tzinfo=UTC), days=365)
    job = Noted("report", hours, lambda scheduler: scheduler.every().day.at("02:30", "Europe/Berlin"))
    run(context, hours, job)
    monkeypatch.undo()
    time.tzset()
    odd = [ran.isoformat()[5:16] for ran in job.local()[1:] if (ran.hour, ran.minute) != (2, 30)]
    assert odd == ["03-29T03:30"]
    assert len(job.at) == 366


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_intervals_and_times_within_the_hour_go_on_through_a_change_of_clocks(
    context: Context, in_berlin: None, day: str
) -> None:
    hours = lasting(datetime.fromisoformat(f"{day}T00:00:00+00:00"), hours=3)
    interval = Noted("interval", hours, lambda scheduler: scheduler.every(10).minutes)
    half_past = Noted("half_past", hours, lambda scheduler: scheduler.every().hour.at(":30"))
    run(context, hours, interval, half_past)
    assert len(interval.at) == 18
    assert [ran.minute for ran in half_past.local()[1:]] == [30, 30, 30]


def test_weekdays_and_every_third_day_keep_their_day(
    context: Context, in_berlin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_sla.flows.worker.worker.LONGEST_NAP_S", 3600.0)
    hours = lasting(days=29)
    weekly = Noted("weekly", hours, lambda scheduler: scheduler.every().friday.at("18:00"))
    third = Noted("third", hours, lambda scheduler: scheduler.every(3).days.at("06:00"))
    run(context, hours, weekly, third)
    assert [ran.strftime("%a %H:%M") for ran in weekly.local()[1:]] == ["Fri 18:00"] * 4
    days = [ran.toordinal() for ran in third.local()[1:]]
    assert {later - earlier for earlier, later in pairwise(days)} == {3}


def test_a_nightly_job_missed_while_nobody_was_there_is_made_up_for_once(context: Context, in_berlin: None) -> None:
    with context.ledger.transaction() as db:
        runs.keep(db, "r1", "nightly", started_at=START - 5 * DAY, ended_at=START - 5 * DAY, outcome={})
        runs.keep(db, "r2", "other", started_at=START - HOUR, ended_at=START - HOUR, outcome={})
    hours = lasting(hours=10)
    nightly, other = Noted("nightly", hours, at("03:30")), Noted("other", hours, at("03:30"))
    run(context, hours, nightly, other)
    assert nightly.at == [START]
    assert other.at == []


def test_a_deadline_is_met_to_the_millisecond_and_ahead_of_what_is_only_planned(context: Context) -> None:
    hours = lasting(minutes=30)
    deadlines = [START + 61_234, START + 10 * MINUTE]
    watch = Noted("watch", hours, None, next_at=lambda _: next((at for at in deadlines if at not in watch.at), None))
    run(context, hours, watch, Noted("sync", hours, every_minute, takes_s=1))
    assert watch.at == deadlines
    assert max(hours.naps) <= LONGEST_NAP_S


def test_a_deadline_that_will_not_go_away_neither_spins_nor_starves(context: Context) -> None:
    hours = lasting(hours=1)
    stuck = Noted("stuck", hours, None, next_at=lambda _: START)
    beat = Noted("beat", hours, every_minute)
    run(context, hours, stuck, beat)
    assert len(beat.at) == 60
    assert 60 <= len(stuck.at) <= 70


def test_a_next_at_that_raises_is_said_once_and_costs_the_others_nothing(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    hours = lasting(minutes=10)
    odd = Noted("odd", hours, every_minute, next_at=lambda _: 1 // 0)
    run(context, hours, odd)
    assert len(odd.at) == 10
    assert caplog.text.count("next_at failed") == 1


def test_a_deadline_that_is_always_now_does_not_spin(context: Context) -> None:
    hours = lasting(minutes=1)
    eager = Noted("eager", hours, None, next_at=lambda _: hours.now_ms)
    run(context, hours, eager)
    assert len(eager.at) <= 60_000 / LEAST_PAUSE_MS + 1


@pytest.mark.parametrize("odd_at", [NOW, "soon", float("nan"), 1.5], ids=repr)
def test_a_next_at_that_is_no_instant_is_said_once_and_costs_the_others_nothing(
    context: Context, caplog: pytest.LogCaptureFixture, odd_at: object
) -> None:
    hours = lasting(minutes=10)
    odd = Noted("odd", hours, every_minute, next_at=lambda _: cast("int", odd_at))
    beat = Noted("beat", hours, every_minute)
    run(context, hours, odd, beat)
    assert (len(odd.at), len(beat.at)) == (10, 10)
    assert caplog.text.count("next_at failed") == 1


@pytest.mark.parametrize("raised", [SystemExit(0), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr)
def test_what_only_ends_programs_does_not_end_the_worker_when_a_job_raises_it(
    context: Context, raised: BaseException
) -> None:
    hours = lasting(minutes=10)

    def broken(_: Context) -> int:
        raise raised

    bad = Noted("a_bad", hours, every_minute, raises=lambda: raised, next_at=broken)
    good = Noted("b_good", hours, every_minute)
    worker = run(context, hours, bad, good)
    assert (len(bad.at), len(good.at)) == (10, 10)
    assert worker.records["a_bad"].failures == 10


def test_a_nightly_job_that_must_come_back_later_does_so_the_same_night(context: Context, in_berlin: None) -> None:
    hours = lasting(hours=3)
    sweep = Noted("sweep", hours, at("03:30"), raises=lambda: Unreachable("nobody there"))
    run(context, hours, sweep)
    assert [(later - sweep.at[0]) // MINUTE for later in sweep.at] == [0, 5, 15, 35, 75, 115, 155]


def test_nobody_waits_for_long_when_the_clock_turns_out_to_be_behind(context: Context) -> None:
    hours = lasting(hours=2)
    jumped: list[int] = []

    def jump() -> BaseException:
        if not jumped:
            jumped.append(hours.now_ms)
            hours.now_ms -= HOUR
        return KeyError("anything")

    job = Noted("a", hours, every_minute, raises=jump)
    run(context, hours, job)
    assert job.at[1] - (job.at[0] - HOUR) <= MINUTE * (1 + JITTER)


def test_a_nightly_job_is_not_put_off_by_a_clock_that_was_a_year_ahead(
    context: Context, in_berlin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubspot_sla.flows.worker.worker.LONGEST_NAP_S", 3600.0)
    hours = lasting(NOW + timedelta(days=365), days=1)

    def mended() -> BaseException:
        if len(every.at) == 2:
            hours.now_ms, hours.end_ms = START, START + 2 * DAY
        return Unreachable("nobody there")

    every = Noted("a", hours, lambda scheduler: scheduler.every(6).hours, raises=mended)
    nightly = Noted("b", hours, at("03:30"))
    run(context, hours, every, nightly)
    assert [ran.isoformat()[:16] for ran in nightly.local()[1:]] == ["2026-11-24T03:30", "2026-11-25T03:30"]


def test_a_nightly_job_is_not_run_again_by_a_clock_that_was_a_minute_ahead(context: Context, in_berlin: None) -> None:
    hours = lasting(days=1)
    back: list[int] = []

    def late() -> BaseException:
        if len(nightly.at) == 2 and not back:
            hours.now_ms -= MINUTE
            back.append(hours.now_ms)
        return KeyError("anything")

    nightly = Noted("a", hours, at("03:30"), raises=late)
    run(context, hours, nightly)
    assert len(nightly.at) == 2


def test_a_schedule_with_an_end_ends(context: Context, in_berlin: None) -> None:
    hours = lasting(hours=2)
    until = NOW.astimezone(BERLIN).replace(tzinfo=None) + timedelta(minutes=30)
    job = Noted("a", hours, lambda scheduler: scheduler.every(1).minutes.until(until))
    run(context, hours, job)
    assert len(job.at) == 31


def test_the_schedule_module_of_everybody_else_keeps_its_own_clock(context: Context) -> None:
    import datetime as real

    import schedule

    hours = lasting(minutes=1)
    run(context, hours, Noted("a", hours, every_minute))
    assert schedule.datetime is real  # type: ignore[attr-defined]
