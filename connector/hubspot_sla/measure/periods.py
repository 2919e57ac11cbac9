"""Periods of a report: days, months, quarters and years in the report's zone. The end is exclusive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import begins_at

if TYPE_CHECKING:
    from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class Period:
    """From midnight of the day `start` up to midnight of the day `end`, in `zone`."""

    start: date
    end: date
    zone: tzinfo

    @property
    def start_at(self) -> int:
        return begins_at(self.start, 0, self.zone)

    @property
    def end_at(self) -> int:
        return begins_at(self.end, 0, self.zone)

    def holds(self, at: int | None) -> bool:
        """Whether the instant (epoch ms) lies in it; None lies in none."""
        return at is not None and self.start_at <= at < self.end_at

    @property
    def name(self) -> str:
        """`2026-10`, `2026-Q4`, `2026` of whole ones; `2026-10-05..2026-10-11` of days, both ends included."""
        last = self.end - timedelta(days=1)
        whole = self.start.day == 1 and self.end.day == 1
        number = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
        if whole and number == 1:
            return f"{self.start:%Y-%m}"
        if whole and number == 3 and self.start.month % 3 == 1:
            return f"{self.start:%Y}-Q{self.start.month // 3 + 1}"
        if whole and number == 12 and self.start.month == 1:
            return f"{self.start:%Y}"
        return f"{self.start.isoformat()}..{last.isoformat()}"

    def before(self) -> Period:
        """The one of the same length that ends where this begins: for whole months as many months, else days."""
        if self.start.day == 1 and self.end.day == 1:
            number = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            return Period(add_months(self.start, -number), self.start, self.zone)
        return Period(self.start - (self.end - self.start), self.start, self.zone)


def month(year: int, number: int, zone: tzinfo) -> Period:
    """ValueError: there is no such month."""
    first = date(year, number, 1)
    return Period(first, add_months(first, 1), zone)


def month_of(day: date, zone: tzinfo) -> Period:
    return month(day.year, day.month, zone)


def months_up_to(period: Period, number: int) -> list[Period]:
    """So many months, oldest first; the last is the month of the period's last day."""
    newest = (period.end - timedelta(days=1)).replace(day=1)
    firsts = [add_months(newest, -back) for back in range(number - 1, -1, -1)]
    return [month_of(first, period.zone) for first in firsts]


def add_months(first: date, number: int) -> date:
    """The first of a month, so many months on."""
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)
