"""A calendar day by day: when it is open on each date of its zone, and why a date is unlike others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import DAY_MINUTES, MINUTE_MS, WHOLE_DAY

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
        found = calendar.segments(start, end)
        notes = tuple(_notes(calendar, on, (end - start) // MINUTE_MS))
        yield Day(on, found, sum(until - at for at, until in found), notes)


def _notes(calendar: Calendar, on: date, minutes: int) -> Iterator[str]:
    holiday = calendar.holidays(on.year).get(on)
    if holiday:
        yield holiday
    if on in calendar.opened:
        yield "hours of this date only"
    if on in calendar.closed:
        whole = WHOLE_DAY in calendar.closed[on]
        yield "closed" if whole else "closed in part"
    if minutes != DAY_MINUTES:
        yield f"clocks change: {minutes // 60}h {minutes % 60:02}m long"
