"""Days to think of in time: reviews and renewals, with the notice that must be given before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.measure.periods import add_months

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """So many days or months before a day."""

    days: int = 0
    months: int = 0

    def before(self, day: date) -> date:
        """The last day on which it can be given."""
        return back(day, self.months) - self.days * _DAY


NO_NOTICE = Notice()


@dataclass(frozen=True, slots=True)
class KeyDate:
    """`what` is due on `on`, and every so many months after, None for once."""

    what: str
    on: date
    every_months: int | None = None
    notice: Notice = NO_NOTICE
    trigger: str = ""

    def occurrences(self, since: date, until: date) -> Iterator[date]:
        """The days of it from `since` up to `until`, both included."""
        day, number = self.on, 0
        while day <= until:
            if day >= since:
                yield day
            if self.every_months is None:
                return
            number += 1
            day = back(self.on, -number * self.every_months)


def back(day: date, months: int) -> date:
    """The same day so many months before; the last of that month where it has no such day."""
    first = add_months(day.replace(day=1), -months)
    last = add_months(first, 1) - _DAY
    return min(first.replace(day=min(day.day, last.day)), last)
