"""Last days: of a claim, an answer, a notice. The day after the period (or the event) is day 1; the last day counts to
its end, in the contract's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.business_days import business_day_after
from hubspot_sla.clock.local_time import begins_at
from hubspot_sla.measure.periods import add_months

if TYPE_CHECKING:
    from datetime import tzinfo

    from hubspot_sla.clock.calendar import Calendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One of: `days`, `business_days` on `calendar`, `months`, or `billing_cycles`, which are calendar months and end
    with one."""

    days: int = 0
    business_days: int = 0
    months: int = 0
    billing_cycles: int = 0
    calendar: Calendar | None = None

    def last_day(self, event: date) -> date:
        """`event` is the last day before day 1. ValueError: the calendar does not have so many business days."""
        if self.business_days:
            if self.calendar is None:
                raise ValueError("business days need a calendar")
            return business_day_after(self.calendar, event, self.business_days)
        first = event + _DAY
        if self.billing_cycles:
            cycle = first.replace(day=1) if first.day == 1 else add_months(first.replace(day=1), 1)
            return add_months(cycle, self.billing_cycles) - _DAY
        if self.months:
            return _same_day(first, self.months) - _DAY
        return event + timedelta(days=self.days)


def end_of(day: date, zone: tzinfo) -> int:
    """The first instant (epoch ms) after the day."""
    return begins_at(day + _DAY, 0, zone)


def _same_day(day: date, months: int) -> date:
    """The same day so many months on; the last of that month where it has no such day."""
    first = add_months(day.replace(day=1), months)
    last = add_months(first, 1) - _DAY
    return min(first.replace(day=min(day.day, last.day)), last)
