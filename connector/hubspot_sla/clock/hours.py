"""Hours as people say them: from nine to five, on which weekdays, in which season, in which of two alternate weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock import local_time

if TYPE_CHECKING:
    from datetime import tzinfo

    from hubspot_sla.clock.intervals import Interval

DAY_MINUTES = 24 * 60
DAYS_OF_WEEK = 7

MonthDay = tuple[int, int]
"""A date of every year: (12, 24)."""


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """From one minute of a day to another. `to_minute` may pass 24 h: the hours then end on the next day."""

    from_minute: int
    to_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.from_minute < DAY_MINUTES:
            raise ValueError(f"hours begin at minute {self.from_minute}, outside their day")
        if not 0 < self.to_minute - self.from_minute <= DAY_MINUTES:
            raise ValueError(f"hours from minute {self.from_minute} to {self.to_minute} are not up to one day long")

    def on(self, day: date, zone: tzinfo) -> Interval:
        """These hours on the absolute time line (ms)."""
        return local_time.begins_at(day, self.from_minute, zone), local_time.ends_at(day, self.to_minute, zone)


WHOLE_DAY = Hours(0, DAY_MINUTES)

Week = Mapping[int, Sequence[Hours]]
"""The hours of each weekday, 0 being Monday. A weekday that is not in it has none, or those of what it stands over."""


@dataclass(frozen=True, slots=True)
class Season:
    """Other hours on some dates of every year: `week` holds the weekdays that differ. `name` is what was written."""

    name: str
    days: frozenset[MonthDay]
    week: Week


@dataclass(frozen=True, slots=True)
class AlternateWeeks:
    """Weeks from Monday to Sunday that take turns. The first of `weeks` holds in the week of the date `first`."""

    first: date
    weeks: tuple[Week, ...]

    def number_on(self, day: date) -> int:
        """Which of the weeks holds on this date, counted from 0."""
        return ((_monday(day) - _monday(self.first)).days // DAYS_OF_WEEK) % len(self.weeks)


@dataclass(frozen=True, slots=True)
class YearlyClosure:
    """Hours that are closed on a date of every year, but on the dates `except_on`."""

    hours: Hours
    except_on: frozenset[date] = frozenset()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
