from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hubspot_sandbox.clock import VirtualClock

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Ticking:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_time_runs_on_with_real_time() -> None:
    ticking = Ticking()
    clock = VirtualClock(START, monotonic=ticking)
    ticking.seconds += 1.5
    assert clock.now() == START + timedelta(seconds=1.5)


def test_a_frozen_clock_stands_still_and_can_still_be_moved() -> None:
    ticking = Ticking()
    clock = VirtualClock(START, monotonic=ticking)
    clock.freeze()
    ticking.seconds += 60
    assert clock.now() == START
    clock.advance(timedelta(hours=2))
    assert clock.now() == START + timedelta(hours=2)


def test_a_thawed_clock_runs_on_from_where_it_stood() -> None:
    ticking = Ticking()
    clock = VirtualClock(START, monotonic=ticking, frozen=True)
    ticking.seconds += 60
    clock.thaw()
    ticking.seconds += 1
    assert clock.now() == START + timedelta(seconds=1)


def test_a_clock_can_be_set_backwards() -> None:
    clock = VirtualClock(START, monotonic=Ticking())
    clock.set(START - timedelta(days=400))
    assert clock.now() == START - timedelta(days=400)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        VirtualClock(START.replace(tzinfo=None))
