"""Opening hours of a week as plain arithmetic on local time, fast enough to try thousands of weeks.

Minutes count from Monday 00:00 by the clock on the wall. Changes of clocks are left to `clock.calendar`, by which every
result is counted again.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from hubspot_sla.clock.hours import DAY_MINUTES, DAYS_OF_WEEK, Hours
from hubspot_sla.policy.inference.observation import MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WEEK_MINUTES = DAY_MINUTES * DAYS_OF_WEEK
WEEK_MS = WEEK_MINUTES * MINUTE_MS
DayHours = tuple[int, int]
"""From one minute of a day to another; a day's hours may end on the next day."""


@dataclass(frozen=True, slots=True)
class WeekHours:
    """The hours that begin on each weekday, 0 being Monday; at most one span a day."""

    days: tuple[tuple[int, DayHours], ...]
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _before: tuple[int, ...] = field(init=False, repr=False, compare=False)
    total_ms: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spans = sorted(self._spans())
        lengths = [end - start for start, end in spans]
        for name, value in (
            ("_starts", tuple(start for start, _ in spans)),
            ("_ends", tuple(end for _, end in spans)),
            ("_before", tuple(accumulate(lengths, initial=0))),
            ("total_ms", sum(lengths)),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, days: Mapping[int, DayHours]) -> WeekHours:
        return cls(tuple(sorted(days.items())))

    @property
    def is_always(self) -> bool:
        return self.total_ms == WEEK_MS

    def as_week(self) -> dict[int, tuple[Hours, ...]]:
        """As calendars have it."""
        return {day: (Hours(start, end),) for day, (start, end) in self.days}

    def later_by(self, minutes: int) -> WeekHours:
        """The same hours by a clock on the wall that is `minutes` ahead."""
        moved = {}
        for day, (start, end) in self.days:
            days, begins = divmod(start + minutes, DAY_MINUTES)
            moved[(day + days) % DAYS_OF_WEEK] = (begins, begins + end - start)
        return WeekHours.of(moved)

    def length_before(self, local_ms: int) -> int:
        """Open ms from the first of all weeks to an instant of local time."""
        weeks, phase = divmod(local_ms, WEEK_MS)
        index = bisect_right(self._starts, phase) - 1
        if index < 0:
            return weeks * self.total_ms
        within = min(phase, self._ends[index]) - self._starts[index]
        return weeks * self.total_ms + self._before[index] + within

    def ends_open(self, local_ms: int) -> bool:
        """Whether the moment just before this instant is open: only there can something be due."""
        phase = (local_ms - 1) % WEEK_MS
        index = bisect_right(self._starts, phase) - 1
        return index >= 0 and phase < self._ends[index]

    def _spans(self) -> Iterable[tuple[int, int]]:
        for day, (start, end) in self.days:
            from_minute, to_minute = day * DAY_MINUTES + start, day * DAY_MINUTES + end
            yield from_minute * MINUTE_MS, min(to_minute, WEEK_MINUTES) * MINUTE_MS
            if to_minute > WEEK_MINUTES:
                yield 0, (to_minute - WEEK_MINUTES) * MINUTE_MS


ALL_WEEK = WeekHours.of(dict.fromkeys(range(DAYS_OF_WEEK), (0, DAY_MINUTES)))
