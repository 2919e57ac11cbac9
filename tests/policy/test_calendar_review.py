"""What `sla check` warns of in calendars that are not wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.calendar_documents import CalendarsFile
from hubspot_sla.policy.calendar_review import business_days, calendar_warnings, lost_holidays
from hubspot_sla.policy.calendars import compiled_calendars
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar

WEEK = 'hours: {mon: "09:00-17:00", tue: "09:00-17:00", wed: "09:00-17:00", thu: "09:00-17:00", fri: "09:00-15:00"}'


def warnings(rest: str, *used: str, year: int = 2026) -> list[str]:
    text = f"calendars:\n  office:\n    timezone: Europe/Berlin\n    {WEEK}\n{rest}"
    document, _ = read("calendars.yaml", text)
    assert document is not None
    file, problems = validated(document, CalendarsFile)
    assert file is not None, problems
    calendars, problems = compiled_calendars(document, file)
    assert not problems
    return [str(warning) for warning in calendar_warnings(document, file, calendars, used or ("office",), year)]


def compiled(rest: str) -> dict[str, Calendar]:
    document, _ = read("calendars.yaml", f"calendars:\n  office:\n    timezone: Europe/Berlin\n    {rest}\n")
    assert document is not None
    file, _ = validated(document, CalendarsFile)
    assert file is not None
    return compiled_calendars(document, file)[0]


def test_a_calendar_without_a_fault_is_not_warned_of() -> None:
    assert warnings("    closed: [2026-12-24, 2027-12-24]\n") == []


def test_a_calendar_that_nobody_uses_is_named() -> None:
    assert warnings("", "always") == [
        "calendars.yaml:2:3: no policy uses calendar 'office' (remove it, or name it in a policy)"
    ]


def test_a_calendar_that_another_extends_is_used() -> None:
    assert warnings("  derived: {extends: office}\n", "derived") == []


def test_closures_that_are_not_said_for_next_year_are_missed() -> None:
    assert warnings("    closed: [2026-12-24]\n") == [
        "calendars.yaml:5:13: calendar 'office' closes on dates of 2026 and on none of 2027 (add those of 2027)"
    ]
    assert warnings("    closed: [2026-12-24]\n", year=2027) == []


def test_holidays_that_the_library_does_not_know_next_year_are_missed() -> None:
    reported = warnings("    holidays: {country: SA}\n", year=2199)
    assert "calendars.yaml:5:15: no holidays of SA are known for 2200 (name them under `closed`)" in reported


def test_closures_of_days_that_are_closed_anyway_are_told_with_the_reason() -> None:
    closed = "    closed: [2026-12-26, 2026-12-25, 2026-12-24, 2027-12-24]\n"
    reported = warnings(f"    holidays: {{country: DE}}\n{closed}")
    assert reported[:2] == [
        "calendars.yaml:6:14: 2026-12-26 is closed anyway: it is Second Day of Christmas",
        "calendars.yaml:6:26: 2026-12-25 is closed anyway: it is Christmas Day",
    ]
    assert warnings("    closed: [2026-12-27, 2027-12-24]\n") == [
        "calendars.yaml:5:14: 2026-12-27 is closed anyway: Sunday has no hours"
    ]


def test_holidays_on_closed_days_are_no_mistake_and_are_told_once_a_calendar() -> None:
    rest = f"{WEEK}\n    holidays: {{country: DE}}"
    assert warnings("    holidays: {country: DE}\n") == []
    document, _ = read("calendars.yaml", f"calendars:\n  office:\n    timezone: Europe/Berlin\n    {rest}\n")
    assert document is not None
    file, _ = validated(document, CalendarsFile)
    assert file is not None
    assert lost_holidays(file, compiled(rest), 2026) == [
        "office: holidays of 2026 and 2027 on days that are closed anyway: "
        "2026-10-03 German Unity Day (Sat), 2026-12-26 Second Day of Christmas (Sat), "
        "2027-05-01 Labor Day (Sat) and 3 more"
    ]


def test_hours_that_go_on_past_midnight_for_more_than_half_a_day_are_asked_about_once() -> None:
    season = '    seasons: [{every: 07-01..08-31, hours: {mon: "18:00-08:00", tue: "18:00-08:00"}}]\n'
    assert warnings(season) == [
        "calendars.yaml:5:50: 18:00-08:00 goes on past midnight, for 14h: is that what was meant? "
        "(write 08:00-18:00 for the day)"
    ]
    assert warnings(season.replace("18:00-08:00", "20:00-08:00")) == []


def test_what_1bd_means_is_said_beside_the_length_of_most_days() -> None:
    eight = compiled(f"{WEEK}\n    business_day: 8h")
    assert [str(day) for day in business_days(eight)] == ["always: 1bd = 24h", "office: 1bd = 8h"]
    other = compiled(f"{WEEK}\n    business_day: 7h30m")
    assert str(business_days(other)[1]) == "office: 1bd = 7h30m, though most of its days have 8h"
    unsaid = compiled(WEEK)
    assert str(business_days(unsaid)[1]).startswith("office: 1bd is not said")
