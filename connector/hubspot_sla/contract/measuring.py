"""Measures: the one figure that a sample gives. Shares are 0 to 1, times in ms, counts as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.money import Rounding
from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.durations import nearest_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.sample import Sample
    from hubspot_sla.contract.spans import Span


class Kind(StrEnum):
    """What is measured."""

    ATTAINMENT = "attainment"  # the share of promises that was kept
    MISSES = "misses"  # how many promises were broken
    REQUESTS = "requests"  # the share of requests that succeeded
    REQUEST_RATES = "request_rates"  # the mean of the shares of requests that succeeded in each interval
    UPTIME = "uptime"  # the share of time that was not down
    DOWNTIME = "downtime"  # the time that was down
    OUTAGES = "outages"  # how many outages began
    PERCENTILE = "percentile"  # how long things took, nearest rank
    MEAN = "mean"  # how long things took on average
    MEAN_LATENESS = "mean_lateness"  # how late promises were, those kept counting as 0
    MEAN_VALUE = "mean_value"  # the mean of the values of a feed
    OF_VALUES = "of_values"  # a percentile of them, nearest rank
    MAX_VALUE = "max_value"  # the greatest of them
    MIN_VALUE = "min_value"  # the smallest of them
    VALUES_WITHIN = "values_within"  # the share of them that lies within a limit

    @property
    def is_time(self) -> bool:
        return self in (Kind.DOWNTIME, Kind.PERCENTILE, Kind.MEAN, Kind.MEAN_LATENESS)


COUNTS: Final = (Kind.MISSES, Kind.OUTAGES)
SHARES: Final = (Kind.ATTAINMENT, Kind.REQUESTS, Kind.REQUEST_RATES, Kind.UPTIME, Kind.VALUES_WITHIN)
VALUES: Final = (Kind.MEAN_VALUE, Kind.OF_VALUES, Kind.MAX_VALUE, Kind.MIN_VALUE)


@dataclass(frozen=True, slots=True)
class Measure:
    """`rank` is that of a percentile, 1 to 100. With `decimals` the figure is rounded before it is compared: a share in
    percent, a time in minutes; None: it is compared as it is. Of values, `larger_is_better` says which way they get
    worse, `value_unit` what they are in ("ms"), and `limit` which of them are within it."""

    kind: Kind
    rank: int = 0
    decimals: int | None = None
    rounding: Rounding = Rounding.HALF_UP
    larger_is_better: bool = False
    value_unit: str = ""
    limit: Span | None = None

    @property
    def higher_is_better(self) -> bool:
        return self.kind in SHARES or self.larger_is_better

    def value(self, sample: Sample) -> Fraction | None:
        """Exact; None where nothing was observed. An interval without requests counts as one in which all succeeded."""
        if self.kind in VALUES:
            return self._of_values(sorted(sample.values))
        match self.kind:
            case Kind.ATTAINMENT | Kind.REQUESTS | Kind.VALUES_WITHIN:
                return Counts(met=sample.good, missed=sample.bad).attainment
            case Kind.MISSES:
                return Fraction(sample.bad) if sample.number else None
            case Kind.REQUEST_RATES:
                rates = [Fraction(good, number) if number else Fraction(1) for good, number in sample.rates]
                return sum(rates, Fraction(0)) / len(rates) if rates else None
            case Kind.UPTIME:
                return 1 - sample.down_ms / sample.total_ms if sample.total_ms else None
            case Kind.DOWNTIME:
                return sample.down_ms if sample.total_ms else None
            case Kind.OUTAGES:
                return Fraction(sample.bad) if sample.total_ms else None
            case Kind.PERCENTILE:
                ordered = sorted(sample.lengths_ms)
                return Fraction(nearest_rank(ordered, self.rank)) if ordered else None
            case Kind.MEAN | Kind.MEAN_LATENESS:
                lengths = sample.lengths_ms
                return Fraction(sum(lengths), len(lengths)) if lengths else None

    @property
    def of_one_value(self) -> Measure:
        """That of each value by itself: what a limit is held against."""
        return replace(self, kind=Kind.MAX_VALUE) if self.kind is Kind.VALUES_WITHIN else self

    def _of_values(self, ordered: Sequence[Fraction]) -> Fraction | None:
        if not ordered:
            return None
        match self.kind:
            case Kind.OF_VALUES:
                return nearest_rank(ordered, self.rank)
            case Kind.MAX_VALUE:
                return ordered[-1]
            case Kind.MIN_VALUE:
                return ordered[0]
        return sum(ordered, Fraction(0)) / len(ordered)

    def compared(self, value: Fraction) -> Fraction:
        """What is held against targets and bands."""
        if self.decimals is None:
            return value
        step = self.unit / 10**self.decimals
        return Fraction(step * self.rounding.of(value / step))

    @property
    def unit(self) -> Fraction:
        """What a figure is shown in: one percent, one minute, one."""
        if self.kind in SHARES:
            return Fraction(1, 100)
        return Fraction(60_000) if self.kind.is_time else Fraction(1)

    @property
    def step(self) -> Fraction | None:
        """The least difference of two figures that are compared; None where there is none."""
        if self.kind in COUNTS:
            return Fraction(1)
        return None if self.decimals is None else self.unit / 10**self.decimals
