"""Windows of contracts: calendar months, quarters and years, and the last so many months, in the contract's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.measure.periods import Period, add_months

if TYPE_CHECKING:
    from datetime import date, tzinfo

YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class WindowRule:
    """So many months: 1, 2, 3, 4, 6 or 12 that follow one another from `first_month` (1 is January) of a year on; or,
    `rolling`, the last so many months, seen anew with every window of the contract."""

    months: int
    rolling: bool = False
    first_month: int = 1

    def holding(self, day: date, zone: tzinfo) -> Period:
        """The window that this day lies in. ValueError: a rolling one has no day of its own."""
        if self.rolling:
            raise ValueError("a rolling window is named by its last day")
        since = (day.year * YEAR + day.month - self.first_month) % self.months
        start = add_months(day.replace(day=1), -since)
        return Period(start, add_months(start, self.months), zone)

    def ending_with(self, settled: Period) -> Period | None:
        """The window that ends where this one, of the contract, ends; None where none does."""
        start = add_months(settled.end, -self.months)
        window = Period(start, settled.end, settled.zone)
        return window if self.rolling or self.holding(start, settled.zone) == window else None


@dataclass(frozen=True, slots=True)
class Covered:
    """What of a window a contract covers: the window itself, or the part in which it is valid. Days."""

    window: Period
    part: Period

    @property
    def share(self) -> Fraction:
        """Of the window's days, those of the part."""
        return Fraction((self.part.end - self.part.start).days, (self.window.end - self.window.start).days)


def covered(window: Period, valid_from: date, valid_to: date | None) -> Covered | None:
    """None where the contract is not valid on any day of the window. `valid_to` is the first day after it."""
    start = max(window.start, valid_from)
    end = window.end if valid_to is None else min(window.end, valid_to)
    return Covered(window, Period(start, end, window.zone)) if start < end else None


def months_of(period: Period) -> list[date]:
    """The first day of each month that the period touches."""
    last = (period.end - timedelta(days=1)).replace(day=1)
    firsts = [period.start.replace(day=1)]
    while firsts[-1] < last:
        firsts.append(add_months(firsts[-1], 1))
    return firsts
