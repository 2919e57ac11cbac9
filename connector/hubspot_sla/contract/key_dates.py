"""Days to think of in time: reviews and renewals, with the notice that must be given before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.business_days import business_day_before
from hubspot_sla.clock.calendar import HORIZON_YEARS
from hubspot_sla.measure.periods import add_months

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.calendar import Calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """One of: so many days, business days on `calendar`, months, or whole `billing_cycles` before a day."""

    days: int = 0
    months: int = 0
    business_days: int = 0
    billing_cycles: int = 0
    calendar: Calendar | None = None

    def before(self, day: date) -> date:
        """The last day on which it can be given. ValueError: the calendar does not have so many business days."""
        if self.business_days:
            if self.calendar is None:
                raise ValueError("business days need a calendar")
            return business_day_before(self.calendar, day, self.business_days)
        if self.billing_cycles:
            return back((day + _DAY).replace(day=1), self.billing_cycles) - _DAY
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


def upcoming(each: KeyDate, today: date, until: date, valid_to: date | None) -> Iterator[tuple[date, date]]:
    """From today on, each day of it with the last day of its notice, as far as either is not after `until`; none after
    `valid_to`, the first day after the contract."""
    for day in each.occurrences(today, today.replace(year=today.year + HORIZON_YEARS, day=1)):
        notice = each.notice.before(day)
        if min(notice, day) > until or (valid_to is not None and day > valid_to):
            return
        yield day, notice


def back(day: date, months: int) -> date:
    """The same day so many months before; the last of that month where it has no such day."""
    first = add_months(day.replace(day=1), -months)
    last = add_months(first, 1) - _DAY
    return min(first.replace(day=min(day.day, last.day)), last)
