"""What the words of calendars.yaml mean, one by one, and what is said about those that mean nothing."""

from __future__ import annotations

from datetime import date

import pytest

from hubspot_sla.clock.opening_days import days
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.calendar_from_values import calendars_from_text
from hubspot_sla.policy.dates import parse_days
from hubspot_sla.policy.value_errors import Refused

HOUR_MS = 3_600_000
OFFICE = 'timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}'


def file(**entries: str) -> str:
    return "calendars:\n" + "".join(f"  {name}: {{{entry}}}\n" for name, entry in entries.items())


def hours(entry: str, *dates: str, name: str = "own", **others: str) -> list[float]:
    """The open hours of each date on the calendar."""
    calendar = calendars_from_text("calendars.yaml", file(**others, own=entry))[name]
    opened = (next(iter(days(calendar, date.fromisoformat(day), 1))) for day in dates)
    return [day.open_ms / HOUR_MS for day in opened]


def problems(entry: str, **others: str) -> list[str]:
    """What is wrong with `own`, which stands on line 2."""
    with pytest.raises(MappingInvalid) as caught:
        calendars_from_text("calendars.yaml", file(own=entry, **others))
    return [str(problem).removeprefix("calendars.yaml:") for problem in caught.value.problems]


def notes(entry: str, day: str, **others: str) -> tuple[str, ...]:
    calendar = calendars_from_text("calendars.yaml", file(**others, own=entry))["own"]
    return next(iter(days(calendar, date.fromisoformat(day), 1))).notes


# weekdays


def test_a_range_of_weekdays_gives_each_of_them_the_same_hours() -> None:
    assert hours(OFFICE, "2026-11-23", "2026-11-27", "2026-11-28") == [8, 8, 0]
    assert hours('timezone: UTC, hours: {sat-mon: "10:00-12:00"}', "2026-11-27", "2026-11-28", "2026-11-30") == [
        0,
        2,
        2,
    ]


def test_a_weekday_named_alone_goes_before_the_range_it_lies_in() -> None:
    entry = 'timezone: UTC, hours: {fri: "09:00-13:00", mon-fri: "09:00-17:00", wed: []}'
    assert hours(entry, "2026-11-23", "2026-11-25", "2026-11-27") == [8, 0, 4]


# dates


def test_a_range_of_dates_closes_both_of_its_ends_and_all_between() -> None:
    entry = f"{OFFICE}, closed: [2026-11-24..2026-11-26]"
    assert hours(entry, "2026-11-23", "2026-11-24", "2026-11-26", "2026-11-27") == [8, 0, 0, 8]


def test_a_date_of_every_year_is_closed_in_every_year() -> None:
    entry = f"{OFFICE}, closed: [{{every: 11-24}}]"
    assert hours(entry, "2026-11-24", "2027-11-24", "2026-11-25") == [0, 0, 8]


def test_a_range_of_every_year_may_go_over_the_turn_of_the_year() -> None:
    entry = f"{OFFICE}, closed: [{{every: 12-24..01-01}}]"
    dates = ("2026-12-23", "2026-12-24", "2026-12-31", "2027-01-01", "2027-01-04", "2025-01-01")
    assert hours(entry, *dates) == [8, 0, 0, 0, 8, 0]


def test_a_range_of_every_year_has_the_leap_day_in_it() -> None:
    entry = f"{OFFICE}, closed: [{{every: 12-24..03-01}}]"
    assert hours(entry, "2028-02-29", "2028-03-02") == [0, 8]
    only = 'timezone: UTC, hours: {mon-sun: "09:00-17:00"}, closed: [{every: 02-29..02-01}]'
    assert hours(only, "2027-02-28", "2027-02-02", "2027-03-01", "2028-02-29") == [8, 8, 0, 0]


def test_part_of_a_date_of_every_year_may_be_closed() -> None:
    entry = f'{OFFICE}, closed: [{{every: 12-31, from: "12:00", to: "24:00"}}]'
    assert hours(entry, "2026-12-31", "2027-12-31") == [3, 3]


