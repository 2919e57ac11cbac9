"""Business days of a calendar: which one an instant counts to, and which one comes so many later.

A business day is a date on which hours begin that are not closed. A start outside business hours counts from the next
opening on, so the date of that opening is its day 0. A night shift belongs to the date on which it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock import local_time
from hubspot_sla.clock.calendar import HORIZON_YEARS

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar

_DAY = timedelta(days=1)
_HORIZON_DAYS = HORIZON_YEARS * 366


@dataclass(frozen=True, slots=True)
class Received:
    """When a start counts: `at` (epoch ms) is in business time, on the business day `day`."""

    at: int
    day: date


def received(calendar: Calendar, start: int, cut_off: int | None = None) -> Received:
    """The start itself in business time, or else the next opening. What counts later than `cut_off` (minutes after
    midnight of its day) counts as the opening of the next business day. ValueError: it never opens again."""
    at = start if calendar.is_open(start) else calendar.due(start, 1) - 1
    counted = Received(at, day_of(calendar, at))
    if cut_off is None or at <= local_time.begins_at(counted.day, cut_off, calendar.zone):
        return counted
    tomorrow = business_day_after(calendar, counted.day, 1)
    return Received(calendar.open_on(tomorrow)[0][0], tomorrow)


def day_of(calendar: Calendar, at: int) -> date:
    """The date on which the hours begin that `at`, which is in business time, lies in."""
    shown = local_time.local_date(at, calendar.zone)
    begun_today = any(start <= at < end for start, end in calendar.open_on(shown))
    return shown if begun_today else shown - _DAY  # hours last a day at most


def business_day_after(calendar: Calendar, day: date, count: int) -> date:
    """The `count`-th business day after `day`; `day` itself where `count` is 0. ValueError: there are not so many."""
    left = count
    for _ in range(_HORIZON_DAYS):
        if not left:
            break
        day += _DAY
        left -= bool(calendar.open_on(day))
    if left:
        raise ValueError(f"calendar {calendar.name}: {count} business days do not pass within {HORIZON_YEARS} years")
    return day


def business_day_before(calendar: Calendar, day: date, count: int) -> date:
    """The `count`-th business day before `day`. ValueError: there are not so many."""
    left, first = count, day.replace(year=day.year - HORIZON_YEARS, day=1)
    while left and day > first:
        day -= _DAY
        left -= bool(calendar.open_on(day))
    if left:
        raise ValueError(f"calendar {calendar.name}: {count} business days do not lie within {HORIZON_YEARS} years")
    return day


def closing_of(calendar: Calendar, day: date) -> int:
    """The instant at which the last hours that begin on this business day end."""
    return calendar.open_on(day)[-1][1]


def same_time_on(calendar: Calendar, counted: Received, day: date) -> int:
    """The instant at which the clock on the wall shows on the business day `day` what it showed when it was received:
    as long after the midnight of the day as then."""
    reading = local_time.reading_at(counted.at, calendar.zone)
    since_midnight = reading - datetime.combine(counted.day, time())
    return local_time.instant_of(datetime.combine(day, time()) + since_midnight, calendar.zone)
