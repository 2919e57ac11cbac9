"""Whose time it is: over any history of answers, and with clocks that are wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.hubspot.current_time import SET_BACK_MS, TRUSTED_MS, ClockMode, CurrentTime, offset_in_use

START_MS = 1_795_000_000_000
DAY_MS = 86_400_000
MINUTE_MS = 60_000


@dataclass
class Clocks:
    """This machine's clocks and HubSpot's, `offset_ms` ahead of the wall clock, as a test moves them."""

    wall_ms: int = START_MS
    monotonic_ms: int = 0
    offset_ms: int = 0

    def passes(self, ms: int) -> None:
        self.wall_ms += ms
        self.monotonic_ms += ms

    @property
    def hubspot_ms(self) -> int:
        return self.wall_ms + self.offset_ms

    def time(self, mode: ClockMode = ClockMode.AUTO) -> CurrentTime:
        return CurrentTime(lambda: self.wall_ms / 1000, lambda: self.monotonic_ms / 1000, mode)

    def answered(self, time: CurrentTime, latency_ms: int = 0, skew_ms: int = 0) -> None:
        """One exchange, answered when half of its latency has passed."""
        sent_s = self.monotonic_ms / 1000
        self.passes(latency_ms // 2)
        date = formatdate((self.hubspot_ms + skew_ms) // 1000, usegmt=True)
        self.passes(latency_ms - latency_ms // 2)
        time.observe(date, sent_s=sent_s)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 10 * MINUTE_MS),  # how much time passes
        st.integers(0, 3_000),  # the latency of the next answer
        st.integers(-10 * MINUTE_MS, 10 * MINUTE_MS) | st.just(0),  # by how much its Date is wrong
    ),
    max_size=40,
)


@given(offset_ms=st.integers(-10 * MINUTE_MS, 10 * MINUTE_MS), kept_ms=st.integers(-DAY_MS, DAY_MS), steps=STEPS)
def test_now_goes_back_by_more_than_a_minute_or_not_at_all_and_is_ahead_of_the_earlier_clock_by_no_more_than_trusted(
    offset_ms: int, kept_ms: int, steps: list[tuple[int, int, int]]
) -> None:
    clocks = Clocks(offset_ms=offset_ms)
    time = clocks.time()
    time.assume(kept_ms)
    latest_ms = time.now_ms()
    assert latest_ms <= clocks.wall_ms
    for passes_ms, latency_ms, skew_ms in steps:
        clocks.passes(passes_ms)
        assert time.now_ms() >= latest_ms  # without an answer it never does
        latest_ms = time.now_ms()
        clocks.answered(time, latency_ms, skew_ms)
        now_ms = time.now_ms()
        assert now_ms >= latest_ms or now_ms < latest_ms - SET_BACK_MS
        assert now_ms <= max(latest_ms, clocks.wall_ms + TRUSTED_MS)
        latest_ms = now_ms


@given(offset_ms=st.integers(-TRUSTED_MS + 5_000, TRUSTED_MS - 5_000), steps=STEPS)
def test_while_hubspots_clock_is_right_now_is_never_ahead_of_it_and_soon_close_behind(
    offset_ms: int, steps: list[tuple[int, int, int]]
) -> None:
    clocks = Clocks(offset_ms=offset_ms)
    time = clocks.time()
    for passes_ms, latency_ms, _ in steps:
        clocks.passes(passes_ms)
        clocks.answered(time, latency_ms)
        assert time.now_ms() <= clocks.hubspot_ms
        assert time.now_ms() > clocks.hubspot_ms - 1_000 - latency_ms


def test_an_estimate_that_falls_has_now_stand_still_until_it_is_caught_up() -> None:
    clocks = Clocks()
    time = clocks.time()
    clocks.answered(time, skew_ms=30_000)
    ahead_ms = time.now_ms()
    clocks.answered(time)
    assert time.now_ms() == ahead_ms
    clocks.passes(29_000)
    assert time.now_ms() == ahead_ms
    clocks.passes(2_000)
    assert time.now_ms() == clocks.wall_ms


@pytest.mark.parametrize("skew_ms", [DAY_MS, -DAY_MS, TRUSTED_MS + 1_000, -TRUSTED_MS - 2_000])
def test_beyond_five_minutes_the_earlier_of_the_two_clocks_counts_and_the_log_says_so_once(
    skew_ms: int, caplog: pytest.LogCaptureFixture
) -> None:
    clocks = Clocks()
    time = clocks.time()
    with caplog.at_level(logging.WARNING, "hubspot_sla.clock"):
        for _ in range(3):
            clocks.answered(time, skew_ms=skew_ms)
    assert time.now_ms() == pytest.approx(clocks.wall_ms + min(0, skew_ms), abs=1_000)
    [record] = caplog.records
    assert "the earlier of the two counts" in record.getMessage()
    assert "SLA_CLOCK=hubspot" in record.getMessage()


@pytest.mark.parametrize("later", [False, True], ids=["in one process", "in the next one"])
def test_what_both_clocks_had_reached_stays_reached_when_hubspots_falls_behind(later: bool) -> None:
    clocks = Clocks()
    time = clocks.time()
    clocks.answered(time)
    reached_ms = time.now_ms()
    clocks.passes(2 * MINUTE_MS)
    if later:
        kept = (time.offset_ms, reached_ms, time.agreed_ms)
        time = clocks.time()
        time.assume(*kept)
    clocks.answered(time, skew_ms=-DAY_MS)
    clocks.answered(time, skew_ms=-DAY_MS)
    assert time.now_ms() == pytest.approx(reached_ms, abs=2 * MINUTE_MS)
    assert time.now_ms() >= reached_ms
    clocks.passes(DAY_MS + 5 * MINUTE_MS)
    clocks.answered(time, skew_ms=-DAY_MS)
    assert time.now_ms() == pytest.approx(clocks.wall_ms - DAY_MS, abs=1_000)


def test_what_hubspot_called_reached_too_early_is_reached_when_this_machine_has_come_there() -> None:
    clocks = Clocks()
    time = clocks.time()
    clocks.answered(time, skew_ms=4 * MINUTE_MS)
    clocks.passes(MINUTE_MS)
    clocks.answered(time, skew_ms=-DAY_MS)
    later = clocks.time()
    later.assume(time.offset_ms, None, time.agreed_ms)
    clocks.answered(later, skew_ms=-DAY_MS)
    assert later.now_ms() == pytest.approx(clocks.wall_ms, abs=1_000)


def test_a_portal_in_virtual_time_may_fall_behind_what_was_reached() -> None:
    clocks = Clocks()
    time = clocks.time(ClockMode.HUBSPOT)
    time.assume(0, START_MS, START_MS)
    clocks.answered(time, skew_ms=-DAY_MS)
    assert time.now_ms() == pytest.approx(clocks.wall_ms - DAY_MS, abs=1_000)


def test_up_to_five_minutes_are_corrected() -> None:
    for learned_ms in (0, TRUSTED_MS, -TRUSTED_MS):
        assert offset_in_use(learned_ms, ClockMode.AUTO) == learned_ms
    assert offset_in_use(TRUSTED_MS + 1, ClockMode.AUTO) == 0
    assert offset_in_use(-TRUSTED_MS - 1, ClockMode.AUTO) == -TRUSTED_MS - 1


def test_a_portal_in_virtual_time_is_followed_wherever_it_goes_back_in_time_included() -> None:
    clocks = Clocks(offset_ms=-300 * DAY_MS)
    time = clocks.time(ClockMode.HUBSPOT)
    clocks.answered(time)
    assert time.now_ms() == pytest.approx(clocks.hubspot_ms, abs=1_000)
    for moved_ms in (DAY_MS, -2 * DAY_MS, -SET_BACK_MS - 2_000):
        clocks.offset_ms += moved_ms
        clocks.answered(time)
        assert time.now_ms() == pytest.approx(clocks.hubspot_ms, abs=1_000)


def test_a_jump_of_this_machines_clock_is_not_believed_before_hubspot_was_asked() -> None:
    clocks = Clocks()
    time = clocks.time()
    clocks.answered(time)
    clocks.wall_ms += 365 * DAY_MS
    clocks.offset_ms -= 365 * DAY_MS
    clocks.passes(5_000)
    assert time.now_ms() == pytest.approx(clocks.hubspot_ms, abs=1_000)
    clocks.answered(time)
    assert time.now_ms() == pytest.approx(clocks.hubspot_ms, abs=1_000)


def test_a_machine_that_slept_is_right_again_with_the_next_answer() -> None:
    clocks = Clocks()
    time = clocks.time()
    clocks.answered(time)
    clocks.wall_ms += 8 * 60 * MINUTE_MS  # the monotonic clock stands still meanwhile
    clocks.answered(time)
    assert time.now_ms() == pytest.approx(clocks.hubspot_ms, abs=1_000)


def test_the_next_process_does_not_fall_behind_what_an_earlier_one_acted_by() -> None:
    clocks = Clocks(offset_ms=900)
    reached_ms = clocks.hubspot_ms
    time = clocks.time()
    time.assume(900, reached_ms)
    clocks.answered(time)  # a Date cut to the whole second says up to a second less
    assert time.now_ms() == reached_ms
    clocks.passes(5_000)
    clocks.answered(time)
    assert reached_ms < time.now_ms() <= clocks.hubspot_ms


def test_an_instant_reached_by_a_clock_that_was_wrong_by_more_than_a_minute_counts_for_nothing() -> None:
    clocks = Clocks()
    time = clocks.time()
    time.assume(0, START_MS + SET_BACK_MS + 1_000)
    clocks.answered(time)
    assert time.now_ms() <= clocks.hubspot_ms


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "soon", None])
def test_a_date_that_no_portal_can_have_is_no_evidence(date: str | None) -> None:
    clocks = Clocks(offset_ms=20_000)
    time = clocks.time()
    clocks.answered(time)
    learned_ms = time.offset_ms
    time.observe(date, sent_s=clocks.monotonic_ms / 1000)
    assert time.offset_ms == learned_ms


def test_a_kept_offset_that_no_portal_can_have_is_forgotten() -> None:
    time = Clocks().time(ClockMode.HUBSPOT)
    time.assume(251_623_382_400_000)
    assert time.offset_ms == 0