def test_a_range_without_an_offset_is_in_the_zone_of_the_calendar() -> None:
    entry = f"{OFFICE}, closed: [{{from: 2026-11-23T12:00:00, to: 2026-11-24T10:00}}]"
    assert hours(entry, "2026-11-23", "2026-11-24") == [3, 7]
    in_utc = f"{OFFICE}, closed: [{{from: 2026-11-23T11:00:00Z, to: 2026-11-24T10:00}}]"
    assert hours(in_utc, "2026-11-23", "2026-11-24") == [3, 7]


def test_a_date_that_ends_a_range_of_instants_is_its_midnight() -> None:
    entry = f"{OFFICE}, closed: [{{from: 2026-11-23, to: 2026-11-25}}]"
    assert hours(entry, "2026-11-20", "2026-11-23", "2026-11-24", "2026-11-25") == [8, 0, 0, 8]


def test_open_knows_ranges_and_dates_of_every_year_and_the_single_date_goes_first() -> None:
    entry = f'{OFFICE}, open: {{11-23..11-25: "10:00-12:00", 11-24: "10:00-13:00", 2026-11-25: "10:00-14:00"}}'
    assert hours(entry, "2026-11-23", "2026-11-24", "2026-11-25", "2027-11-25") == [2, 3, 4, 2]


def test_where_one_date_is_both_open_and_closed_the_closure_wins() -> None:
    entry = f'{OFFICE}, open: {{2026-11-23: "08:00-20:00", 2026-11-24: "08:00-20:00"}}, closed: '
    part = '{date: 2026-11-24, from: "12:00", to: "13:00"}'
    assert hours(f"{entry}[2026-11-23, {part}]", "2026-11-23", "2026-11-24") == [0, 11]


def test_hours_of_a_date_lift_a_closure_of_every_year_that_was_taken_over() -> None:
    base = f"{OFFICE}, closed: [{{every: 12-24}}]"
    own = 'extends: base, open: {2026-12-24: "09:00-12:00"}'
    assert hours(own, "2026-12-24", "2027-12-24", base=base) == [3, 0]
    yearly = 'extends: base, open: {12-24: "09:00-12:00"}'
    assert hours(yearly, "2026-12-24", "2027-12-24", base=base) == [3, 3]


# seasons and alternate weeks


def test_a_season_has_hours_of_its_own_on_the_weekdays_it_names() -> None:
    entry = f'{OFFICE}, seasons: [{{every: 06-01..08-31, hours: {{fri: "09:00-13:00"}}}}]'
    assert hours(entry, "2026-05-29", "2026-06-05", "2026-06-08", "2026-08-28", "2026-09-04") == [8, 4, 8, 4, 8]


def test_a_season_may_close_a_weekday_and_go_over_the_turn_of_the_year() -> None:
    entry = f"{OFFICE}, seasons: [{{every: 12-15..01-15, hours: {{mon-wed: []}}}}]"
    assert hours(entry, "2026-12-14", "2026-12-16", "2027-01-11", "2027-01-14", "2027-01-18") == [8, 0, 0, 8, 8]


def test_alternate_weeks_take_turns_from_the_week_of_their_first_date_on() -> None:
    turns = 'weeks: [{mon-fri: "06:00-14:00"}, {mon: "14:00-16:00", tue-fri: []}]'
    entry = f"{OFFICE}, alternate_weeks: {{first: 2026-11-25, {turns}}}"
    mondays = ("2026-11-16", "2026-11-23", "2026-11-30", "2026-12-07")
    assert hours(entry, *mondays, "2026-12-01") == [2, 8, 2, 8, 0]


def test_alternate_weeks_go_on_over_the_turn_of_a_year_with_53_weeks() -> None:
    entry = 'timezone: UTC, alternate_weeks: {first: 2026-12-21, weeks: [{mon: "09:00-10:00"}, {mon: "09:00-11:00"}]}'
    assert hours(entry, "2026-12-21", "2026-12-28", "2027-01-04", "2027-01-11") == [1, 2, 1, 2]


def test_a_weekday_that_an_alternate_week_does_not_name_has_its_usual_hours_and_the_season_goes_first() -> None:
    turns = 'alternate_weeks: {first: 2026-11-23, weeks: [{mon: "09:00-10:00"}, {mon: "09:00-11:00"}]}'
    entry = f'{OFFICE}, {turns}, seasons: [{{every: 11-30..12-01, hours: {{mon: "09:00-12:00"}}}}]'
    assert hours(entry, "2026-11-23", "2026-11-24", "2026-11-30", "2026-12-07") == [1, 8, 3, 1]


