"""Periods in a zone: the instants at which they begin and end, and which lies before which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.periods import Period, add_months, month, month_of, months_up_to

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"]).map(ZoneInfo)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_month_begins_and_ends_at_midnight_of_its_zone() -> None:
    october = month(2026, 10, BERLIN)
    assert october.start_at == at("2026-09-30T22:00:00+00:00")
    assert october.end_at == at("2026-10-31T23:00:00+00:00")  # clocks went back on the 25th
    assert october.holds(october.start_at)
    assert not october.holds(october.end_at)
    assert not october.holds(None)


def test_a_day_without_a_midnight_begins_with_its_first_instant() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")  # 2018-11-04: from 00:00 to 01:00
    assert Period(date(2018, 11, 4), date(2018, 11, 5), sao_paulo).start_at == at("2018-11-04T03:00:00+00:00")


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), "2026-10"),
        (date(2026, 10, 1), date(2027, 1, 1), "2026-Q4"),
        (date(2026, 2, 1), date(2026, 5, 1), "2026-02-01..2026-04-30"),
        (date(2026, 1, 1), date(2027, 1, 1), "2026"),
        (date(2026, 10, 5), date(2026, 10, 12), "2026-10-05..2026-10-11"),
    ],
)
def test_a_period_is_named_by_what_it_is(start: date, end: date, name: str) -> None:
    assert Period(start, end, UTC).name == name


def test_the_period_before_is_as_many_months_or_as_many_days() -> None:
    assert month(2026, 3, BERLIN).before() == month(2026, 2, BERLIN)
    assert Period(date(2026, 1, 1), date(2026, 4, 1), UTC).before().name == "2025-Q4"
    week = Period(date(2026, 10, 5), date(2026, 10, 12), UTC)
    assert week.before() == Period(date(2026, 9, 28), date(2026, 10, 5), UTC)


def test_thirteen_months_end_with_that_of_the_last_day() -> None:
    months = months_up_to(month(2026, 10, BERLIN), 13)
    assert [months[0].name, months[1].name, months[-1].name] == ["2025-10", "2025-11", "2026-10"]
    assert months_up_to(Period(date(2026, 9, 28), date(2026, 10, 1), BERLIN), 1) == [month(2026, 9, BERLIN)]


def test_there_is_no_thirteenth_month() -> None:
    with pytest.raises(ValueError, match="month must be in 1"):
        month(2026, 13, UTC)


@given(DAYS, ZONES)
def test_months_lie_end_to_end_so_that_every_instant_is_in_one(day: date, zone: ZoneInfo) -> None:
    this = month_of(day, zone)
    following = month_of(add_months(day.replace(day=1), 1), zone)
    assert this.end_at == following.start_at
    assert following.before() == this
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=zone).timestamp() * 1000)
    assert this.holds(noon) != following.holds(noon)


@given(DAYS, st.integers(1, 400), ZONES)
def test_the_period_before_ends_where_the_period_begins(start: date, length: int, zone: ZoneInfo) -> None:
    period = Period(start, start + timedelta(days=length), zone)
    assert period.before().end_at == period.start_at
