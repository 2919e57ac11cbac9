"""`from hubspot_sla import Calendar`: datetimes and seconds in and out, exact, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla import Calendar
from hubspot_sla.errors import MappingInvalid
from proof import examples

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
ENTRY = {
    "timezone": "Europe/Berlin",
    "hours": {day: ["09:00-12:00", "13:00-17:00"] for day in WORKDAYS},
    "holidays": {"country": "DE", "subdivision": "BE"},
    "closed": ["2026-12-24", {"date": "2026-12-31", "from": "12:00", "to": "24:00"}],
    "open": {"2026-12-27": ["10:00-14:00"]},
    "business_day": "7h",
}
OFFICE = Calendar.from_mapping(ENTRY, name="office")
SATURDAY, MONDAY = datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=BERLIN)
HOUR = 3600


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_what_ends_at_closing_is_due_at_closing() -> None:
    assert OFFICE.due(at("2026-11-20T15:00+01:00"), 2 * HOUR) == at("2026-11-20T17:00+01:00")


def test_what_reaches_back_to_an_opening_begins_at_that_opening() -> None:
    assert OFFICE.before(at("2026-11-23T11:00+01:00"), 2 * HOUR) == at("2026-11-23T09:00+01:00")
    assert OFFICE.before(at("2026-11-23T11:00+01:00"), 2 * HOUR + 1) == at("2026-11-20T16:59:59+01:00")


def test_from_outside_hours_the_latest_instant_is_inside_them() -> None:
    assert OFFICE.before(at("2026-11-22T11:00+01:00"), HOUR) == at("2026-11-20T16:00+01:00")


def test_zero_seconds_stay_where_they_are_open_or_not() -> None:
    assert OFFICE.due(SATURDAY, 0) == OFFICE.before(SATURDAY, 0) == SATURDAY
    assert OFFICE.elapsed(SATURDAY, SATURDAY) == 0


def test_elapsed_is_in_seconds_of_business_time() -> None:
    assert OFFICE.elapsed(at("2026-11-20T16:00+01:00"), at("2026-11-23T10:30+01:00")) == 2.5 * HOUR


def test_the_instant_of_closing_is_closed_and_the_one_of_opening_open() -> None:
    assert OFFICE.is_open(MONDAY)
    assert not OFFICE.is_open(MONDAY - timedelta(microseconds=1))
    assert not OFFICE.is_open(at("2026-11-23T12:00+01:00"))


def test_segments_are_clipped_to_the_question_to_the_microsecond() -> None:
    start, end = at("2026-11-20T11:00:00.000001+01:00"), at("2026-11-20T13:00:00.000001+01:00")
    assert OFFICE.segments(start, end) == (
        (start, at("2026-11-20T12:00+01:00")),
        (at("2026-11-20T13:00+01:00"), end),
    )
    assert OFFICE.segments(SATURDAY, at("2026-11-23T09:00+01:00")) == ()


def test_answers_are_in_utc_so_that_subtracting_them_is_right_across_a_change_of_clocks() -> None:
    always = Calendar.from_mapping({"timezone": "Europe/Berlin", "extends": "always"})
    start = datetime(2026, 10, 25, 0, tzinfo=BERLIN)
    due = always.due(start, 24 * HOUR)
    assert due.tzinfo is UTC
    assert due.astimezone(BERLIN) == datetime(2026, 10, 25, 23, tzinfo=BERLIN)
    assert always.elapsed(start, datetime(2026, 10, 26, 0, tzinfo=BERLIN)) == 25 * HOUR


def test_a_calendar_says_its_name_zone_and_business_day() -> None:
    assert (OFFICE.name, str(OFFICE.zone), OFFICE.business_day) == ("office", "Europe/Berlin", 7 * HOUR)
    assert repr(OFFICE) == "<Calendar office Europe/Berlin>"
    assert Calendar.from_mapping({"timezone": "UTC", "hours": {"mon": "09:00-10:00"}}).business_day is None


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        ("2026-12-24", 0),  # closed by name
        ("2026-12-25", 0),  # a public holiday
        ("2026-12-27", 4),  # a Sunday with hours of its own
        ("2026-12-28", 7),
        ("2026-12-31", 3),  # closed from noon on
        ("2027-01-01", 0),
        ("2027-03-08", 0),  # a holiday in Berlin only
        ("2028-03-08", 0),  # every year a question touches
    ],
)
def test_holidays_and_exceptions_hold_on_their_dates(day: str, hours: int) -> None:
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), BERLIN)
    assert OFFICE.elapsed(start, start + timedelta(days=1)) == hours * HOUR


def test_dates_and_instants_may_be_objects_and_lists_may_be_tuples() -> None:
    same = {
        **ENTRY,
        "hours": dict.fromkeys(WORKDAYS, ("09:00-12:00", "13:00-17:00")),
        "closed": (date(2026, 12, 24), {"date": date(2026, 12, 31), "from": "12:00", "to": "24:00"}),
        "open": {date(2026, 12, 27): "10:00-14:00"},
    }
    window = at("2026-12-20T00:00Z"), at("2027-01-10T00:00Z")
    assert Calendar.from_mapping(same).segments(*window) == OFFICE.segments(*window)


def test_a_range_of_instants_may_be_given_as_aware_datetimes() -> None:
    closed = {"from": at("2026-11-23T10:00+01:00"), "to": at("2026-11-24T10:00+01:00")}
    calendar = Calendar.from_mapping({**ENTRY, "closed": [closed]})
    assert calendar.due(MONDAY, 2 * HOUR) == at("2026-11-24T11:00+01:00")


def test_a_calendar_can_be_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "calendars.yaml"
    file.write_text('calendars:\n  short: {timezone: UTC, hours: {mon: "09:00-10:00"}}\n', encoding="utf-8")
    assert Calendar.from_file(file, "short").due(at("2026-11-23T09:00Z"), HOUR) == at("2026-11-23T10:00Z")
    assert Calendar.from_file(file, "always").is_open(SATURDAY)
    with pytest.raises(KeyError, match="long"):
        Calendar.from_file(file, "long")
    file.write_text("calendars:\n  short: {timezone: UCT+1}\n", encoding="utf-8")
    with pytest.raises(MappingInvalid, match=r"calendars.yaml:2:21: there is no time zone 'UCT\+1'"):
        Calendar.from_file(file, "short")


def test_every_problem_of_an_entry_is_told_at_once_with_its_keys() -> None:
    with pytest.raises(MappingInvalid) as caught:
        Calendar.from_mapping({"timezone": "Europe/Berlni", "hours": {"mon": ["09:00-12:00", "11:00-13:00"]}})
    assert [str(problem) for problem in caught.value.problems] == [
        "calendar.hours.mon[1]: 11:00-13:00 overlaps mon 09:00-12:00",
        "calendar.timezone: there is no time zone 'Europe/Berlni' (did you mean 'Europe/Berlin'?)",
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"hours": {"mon": "09:00-10:00"}}, "'timezone' is missing"),
        ({"timezone": "UTC"}, "never opens"),
        ({"timezone": "UTC", "hours": {"mon": []}}, "never opens"),
        ({"timezone": "UTC", "hours": {"monday": "09:00-10:00"}}, "did you mean 'mon'"),
        ({"timezone": "UTC", "hours": {"mon": "9-5"}}, "not a time of day"),
        ({"timezone": "UTC", "hours": {"sun": "20:00-06:00", "mon": "05:00-07:00"}}, "overlaps"),
        ({"timezone": "UTC", "hours": {"mon": "09:00-10:00"}, "holidays": {"country": "XX"}}, "no holidays are known"),
        ({"timezone": "UTC", "hours": {"mon": "09:00-10:00"}, "closed": [20261224]}, "closed"),
        ({"timezone": "UTC", "extends": "office"}, "there is no calendar 'office'"),
        ({"timezone": "UTC", "hours": {"mon": "09:00-10:00"}, "business_day": "1d"}, "ambiguous"),
        ("09:00-17:00", "must be a group of keys"),
        (None, "must be a group of keys"),
    ],
)
def test_an_entry_that_means_nothing_is_a_value_error(entry: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Calendar.from_mapping(entry)


NAIVE = datetime(2026, 11, 23, 9)  # noqa: DTZ001 (what is to be refused)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: OFFICE.due(NAIVE, 60),
        lambda: OFFICE.before(NAIVE, 60),
        lambda: OFFICE.elapsed(NAIVE, MONDAY),
        lambda: OFFICE.elapsed(MONDAY, NAIVE),
        lambda: OFFICE.is_open(NAIVE),
        lambda: OFFICE.segments(MONDAY, NAIVE),
    ],
)
def test_a_naive_datetime_is_refused(ask: Any) -> None:
    with pytest.raises(ValueError, match="2026-11-23T09:00:00 is naive: say its zone"):
        ask()


@pytest.mark.parametrize("wrong", [date(2026, 11, 23), "2026-11-23T09:00Z", 1_767_225_600, None])
def test_what_is_no_instant_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a datetime with a zone is needed"):
        OFFICE.due(wrong, 60)


@pytest.mark.parametrize(
    ("seconds", "error", "message"),
    [
        (-1, ValueError, "must not be negative"),
        (-0.5, ValueError, "must not be negative"),
        (float("nan"), ValueError, "no length of time"),
        (float("inf"), ValueError, "no length of time"),
        ("4h", TypeError, "seconds are a number"),
        (timedelta(hours=4), TypeError, "seconds are a number"),
        (10**12, ValueError, "do not pass within 50 years"),
    ],
)
def test_seconds_that_are_no_budget_are_refused(seconds: Any, error: type[Exception], message: str) -> None:
    for ask in (OFFICE.due, OFFICE.before):
        with pytest.raises(error, match=message):
            ask(MONDAY, seconds)


def test_an_end_before_its_start_is_an_error_also_by_a_microsecond() -> None:
    for ask in (OFFICE.elapsed, OFFICE.segments):
        with pytest.raises(ValueError, match="is before the start"):
            ask(MONDAY, MONDAY - timedelta(microseconds=1))


zones = st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"])
instants = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=zones.map(ZoneInfo))  # noqa: DTZ001 (the strategy adds the zone)
amounts = st.one_of(
    st.integers(0, 3_000 * HOUR), st.integers(0, 10**12).map(lambda micros: micros / 1_000_000), st.just(1e-6)
)


@examples(800)
@given(start=instants, seconds=amounts)
def test_exactly_the_seconds_have_run_when_they_are_due_to_the_microsecond(start: datetime, seconds: float) -> None:
    due = OFFICE.due(start, seconds)
    assert OFFICE.elapsed(start, due) == pytest.approx(seconds, abs=5e-7)
    if seconds:
        assert OFFICE.elapsed(start, due - timedelta(microseconds=1)) < OFFICE.elapsed(start, due)


@examples(800)
@given(end=instants, seconds=amounts)
def test_exactly_the_seconds_remain_from_the_instant_before_to_the_microsecond(end: datetime, seconds: float) -> None:
    start = OFFICE.before(end, seconds)
    assert OFFICE.elapsed(start, end) == pytest.approx(seconds, abs=5e-7)
    if seconds:
        assert OFFICE.elapsed(start + timedelta(microseconds=1), end) < OFFICE.elapsed(start, end)


@examples(400)
@given(one=instants, other=instants)
def test_segments_and_elapsed_tell_the_same_to_the_microsecond(one: datetime, other: datetime) -> None:
    start, end = sorted((one.astimezone(UTC), other.astimezone(UTC)))
    total = sum((until - at for at, until in OFFICE.segments(start, end)), timedelta())
    assert OFFICE.elapsed(start, end) == total.total_seconds()


PROBE = """
import sys, time
from datetime import UTC, datetime, timedelta
from hubspot_sla import Calendar
time.tzset()
calendar = Calendar.from_mapping({"timezone": "Europe/Berlin", "hours": {"sun": "01:00-05:00", "mon": "09:00-17:00"}})
start = datetime(2026, 1, 1, tzinfo=UTC)
for day in range(0, 400, 7):
    at = start + timedelta(days=day, seconds=day)
    print(calendar.due(at, 9_000), calendar.before(at, 9_000), calendar.elapsed(start, at), calendar.is_open(at))
"""


def test_the_zone_of_the_server_changes_nothing() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", PROBE], env={**os.environ, "TZ": zone}, capture_output=True, text=True, check=True
        ).stdout
        for zone in ("UTC", "Asia/Kolkata", "America/New_York", "Pacific/Apia")
    }
    assert len(told) == 1
    assert "2026" in told.pop()


def test_the_language_of_the_server_changes_nothing() -> None:
    probe = """
from hubspot_sla.policy.calendar_from_values import calendar_from_entry
for country in ("DE", "SA", "JP", "GB", "XK", "FR"):
    entry = {"timezone": "UTC", "hours": {"mon": "09:00-10:00"}, "holidays": {"country": country}}
    print(ascii(sorted(calendar_from_entry("a", entry).holidays(2026).items())))
"""
    told = {
        subprocess.run(
            [sys.executable, "-c", probe],
            env={**os.environ, "LANGUAGE": code},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for code in ("en_US", "de", "th", "C")
    }
    assert len(told) == 1
    assert "Christmas Day" in told.pop()