# several calendars, several countries


def test_the_holidays_of_two_countries_both_close() -> None:
    entry = f"{OFFICE}, holidays: [{{country: DE, subdivision: BE}}, {{country: US}}]"
    assert hours(entry, "2026-11-26", "2026-12-25", "2026-11-27") == [0, 0, 8]  # Thanksgiving, Christmas
    assert notes(entry, "2026-11-26") == ("Thanksgiving Day",)
    assert notes(entry, "2026-01-01") == ("New Year's Day",)


def test_a_union_is_open_when_any_of_its_calendars_is() -> None:
    tokyo = 'timezone: Asia/Tokyo, hours: {mon-fri: "09:00-17:00"}'
    assert hours("union: [berlin, tokyo]", "2026-11-24", berlin=OFFICE, tokyo=tokyo) == [16]
    assert hours("union: [berlin, berlin2]", "2026-11-24", berlin=OFFICE, berlin2=OFFICE) == [8]


def test_an_intersection_is_open_when_all_of_its_calendars_are() -> None:
    london = 'timezone: Europe/London, hours: {mon-thu: "09:00-17:00"}, holidays: {country: GB}'
    both = hours(
        "intersection: [berlin, london]", "2026-11-24", "2026-11-27", "2026-12-28", berlin=OFFICE, london=london
    )
    assert both == [7, 0, 0]


def test_a_union_has_a_zone_and_a_business_day_of_its_own_or_the_zone_of_its_first_part() -> None:
    text = file(
        own="union: [a, b], business_day: 9h", other="union: [b, a], timezone: UTC", a=OFFICE, b="extends: always"
    )
    calendars = calendars_from_text("calendars.yaml", text)
    assert (str(calendars["own"].zone), calendars["own"].business_day_ms) == ("Europe/Berlin", 9 * HOUR_MS)
    assert (str(calendars["other"].zone), calendars["other"].business_day_ms) == ("UTC", None)


def test_a_union_of_unions_says_which_part_has_a_holiday() -> None:
    others = {"a": f"{OFFICE}, holidays: {{country: DE}}", "b": OFFICE, "c": "union: [a, b]"}
    assert notes("union: [a, b]", "2026-12-25", **others) == ("a: Christmas Day",)
    assert hours("intersection: [c, a]", "2026-12-24", "2026-12-25", **others) == [8, 0]


# why a day is unlike others


def test_the_agenda_says_season_week_and_closure() -> None:
    turns = 'alternate_weeks: {first: 2026-11-23, weeks: [{mon: "09:00-10:00"}, {tue: []}]}'
    entry = f"{OFFICE}, {turns}, seasons: [{{every: 11-30..12-01, hours: {{sun: []}}}}], closed: [{{every: 12-02}}]"
    assert notes(entry, "2026-11-23") == ("week 1 of 2",)
    assert notes(entry, "2026-11-30") == ("season 11-30..12-01", "week 2 of 2")
    assert notes(entry, "2026-12-02") == ("week 2 of 2", "closed")
    assert notes(f'{OFFICE}, open: {{11-28: "09:00-10:00"}}', "2026-11-28") == ("hours of this date only",)


# the same calendar in other words

