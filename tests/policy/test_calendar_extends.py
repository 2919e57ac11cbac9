"""`extends`: what is taken over, what wins, and what is wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.calendar_from_values import calendars_from_text

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar

BASE = """\
calendars:
  base:
    timezone: Europe/Berlin
    hours: {mon: "09:00-17:00", tue: "09:00-17:00"}
    holidays: {country: DE}
    closed: [2026-12-21, {date: 2026-12-22, from: "12:00", to: "24:00"}]
    open: {2026-12-27: "10:00-12:00"}
    business_day: 8h
"""
HOUR_MS = 3_600_000


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def hours(derived: str, day: str, base: str = BASE) -> float:
    """The open hours of one date on the calendar `derived`, which stands below `base`."""
    calendar = calendars_from_text("calendars.yaml", f"{base}  derived: {derived}\n")["derived"]
    return calendar.elapsed(at(f"{day}T00:00+01:00"), at(f"{day}T23:59:59.999+01:00") + 1) / HOUR_MS


def problems(text: str) -> list[str]:
    with pytest.raises(MappingInvalid) as caught:
        calendars_from_text("calendars.yaml", text)
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_is_not_said_is_taken_over() -> None:
    found = calendars_from_text("calendars.yaml", BASE + "  derived: {extends: base}\n")
    window = at("2026-11-01T00:00+01:00"), at("2027-02-01T00:00+01:00")
    assert found["derived"].segments(*window) == found["base"].segments(*window)
    assert found["derived"].business_day_ms == 8 * HOUR_MS


def test_a_weekday_that_is_said_replaces_that_weekday_only() -> None:
    derived = '{extends: base, hours: {mon: "10:00-11:00", sat: "10:00-13:00"}}'
    assert [hours(derived, f"2026-11-{day}") for day in (23, 24, 28)] == [1, 8, 3]


def test_a_weekday_without_hours_is_closed() -> None:
    assert hours("{extends: base, hours: {mon: []}}", "2026-11-23") == 0


def test_closures_are_added_to_those_taken_over() -> None:
    derived = "{extends: base, closed: [2026-11-24]}"
    assert [hours(derived, day) for day in ("2026-11-24", "2026-12-21", "2026-12-22")] == [0, 0, 3]


def test_hours_of_a_date_lift_a_closure_that_was_taken_over() -> None:
    derived = '{extends: base, open: {2026-12-21: "10:00-14:00", 2026-12-22: "10:00-20:00"}}'
    assert [hours(derived, day) for day in ("2026-12-21", "2026-12-22", "2026-12-27")] == [4, 10, 2]


def test_a_closure_closes_a_date_whose_hours_were_taken_over() -> None:
    assert hours("{extends: base, closed: [2026-12-27]}", "2026-12-27") == 0


def test_an_empty_value_takes_nothing_over() -> None:
    base = BASE.replace("mon:", "fri: '09:00-17:00', mon:")
    assert hours("{extends: base}", "2026-12-25", base) == 0
    assert hours("{extends: base, holidays: }", "2026-12-25", base) == 8


def test_another_zone_moves_the_hours() -> None:
    found = calendars_from_text("calendars.yaml", BASE + "  derived: {extends: base, timezone: America/New_York}\n")
    assert found["derived"].is_open(at("2026-11-23T09:00-05:00"))
    assert not found["derived"].is_open(at("2026-11-23T08:59-05:00"))


def test_a_calendar_may_extend_one_that_extends_another_below_it() -> None:
    text = f"{BASE}  a: {{extends: b, hours: {{mon: []}}}}\n  b: {{extends: base, hours: {{tue: []}}, open: {{}}}}\n"
    found = calendars_from_text("calendars.yaml", text)
    assert found["a"].segments(at("2026-11-20T00:00Z"), at("2026-12-20T00:00Z")) == ()


def test_always_can_be_extended() -> None:
    derived = "{extends: always, timezone: Europe/Berlin, holidays: {country: DE}}"
    assert [hours(derived, day) for day in ("2026-12-24", "2026-12-25")] == [24, 0]


@pytest.mark.parametrize(
    ("derived", "expected"),
    [
        (
            "{extends: bose}",
            ["calendars.yaml:9:22: there is no calendar 'bose' (did you mean 'base'?)"],
        ),
        (
            "{extends: derived}",
            ["calendars.yaml:9:22: calendar 'derived' extends itself: derived -> derived (name another calendar)"],
        ),
        (
            '{extends: base, hours: {sun: "20:00-10:00"}}',
            ["calendars.yaml:9:41: 20:00-10:00 overlaps mon 09:00-17:00"],
        ),
        (
            "{extends: base, hours: {mon: [], tue: []}, open: {2026-12-27: []}}",
            ["calendars.yaml:9:3: calendar 'derived' never opens (give it `hours`)"],
        ),
    ],
)
def test_what_is_wrong_with_an_extension_is_told_at_its_place(derived: str, expected: list[str]) -> None:
    assert problems(f"{BASE}  derived: {derived}\n") == expected


def test_calendars_that_extend_each_other_are_told_at_each_of_them() -> None:
    assert problems("calendars:\n  a: {extends: b}\n  b: {extends: a}\n") == [
        "calendars.yaml:2:16: calendar 'a' extends itself: a -> b -> a (name another calendar)",
        "calendars.yaml:3:16: calendar 'b' extends itself: b -> a -> b (name another calendar)",
    ]


def test_a_fault_of_a_calendar_is_not_blamed_on_those_that_extend_it() -> None:
    found = problems(BASE.replace("Europe/Berlin", "Europe/Berlni") + "  derived: {extends: base}\n")
    assert found == [
        "calendars.yaml:3:15: there is no time zone 'Europe/Berlni' (did you mean 'Europe/Berlin'?)",
    ]


def test_a_calendar_is_the_same_in_two_readings_unless_something_of_its_own_changed() -> None:
    def derived(base: str, entry: str) -> Calendar:
        return calendars_from_text("calendars.yaml", f"{base}  derived: {entry}\n")["derived"]

    entry = "{extends: base, closed: [2026-11-24, 2026-11-23]}"
    first = derived(BASE, entry)
    with_another = f"{BASE}  other: {{extends: base}}\n"
    assert first.same_as(derived(with_another, "{closed: [2026-11-23, 2026-11-24], extends: base}"))
    assert not first.same_as(derived(BASE, "{extends: base, closed: [2026-11-24]}"))
    assert not first.same_as(derived(BASE.replace("09:00-17:00", "09:00-18:00"), entry))
    assert not first.same_as(derived(BASE.replace("country: DE", "country: AT"), entry))
