"""What was observed in one window: promises kept and broken, time down, durations. Samples add up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.clock.intervals import merged

if TYPE_CHECKING:
    from datetime import date

    from hubspot_sla.clock.intervals import Interval

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Sample:
    """`good` and `bad` count promises (or requests) that were judged. `total_ms` is the length of what was observed,
    `down` the intervals (epoch ms) of it that were down, and `down_unplaced_ms` what more of it was down, where only
    the length is known. `rates` are (succeeded, all) of the requests of each interval. `lengths_ms` are durations, or
    lateness, of judged promises. `broken_on` is the day of each broken promise. `excluded` says what was left out:
    (reason, number of promises or ms). `values` are readings of a feed: a latency, a grade."""

    good: int = 0
    bad: int = 0
    total_ms: int = 0
    down: tuple[Interval, ...] = ()
    down_unplaced_ms: Fraction = Fraction(0)
    rates: tuple[tuple[int, int], ...] = ()
    lengths_ms: tuple[int, ...] = ()
    broken_on: tuple[date, ...] = ()
    excluded: tuple[tuple[str, int], ...] = ()
    values: tuple[Fraction, ...] = ()

    def __add__(self, other: Sample) -> Sample:
        """Of both, which observed different promises in one window, or the same window from two files. Sorted, so that
        the order in which they came makes no difference."""
        return Sample(
            self.good + other.good,
            self.bad + other.bad,
            max(self.total_ms, other.total_ms),
            merged((*self.down, *other.down)),
            self.down_unplaced_ms + other.down_unplaced_ms,
            tuple(sorted((*self.rates, *other.rates))),
            tuple(sorted((*self.lengths_ms, *other.lengths_ms))),
            tuple(sorted((*self.broken_on, *other.broken_on))),
            _added(self.excluded, other.excluded),
            tuple(sorted((*self.values, *other.values))),
        )

    @property
    def number(self) -> int:
        """Of promises, requests or values."""
        return self.good + self.bad + len(self.values)

    @property
    def down_ms(self) -> Fraction:
        """Never more than there was."""
        placed = sum(end - start for start, end in merged(self.down))
        return min(Fraction(self.total_ms), placed + self.down_unplaced_ms)


def _added(one: tuple[tuple[str, int], ...], other: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for reason, number in (*one, *other):
        sums[reason] = sums.get(reason, 0) + number
    return tuple(sorted(sums.items()))
