"""Calendars made of others: open when any of them is, when all of them are, or when that one is whose turn it is.

Each part answers in its own zone; the whole has a zone of its own for people to read, and for its dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import WHOLE_DAY
from hubspot_sla.clock.intervals import common, merged

if TYPE_CHECKING:
    from datetime import date

    from hubspot_sla.clock.intervals import Intervals


class Combination(StrEnum):
    """When the whole is open: when any part is, or when all parts are."""

    UNION = "union"
    INTERSECTION = "intersection"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CombinedCalendar(Calendar):
    """The union or the intersection of `parts`. It has no hours of its own; its dates are midnight to midnight."""

    parts: tuple[Calendar, ...] = ()
    combination: Combination = Combination.UNION

    @property
    def has_hours(self) -> bool:
        return any(part.has_hours for part in self.parts)

    def open_on(self, day: date) -> Intervals:
        return self.segments(*WHOLE_DAY.on(day, self.zone))

    def _open_in(self, year: int) -> Intervals:
        opened = [part.segments_within(*self._bounds(year)) for part in self.parts]
        if self.combination is Combination.UNION:
            return merged(chain.from_iterable(opened))
        return reduce(common, opened)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RelayCalendar(Calendar):
    """Follow the sun: `legs` says from which instant (epoch ms) on whose calendar counts, oldest first. The first also
    holds before its instant. Business time is that of each leg on its own calendar, added up."""

    legs: tuple[tuple[int, Calendar], ...] = ()

    @property
    def has_hours(self) -> bool:
        return any(calendar.has_hours for _, calendar in self.legs)

    def open_on(self, day: date) -> Intervals:
        return self.segments(*WHOLE_DAY.on(day, self.zone))

    def _open_in(self, year: int) -> Intervals:
        start, end = self._bounds(year)
        instants = [start, *(min(max(at, start), end) for at, _ in self.legs[1:]), end]
        turns = zip(pairwise(instants), self.legs, strict=True)
        return merged(
            chain.from_iterable(
                calendar.segments_within(since, until) for (since, until), (_, calendar) in turns if since < until
            )
        )