SAME = [
    (OFFICE, 'hours: {mon: "09:00-17:00", tue-fri: ["09:00-17:00"], sat: []}, timezone: Europe/Berlin'),
    (OFFICE, 'timezone: Europe/Berlin, hours: {mon-fri: ["12:00-17:00", "09:00-12:00"]}'),
    (f"{OFFICE}, closed: [2026-12-24, 2026-12-25]", f"{OFFICE}, closed: [2026-12-24..2026-12-25]"),
    (f"{OFFICE}, closed: [{{every: 12-24..12-25}}]", f"{OFFICE}, closed: [{{every: 12-25}}, {{every: 12-24}}]"),
    (f"{OFFICE}, business_day: 8h", f"{OFFICE}, business_day: 480m"),
    (f"{OFFICE}, holidays: {{country: DE}}", f"{OFFICE}, holidays: [{{country: DE}}, {{country: DE}}]"),
    (
        f"{OFFICE}, closed: [{{from: 2026-11-23T11:00Z, to: 2026-11-24T11:00Z}}]",
        f"{OFFICE}, closed: [{{from: 2026-11-23T12:00, to: 2026-11-23T20:00}}, "
        "{from: 2026-11-23T20:00, to: 2026-11-24T12:00}]",
    ),
    (
        'timezone: UTC, alternate_weeks: {first: 2026-11-23, weeks: [{mon: "09:00-10:00"}, {tue: "09:00-11:00"}]}',
        'timezone: UTC, alternate_weeks: {first: 2026-12-01, weeks: [{tue: "09:00-11:00"}, {mon: "09:00-10:00"}]}',
    ),
]
OTHER = [
    (OFFICE, OFFICE.replace("Berlin", "Paris")),
    (OFFICE, f"{OFFICE}, business_day: 8h"),
    (OFFICE, f"{OFFICE}, closed: [{{every: 12-24}}]"),
    (f"{OFFICE}, closed: [2026-12-24]", f"{OFFICE}, closed: [{{every: 12-24}}]"),
    (f"{OFFICE}, holidays: {{country: DE}}", f"{OFFICE}, holidays: {{country: DE, subdivision: BE}}"),
    (OFFICE, f'{OFFICE}, seasons: [{{every: 06-01, hours: {{mon: "09:00-10:00"}}}}]'),
    ("union: [x, always]", "intersection: [x, always]"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_calendars_that_say_the_same_are_one_whatever_their_words_and_names(one: str, other: str) -> None:
    calendars = calendars_from_text("calendars.yaml", file(a=one, b=other))
    assert calendars["a"].same_as(calendars["b"])


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_calendars_that_differ_are_not_the_same(one: str, other: str) -> None:
    calendars = calendars_from_text("calendars.yaml", file(x=OFFICE, a=one, b=other))
    assert not calendars["a"].same_as(calendars["b"])


# what is wrong

WRONG = [
    (OFFICE.replace("mon-fri", "mon-frid"), "2:42: there is no key 'mon-frid' here (did you mean 'mon-fri'?)"),
    (OFFICE.replace("mon-fri", "mon-wed-fri"), "2:42: there is no key 'mon-wed-fri' here (write mon, or mon-fri)"),
    (
        'timezone: UTC, hours: {mon-wed: "09:00-10:00", wed-fri: "09:00-11:00"}',
        "2:56: wed-fri and mon-wed share a weekday (name it in one of them, or alone)",
    ),
    (f"{OFFICE}, closed: [12-24]", "2:76: '12-24' is a date of every year (write {every: 12-24})"),
    (f"{OFFICE}, closed: [{{every: 2026-12-24}}]", "2:84: '2026-12-24' is of one year, not of every year"),
    (f"{OFFICE}, closed: [{{every: 13-24}}]", "2:84: '13-24' is no date of any year (write the month first: 12-24)"),
    (f"{OFFICE}, closed: [2026-12-24..2026-12-20]", "2:76: '2026-12-24..2026-12-20' ends before it begins"),
    (f"{OFFICE}, closed: [2026-12-24..]", "2:76: '2026-12-24..' is no date and no range of dates"),
    (f"{OFFICE}, closed: [2026-12-24..12-26]", "2:76: '2026-12-24..12-26' is half of one year and half of every year"),
    (f"{OFFICE}, closed: [2026-01-01..2046-01-01]", "2:76: '2026-01-01..2046-01-01' is longer than ten years"),
    (f"{OFFICE}, closed: [{{from: 2026-12-24, to: 2026-12-24}}]", "2:76: the range ends before it begins"),
    (
        f"{OFFICE}, closed: [{{from: 2026-12-24T12:00:00, to: 2026-12-24T11:30:00+01:00}}]",
        "2:76: the range ends before it begins",
    ),
    (f"{OFFICE}, closed: [{{from: 24 Dec, to: 2026-12-24}}]", "2:76: '24 Dec' is neither a date nor an instant"),
    (f"{OFFICE}, closed: [{{date: 2026-12-24, every: 12-24}}]", "2:76: `date` is of one year, `every` of every year"),
    (
        f'{OFFICE}, open: {{12-27..12-29: "09:00-10:00", 12-29..12-30: []}}',
        "2:103: 12-29..12-30 and 12-27..12-29 share",
    ),
    (
        f'{OFFICE}, open: {{27 Dec: "09:00-10:00"}}',
        "2:74: '27 Dec' is not a date (write 2026-12-24, or 2026-12-24..2026-12-31)",
    ),
    (
        f"{OFFICE}, seasons: [{{every: 06-01..08-31, hours: {{fri: []}}}}, "
        "{every: 08-31..09-05, hours: {fri: []}}]",
        "2:126: the seasons 06-01..08-31 and 08-31..09-05 overlap, on 08-31 (let one end on the day",
    ),
    (f"{OFFICE}, seasons: [{{every: 06-01..08-31}}]", "2:77: 'hours' is missing"),
    (f"{OFFICE}, seasons: [{{every: 06-01, hours: {{}}}}]", "2:77: the season says no hours"),
    (
        f"{OFFICE}, seasons: [{{evry: 06-01, hours: {{fri: []}}}}]",
        "2:78: there is no key 'evry' here (did you mean 'every'",
    ),
    (
        f'{OFFICE}, seasons: [{{every: 06-01, hours: {{fri: ["09:00-12:00", "11:00-13:00"]}}}}]',
        "2:121: 11:00-13:00 overlaps fri 09:00-12:00",
    ),
    (f"{OFFICE}, alternate_weeks: {{first: 2026-11-23, weeks: [{{mon: []}}]}}", "2:111: 'weeks' needs at least 2"),
    (f"{OFFICE}, alternate_weeks: {{weeks: [{{mon: []}}, {{mon: []}}]}}", "2:67: 'first' is missing"),
    (f"{OFFICE}, holidays: [{{country: DE}}, {{country: XX}}]", "2:103: no holidays are known for country 'XX'"),
    ("union: [other]", "2:16: 'union' needs at least 2"),
    ("union: [other, othr]", "2:24: there is no calendar 'othr' (did you mean 'other'?)"),
    ("union: [other, own]", "2:24: calendar 'own' is made of itself: own -> own"),
    ("union: [other, ring]", "2:24: calendar 'own' is made of itself: own -> ring -> own"),
    ("union: [other, other], intersection: [other, other]", "2:32: a calendar is a union or an intersection, not both"),
    ('union: [other, other], hours: {mon: "09:00-10:00"}', "2:32: a calendar made of others has no 'hours' of its own"),
    ("extends: both", "2:18: calendar 'both' is made of others and has no hours to take over"),
    ("intersection: [other, sunday]", "2:23: calendar 'own' never opens: its parts are never open at the same time"),
]


@pytest.mark.parametrize(("entry", "expected"), WRONG, ids=[case[1][:60] for case in WRONG])
def test_what_is_wrong_is_said_with_its_place_and_the_remedy(entry: str, expected: str) -> None:
    others = {
        "other": 'timezone: UTC, hours: {mon: "09:00-10:00"}',
        "both": "union: [other, always]",
        "ring": "union: [own, other]",
        "sunday": 'timezone: UTC, hours: {sun: "09:00-10:00"}',
    }
    reported = problems(entry, **(others if "ring" in entry else {k: v for k, v in others.items() if k != "ring"}))
    assert any(problem.startswith(expected) for problem in reported), reported


def test_nothing_is_said_of_a_calendar_because_of_what_is_wrong_in_another() -> None:
    assert problems("union: [other, broken]", other=OFFICE, broken="timezone: Europe/Berlni") != []
    reported = problems("extends: broken", broken="timezone: Europe/Berlni", outer="union: [own, broken]")
    assert [problem.split(" (")[0] for problem in reported] == ["3:22: there is no time zone 'Europe/Berlni'"]


@pytest.mark.parametrize("written", ["", "..", "..12-24", None, ["12-24"], "2026-12-24 .. 2026-12-23", "2026-02-30"])
def test_what_is_no_date_is_refused(written: object) -> None:
    with pytest.raises(Refused):
        parse_days(written)


def test_spaces_around_the_dots_are_allowed() -> None:
    days_ = parse_days(" 2026-12-24 .. 2026-12-26 ")
    assert (days_.first, days_.last) == (date(2026, 12, 24), date(2026, 12, 26))
