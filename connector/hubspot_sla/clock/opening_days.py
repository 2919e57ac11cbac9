"""A calendar day by day: when it is open on each date of its zone, and why a date is unlike others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import MINUTE_MS
from hubspot_sla.clock.combined_calendar import CombinedCalendar
from hubspot_sla.clock.hours import DAY_MINUTES, WHOLE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.intervals import Intervals


@dataclass(frozen=True, slots=True)
class Day:
    """One date, midnight to midnight: its open intervals (ms), how long they are, and what is odd about it."""

    on: date
    open: Intervals
    open_ms: int
    notes: tuple[str, ...]


def days(calendar: Calendar, first: date, count: int) -> Iterator[Day]:
    """`count` dates from `first` on. ValueError: outside the years a calendar can answer for."""
    for number in range(count):
        on = first + timedelta(days=number)
        start, end = WHOLE_DAY.on(on, calendar.zone)
        opened = calendar.segments(start, end)
        notes = tuple(_notes(calendar, on, (end - start) // MINUTE_MS))
        yield Day(on, opened, sum(until - at for at, until in opened), notes)


def _notes(calendar: Calendar, on: date, minutes: int) -> Iterator[str]:
    if isinstance(calendar, CombinedCalendar):
        yield from (f"{part.name}: {reason}" for part in calendar.parts for reason in _reasons(part, on))
    else:
        yield from _reasons(calendar, on)
    if minutes != DAY_MINUTES:
        yield f"clocks change: {minutes // 60}h {minutes % 60:02}m long"


def _reasons(calendar: Calendar, on: date) -> Iterator[str]:
    """Why the hours of this date are not those of its weekday."""
    holiday = calendar.holidays(on.year).get(on)
    if holiday:
        yield holiday
    if calendar.has_opening_of_its_own(on):
        yield "hours of this date only"
    else:
        yield from _rhythms(calendar, on)
    closures = list(calendar.closures_on(on))
    if closures:
        yield "closed" if WHOLE_DAY in closures else "closed in part"


def _rhythms(calendar: Calendar, on: date) -> Iterator[str]:
    season = calendar.season_on(on)
    if season is not None:
        yield f"season {season.name}"
    if calendar.alternate_weeks is not None:
        yield f"week {calendar.alternate_weeks.number_on(on) + 1} of {len(calendar.alternate_weeks.weeks)}"
