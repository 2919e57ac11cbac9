"""A calendar shown day by day, and what is noted beside a date that is unlike others."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from clock.tickets import HOUR, OFFICE
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.combined_calendar import Combination, CombinedCalendar, RelayCalendar
from hubspot_sla.clock.hours import WHOLE_DAY, AlternateWeeks, Hours, Season, YearlyClosure
from hubspot_sla.clock.opening_days import days

if TYPE_CHECKING:
    from collections.abc import Mapping

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 28)
MORNING, AFTERNOON = Hours(9 * 60, 12 * 60), Hours(12 * 60, 17 * 60)
EARLY, LATE = Hours(8 * 60, 13 * 60), Hours(11 * 60, 18 * 60)


def weekdays(hours: Hours) -> dict[int, tuple[Hours, ...]]:
    return dict.fromkeys(range(5), (hours,))


def office(**terms: object) -> Calendar:
    return Calendar("office", UTC, weekdays(Hours(9 * 60, 17 * 60)), **terms)  # type: ignore[arg-type]


def notes_on(calendar: Calendar, on: date) -> tuple[str, ...]:
    (day,) = days(calendar, on, 1)
    return day.notes


def holiday_on_monday(year: int) -> Mapping[date, str]:
    return {MONDAY: "Founders' Day"} if year == MONDAY.year else {}


def hours_open(calendar: Calendar, on: date) -> float:
    (day,) = days(calendar, on, 1)
    return day.open_ms / HOUR


# day by day


def test_each_date_is_listed_with_its_open_hours_and_an_ordinary_one_has_no_note() -> None:
    listed = list(days(OFFICE, date(2026, 11, 27), 3))
    assert [(day.on, day.open_ms / HOUR, day.notes) for day in listed] == [
        (date(2026, 11, 27), 8, ()),
        (SATURDAY, 0, ()),
        (date(2026, 11, 29), 0, ()),
    ]


def test_a_date_on_which_the_clocks_change_says_how_long_it_is() -> None:
    around_the_clock = Calendar("always", BERLIN, dict.fromkeys(range(7), (WHOLE_DAY,)))
    assert notes_on(around_the_clock, date(2026, 3, 29)) == ("clocks change: 23h 00m long",)
    assert notes_on(around_the_clock, date(2026, 10, 25)) == ("clocks change: 25h 00m long",)
    assert hours_open(around_the_clock, date(2026, 10, 25)) == 25


def test_a_holiday_is_noted_by_its_name() -> None:
    calendar = office(holidays=holiday_on_monday)
    assert (notes_on(calendar, MONDAY), hours_open(calendar, MONDAY)) == (("Founders' Day",), 0)
    assert notes_on(calendar, MONDAY + timedelta(days=1)) == ()


def test_hours_of_one_date_are_noted_instead_of_its_season() -> None:
    season = Season("winter", frozenset({(11, 23), (11, 24)}), {0: (MORNING,)})
    calendar = office(opened={MONDAY: (AFTERNOON,)}, seasons=(season,))
    assert (notes_on(calendar, MONDAY), hours_open(calendar, MONDAY)) == (("hours of this date only",), 5)
    assert notes_on(calendar, MONDAY + timedelta(days=1)) == ("season winter",)


def test_of_alternate_weeks_the_note_says_which_one_it_is() -> None:
    weeks = AlternateWeeks(MONDAY, (weekdays(MORNING), weekdays(AFTERNOON)))
    calendar = office(alternate_weeks=weeks)
    assert notes_on(calendar, MONDAY) == ("week 1 of 2",)
    assert notes_on(calendar, MONDAY + timedelta(days=7)) == ("week 2 of 2",)


def test_a_date_that_is_closed_in_part_is_told_from_one_that_is_closed() -> None:
    calendar = office(closed={MONDAY: (WHOLE_DAY,), MONDAY + timedelta(days=1): (AFTERNOON,)})
    assert notes_on(calendar, MONDAY) == ("closed",)
    assert notes_on(calendar, MONDAY + timedelta(days=1)) == ("closed in part",)


def test_a_yearly_closure_leaves_out_the_dates_that_are_excepted() -> None:
    closure = YearlyClosure(WHOLE_DAY, frozenset({MONDAY}))
    calendar = office(closed_yearly={(11, 23): (closure,)})
    a_year_later = date(2027, 11, 23)
    assert (notes_on(calendar, MONDAY), hours_open(calendar, MONDAY)) == ((), 8)
    assert (notes_on(calendar, a_year_later), hours_open(calendar, a_year_later)) == (("closed",), 0)


# calendars made of others


def test_in_a_combination_each_note_names_the_part_that_it_is_about() -> None:
    parts = (office(holidays=holiday_on_monday), Calendar("night desk", UTC, weekdays(LATE)))
    union = CombinedCalendar("both", UTC, {}, parts=parts)
    assert notes_on(union, MONDAY) == ("office: Founders' Day",)
    assert hours_open(union, MONDAY) == 7


def test_a_union_is_open_when_any_part_is_and_an_intersection_when_all_are() -> None:
    parts = (Calendar("early", UTC, weekdays(EARLY)), Calendar("late", UTC, weekdays(LATE)))
    union = CombinedCalendar("union", UTC, {}, parts=parts)
    intersection = CombinedCalendar("both", UTC, {}, parts=parts, combination=Combination.INTERSECTION)
    assert (hours_open(union, MONDAY), hours_open(intersection, MONDAY)) == (10, 2)
    assert [len(each.open_on(MONDAY)) for each in (union, intersection)] == [1, 1]
    assert union.open_on(SATURDAY) == intersection.open_on(SATURDAY) == ()


def test_a_relay_counts_each_leg_on_its_own_calendar() -> None:
    early, late = Calendar("early", UTC, weekdays(EARLY)), Calendar("late", UTC, weekdays(LATE))
    tuesday_noon = WHOLE_DAY.on(MONDAY + timedelta(days=1), UTC)[0] + 12 * HOUR
    relay = RelayCalendar("relay", UTC, {}, legs=((0, early), (tuesday_noon, late)))
    opened = [hours_open(relay, MONDAY + timedelta(days=number)) for number in range(3)]
    assert opened == [5, 4 + 6, 7]
    assert relay.open_on(MONDAY) == early.open_on(MONDAY)
