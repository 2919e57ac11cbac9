"""The portal's day: counted to its own midnight, and over when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hubspot_sla.errors import DailyLimitReached
from hubspot_sla.hubspot.daily_quota import Day, Spent

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BERLIN_MIDNIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)


class Clock:
    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return ms(self.at)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def take(day: Day, times: int) -> None:
    for _ in range(times):
        day.take()


def test_a_budget_is_used_up_and_says_until_when() -> None:
    day = Day(Clock(), zone="Europe/Berlin", budget=3)
    take(day, 3)
    with pytest.raises(DailyLimitReached, match=r"budget of 3 .* 2026-11-23T23:00:00Z, 00:00 in the portal's") as over:
        day.take()
    assert over.value.exit_code == 75
    assert day.spent == Spent(ms(BERLIN_MIDNIGHT), 3)


def test_the_day_begins_anew_at_the_portals_midnight() -> None:
    clock = Clock()
    day = Day(clock, zone="Europe/Berlin", budget=2)
    take(day, 2)
    clock.at = BERLIN_MIDNIGHT - timedelta(milliseconds=1)
    with pytest.raises(DailyLimitReached):
        day.take()
    clock.at = BERLIN_MIDNIGHT
    take(day, 2)
    assert day.spent == Spent(ms(BERLIN_MIDNIGHT + timedelta(days=1)), 2)


def test_what_hubspot_refuses_is_refused_until_midnight_whatever_our_budget() -> None:
    clock = Clock()
    day = Day(clock, zone="America/New_York")
    take(day, 10_000)
    day.refuse()
    with pytest.raises(DailyLimitReached, match="HubSpot's daily quota"):
        day.take()
    clock.at = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    day.take()


def test_a_day_goes_on_where_another_process_left_it() -> None:
    first = Day(Clock(), budget=5)
    take(first, 4)
    second = Day(Clock(), budget=5, spent=first.spent)
    second.take()
    with pytest.raises(DailyLimitReached):
        second.take()


def test_yesterdays_count_is_not_todays() -> None:
    yesterday = Spent(ms(NOON) - 1, 5, refused=True)
    take(Day(Clock(), budget=5, spent=yesterday), 5)


@pytest.mark.parametrize(("day_of", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_are_as_long_as_they_are_where_clocks_change(day_of: str, hours: int) -> None:
    midnight = datetime.fromisoformat(f"{day_of}T00:00:00+01:00" if hours == 23 else f"{day_of}T00:00:00+02:00")
    day = Day(Clock(midnight), zone="Europe/Berlin")
    assert day.spent.ends_at == ms(midnight + timedelta(hours=hours))


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc"])
def test_a_zone_that_nobody_knows_is_utc(zone: str) -> None:
    assert Day(Clock(), zone=zone).spent.ends_at == ms(datetime(2026, 11, 24, tzinfo=UTC))
