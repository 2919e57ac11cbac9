"""Fees, and the base that a rate is a share of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.windows import months_of
from hubspot_sla.measure.periods import Period, add_months

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


class FeeMissing(LookupError):
    """The contract says no fee for this month; `name` is the fee's."""

    def __init__(self, name: str, month: date, key: str | None = None) -> None:
        whose = f" of {key}" if key else ""
        super().__init__(f"the contract says no fee {name!r}{whose} for {month:%Y-%m}")


@dataclass(frozen=True, slots=True)
class FeeEntry:
    """`amount` for `months` months, in the months from `since` up to `until` (exclusive), None for no end; `key` is the
    service, region or priority that it is of, None for all."""

    amount: Fraction
    months: int = 1
    since: date | None = None
    until: date | None = None
    key: str | None = None

    def holds(self, month: date, key: str | None) -> bool:
        within = (self.since is None or self.since <= month) and (self.until is None or month < self.until)
        return within and (self.key is None or self.key == key)


@dataclass(frozen=True, slots=True)
class Fee:
    """What is charged under one name. Of several entries for one month the first counts."""

    name: str
    entries: tuple[FeeEntry, ...]

    def of_month(self, month: date, key: str | None) -> Fraction:
        """Raises FeeMissing."""
        keyed = any(entry.key is not None for entry in self.entries)
        if keyed and key is None:
            keys = dict.fromkeys(entry.key for entry in self.entries if entry.key is not None)
            return sum((self.of_month(month, each) for each in keys), Fraction(0))
        for entry in self.entries:
            if entry.holds(month, key):
                return entry.amount / entry.months
        raise FeeMissing(self.name, month, key)


class Span(StrEnum):
    """Of which time the fees are."""

    WINDOW = "window"
    MONTH = "month"  # the last month of the window
    QUARTER = "quarter"  # three times that
    YEAR = "year"  # twelve times that
    NEXT_MONTH = "next_month"  # the month after the window: the invoice that a credit is set against


_TIMES: Final = {Span.QUARTER: 3, Span.YEAR: 12}
"""What is so many times the last month's."""


@dataclass(frozen=True, slots=True)
class Base:
    """The fees that a rate is a share of: those named, all where none is; their sum, or the `greatest` of them."""

    fees: tuple[str, ...] = ()
    span: Span = Span.WINDOW
    greatest: bool = False

    def amount(self, fees: Mapping[str, Fee], window: Period, key: str | None = None) -> Fraction:
        """Exact. Raises FeeMissing."""
        months = self._months(window)
        each = [
            sum((fees[name].of_month(month, key) for month in months), Fraction(0)) for name in self.fees or tuple(fees)
        ]
        total = max(each, default=Fraction(0)) if self.greatest else sum(each, Fraction(0))
        return total * _TIMES.get(self.span, 1)

    def days(self, window: Period) -> int:
        """Of how many days the amount is the fee."""
        if self.span is Span.WINDOW:
            return (window.end - window.start).days
        (month,) = self._months(window)
        return (add_months(month, 1) - month).days * _TIMES.get(self.span, 1)

    def _months(self, window: Period) -> list[date]:
        months = months_of(window)
        if self.span is Span.WINDOW:
            return months
        return [add_months(months[-1], 1) if self.span is Span.NEXT_MONTH else months[-1]]


ALL_FEES: Final = Base()
"""All fees of the window."""
