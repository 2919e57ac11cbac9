"""Rules of business time, each on a date one can look up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.clock.calendar import ALWAYS, HOUR_MS, MINUTE_MS, Calendar
from hubspot_sla.clock.hours import WHOLE_DAY, Hours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {weekday: (Hours(9 * 60, 12 * 60), Hours(13 * 60, 17 * 60)) for weekday in range(5)}
ALL_DAY = dict.fromkeys(range(7), (WHOLE_DAY,))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def berlin(**exceptions: object) -> Calendar:
    return Calendar("berlin", BERLIN, OFFICE, **exceptions)  # type: ignore[arg-type]  # forwarded by name


def test_a_budget_that_ends_at_closing_is_due_at_closing() -> None:
    assert berlin().due(at("2026-11-20T15:00+01:00"), 2 * HOUR_MS) == at("2026-11-20T17:00+01:00")


def test_a_budget_that_outlasts_friday_goes_on_on_monday() -> None:
    assert berlin().due(at("2026-11-20T15:00+01:00"), 2 * HOUR_MS + 1) == at("2026-11-23T09:00+01:00") + 1


def test_a_break_inside_a_day_does_not_count() -> None:
    assert berlin().due(at("2026-11-20T11:30+01:00"), HOUR_MS) == at("2026-11-20T13:30+01:00")


def test_a_zero_budget_is_due_at_its_start_even_when_closed() -> None:
    sunday = at("2026-11-22T03:00+01:00")
    assert berlin().due(sunday, 0) == sunday


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        berlin().due(0, -1)


def test_the_closing_instant_is_not_open_and_the_opening_instant_is() -> None:
    assert berlin().is_open(at("2026-11-20T09:00+01:00"))
    assert not berlin().is_open(at("2026-11-20T17:00+01:00"))
    assert berlin().is_open(at("2026-11-20T17:00+01:00") - 1)


def test_elapsed_counts_only_open_hours() -> None:
    assert berlin().elapsed(at("2026-11-20T16:00+01:00"), at("2026-11-23T10:00+01:00")) == 2 * HOUR_MS


def test_an_end_before_its_start_is_an_error() -> None:
    with pytest.raises(ValueError, match="before the start"):
        berlin().elapsed(1, 0)
    with pytest.raises(ValueError, match="before the start"):
        berlin().segments(1, 0)


def test_segments_are_the_open_intervals_clipped_to_the_question() -> None:
    found = berlin().segments(at("2026-11-20T11:00+01:00"), at("2026-11-20T14:00+01:00"))
    assert found == (
        (at("2026-11-20T11:00+01:00"), at("2026-11-20T12:00+01:00")),
        (at("2026-11-20T13:00+01:00"), at("2026-11-20T14:00+01:00")),
    )


def test_segments_of_a_closed_weekend_are_none() -> None:
    assert berlin().segments(at("2026-11-21T00:00+01:00"), at("2026-11-23T09:00+01:00")) == ()


def test_hours_past_midnight_end_on_the_next_day() -> None:
    night = Calendar("night", BERLIN, {4: (Hours(22 * 60, 30 * 60),)})
    assert night.elapsed(at("2026-11-20T12:00+01:00"), at("2026-11-22T00:00+01:00")) == 8 * HOUR_MS
    assert night.is_open(at("2026-11-21T05:59+01:00"))
    assert not night.is_open(at("2026-11-21T06:00+01:00"))


def test_hours_past_midnight_on_new_years_eve_reach_into_the_year() -> None:
    night = Calendar("night", BERLIN, {3: (Hours(22 * 60, 30 * 60),)})
    assert night.elapsed(at("2027-01-01T00:00+01:00"), at("2027-01-02T00:00+01:00")) == 6 * HOUR_MS


def test_a_holiday_closes_its_date_from_midnight_to_midnight_and_nothing_else() -> None:
    night = Calendar(
        "night",
        BERLIN,
        dict.fromkeys(range(7), (Hours(22 * 60, 30 * 60),)),
        holidays=lambda year: {date(year, 12, 25): "Christmas Day"},
    )
    open_then = night.segments(at("2026-12-24T12:00+01:00"), at("2026-12-27T00:00+01:00"))
    assert open_then == (
        (at("2026-12-24T22:00+01:00"), at("2026-12-25T00:00+01:00")),
        (at("2026-12-26T00:00+01:00"), at("2026-12-26T06:00+01:00")),
        (at("2026-12-26T22:00+01:00"), at("2026-12-27T00:00+01:00")),
    )


def test_holidays_are_asked_for_once_a_year_and_only_for_years_touched() -> None:
    asked: list[int] = []

    def holidays(year: int) -> dict[date, str]:
        asked.append(year)
        return {}

    calendar = berlin(holidays=holidays)
    calendar.elapsed(at("2026-03-01T00:00Z"), at("2026-04-01T00:00Z"))
    calendar.elapsed(at("2025-03-01T00:00Z"), at("2026-04-01T00:00Z"))
    assert sorted(asked) == [2025, 2026]


def test_a_part_day_closure_takes_only_its_hours() -> None:
    calendar = berlin(closed={date(2026, 12, 31): (Hours(12 * 60, 24 * 60),)})
    day = at("2026-12-31T00:00+01:00"), at("2027-01-01T00:00+01:00")
    assert calendar.elapsed(*day) == 3 * HOUR_MS


def test_a_closure_past_midnight_reaches_into_the_next_year() -> None:
    calendar = Calendar("a", BERLIN, ALL_DAY, closed={date(2026, 12, 31): (Hours(22 * 60, 26 * 60),)})
    assert not calendar.is_open(at("2027-01-01T01:59+01:00"))
    assert calendar.is_open(at("2027-01-01T02:00+01:00"))


def test_a_closed_range_of_instants_may_span_years() -> None:
    calendar = berlin(closed_ranges=((at("2026-12-24T10:00+01:00"), at("2027-01-04T10:00+01:00")),))
    assert calendar.due(at("2026-12-24T09:30+01:00"), HOUR_MS) == at("2027-01-04T10:30+01:00")


def test_an_open_exception_replaces_the_hours_of_its_day_and_lifts_the_holiday() -> None:
    calendar = berlin(
        holidays=lambda year: {date(year, 12, 25): "Christmas Day"},
        opened={date(2026, 12, 25): (Hours(10 * 60, 14 * 60),)},
    )
    open_then = calendar.segments(at("2026-12-25T00:00+01:00"), at("2026-12-26T00:00+01:00"))
    assert open_then == ((at("2026-12-25T10:00+01:00"), at("2026-12-25T14:00+01:00")),)


def test_an_explicit_closure_wins_over_an_open_exception() -> None:
    day = date(2026, 12, 27)
    calendar = berlin(opened={day: (WHOLE_DAY,)}, closed={day: (Hours(12 * 60, 24 * 60),)})
    assert calendar.elapsed(at("2026-12-27T00:00+01:00"), at("2026-12-28T00:00+01:00")) == 12 * HOUR_MS


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Havana", "2026-11-01", 25),  # 01:00 -> 00:00
        ("America/Havana", "2026-10-31", 24),
        ("America/Havana", "2026-03-08", 23),  # 00:00 -> 01:00
        ("America/Havana", "2026-03-07", 24),
        ("Asia/Beirut", "2026-10-24", 25),  # 24:00 -> 23:00
        ("Pacific/Apia", "2011-12-30", 0),  # the day Samoa left out
        ("Pacific/Apia", "2011-12-31", 24),
    ],
)
def test_a_day_on_which_clocks_change_has_the_hours_that_really_pass(zone: str, day: str, hours: float) -> None:
    start, end = WHOLE_DAY.on(date.fromisoformat(day), ZoneInfo(zone))
    assert end - start == hours * HOUR_MS
    everyday = Calendar("all", ZoneInfo(zone), ALL_DAY)
    assert everyday.elapsed(start - 1, end + 1) == end - start + 2


@pytest.mark.parametrize(
    ("hours", "day", "expected"),
    [
        (Hours(150, 240), "2026-03-29", ("2026-03-29T01:00Z", "2026-03-29T02:00Z")),  # 02:30 never shows
        (Hours(60, 150), "2026-03-29", ("2026-03-29T00:00Z", "2026-03-29T01:00Z")),
        (Hours(150, 240), "2026-10-25", ("2026-10-25T00:30Z", "2026-10-25T03:00Z")),  # the first 02:30
        (Hours(60, 150), "2026-10-25", ("2026-10-24T23:00Z", "2026-10-25T01:30Z")),  # the last 02:30
        (
            Hours(0, 120),
            "2026-10-25",
            ("2026-10-24T22:00Z", "2026-10-25T00:00Z"),
        ),  # 02:00 is over the first time
        (Hours(120, 180), "2026-10-25", ("2026-10-25T00:00Z", "2026-10-25T02:00Z")),
    ],
)
def test_hours_that_touch_a_change_of_clocks_stay_in_one_piece(
    hours: Hours, day: str, expected: tuple[str, str]
) -> None:
    assert hours.on(date.fromisoformat(day), BERLIN) == (at(expected[0]), at(expected[1]))


def test_hours_inside_the_hour_that_never_shows_are_nothing() -> None:
    calendar = Calendar("gap", BERLIN, {6: (Hours(130, 170),)})
    assert calendar.elapsed(at("2026-03-29T00:00+01:00"), at("2026-03-30T00:00+02:00")) == 0


def test_a_calendar_that_never_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="never opens"):
        Calendar("never", UTC, {0: ()})


def test_a_budget_that_never_ends_is_refused_instead_of_searched_for_ever() -> None:
    once = Calendar("once", UTC, {}, opened={date(2026, 1, 1): (Hours(0, 60),)})
    assert once.due(at("2026-01-01T00:00Z"), HOUR_MS) == at("2026-01-01T01:00Z")
    with pytest.raises(ValueError, match="do not pass within 50 years"):
        once.due(at("2026-01-01T00:00Z"), HOUR_MS + 1)


@pytest.mark.parametrize("instant", [10**17, -(10**17), at("2200-01-01T00:00Z"), at("1899-12-31T23:59Z")])
def test_an_instant_far_outside_history_is_refused(instant: int) -> None:
    with pytest.raises(ValueError, match="outside the years"):
        ALWAYS.is_open(instant)


def test_always_is_open_across_years_without_a_seam() -> None:
    start, end = at("2025-12-01T00:00Z"), at("2027-02-01T00:00Z")
    assert ALWAYS.segments(start, end) == ((start, end),)
    assert ALWAYS.due(start, 90 * 24 * HOUR_MS) == start + 90 * 24 * HOUR_MS
    assert ALWAYS.business_day_ms == 24 * HOUR_MS


def test_the_order_in_which_years_are_asked_for_changes_nothing() -> None:
    years = ("2026", "2023", "2029")
    forward, backward = berlin(), berlin()
    question = [(at(f"{year}-05-04T10:00Z"), at(f"{year}-06-04T10:00Z")) for year in years]
    assert [forward.elapsed(*q) for q in question] == [backward.elapsed(*q) for q in question[::-1]][::-1]


@pytest.mark.parametrize(("start", "end"), [(-1, 60), (1440, 1500), (60, 60), (60, 59), (60, 60 + 1441)])
def test_hours_outside_a_day_or_longer_than_one_are_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="hours"):
        Hours(start, end)


def test_a_millisecond_decides() -> None:
    start = at("2026-11-20T16:59:59.999+01:00")
    assert berlin().due(start, 1) == at("2026-11-20T17:00+01:00")
    assert berlin().elapsed(start, start + MINUTE_MS) == 1


def test_a_budget_run_backwards_that_reaches_an_opening_began_at_that_opening() -> None:
    monday = at("2026-11-23T10:00+01:00")
    assert berlin().before(monday, HOUR_MS) == at("2026-11-23T09:00+01:00")
    assert berlin().before(monday, HOUR_MS + 1) == at("2026-11-20T17:00+01:00") - 1


def test_from_a_closed_instant_a_budget_runs_backwards_from_the_last_closing() -> None:
    assert berlin().before(at("2026-11-22T03:00+01:00"), 4 * HOUR_MS) == at("2026-11-20T13:00+01:00")
    assert berlin().before(at("2026-11-20T17:00+01:00"), 1) == at("2026-11-20T17:00+01:00") - 1


def test_a_budget_run_backwards_reaches_into_earlier_years_and_round_their_holidays() -> None:
    calendar = berlin(holidays=lambda year: {date(year, 1, 1): "New Year", date(year, 12, 31): "New Year's Eve"})
    assert calendar.before(at("2027-01-04T10:00+01:00"), 2 * HOUR_MS) == at("2026-12-30T16:00+01:00")
    assert calendar.due(at("2026-12-30T16:00+01:00"), 2 * HOUR_MS) == at("2027-01-04T10:00+01:00")


def test_no_budget_and_a_negative_one_are_the_same_backwards_as_forwards() -> None:
    sunday = at("2026-11-22T03:00+01:00")
    assert berlin().before(sunday, 0) == sunday
    with pytest.raises(ValueError, match="negative"):
        berlin().before(sunday, -1)


def test_a_budget_that_never_began_is_refused_instead_of_searched_for_ever() -> None:
    once = Calendar("once", UTC, {}, opened={date(2026, 1, 1): (Hours(0, 60),)})
    assert once.before(at("2026-01-02T00:00Z"), HOUR_MS) == at("2026-01-01T00:00Z")
    with pytest.raises(ValueError, match="do not pass within 50 years"):
        once.before(at("2026-01-02T00:00Z"), HOUR_MS + 1)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-12-24T16:00+01:00", 1, "2026-12-24T17:00+01:00"),  # ends as the eve of a holiday closes
        ("2026-12-24T16:00+01:00", 2, "2026-12-28T10:00+01:00"),  # round the holidays and a weekend
        ("2026-12-25T00:00+01:00", 1, "2026-12-28T10:00+01:00"),  # begins with the holiday
        ("2026-12-25T23:59+01:00", 1, "2026-12-28T10:00+01:00"),  # begins within it
    ],
)
def test_holidays_hold_from_their_first_to_their_last_instant(start: str, hours: int, due: str) -> None:
    calendar = berlin(holidays=lambda year: {date(year, 12, 25): "Christmas Day"})
    assert calendar.due(at(start), hours * HOUR_MS) == at(due)
