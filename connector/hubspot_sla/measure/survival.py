"""Kaplan-Meier: how long things take when some are not over yet. What still runs counts as "longer than so far"."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Survival:
    """The share `above[i]` takes longer than `at_ms[i]`; 1 before the first. `ended` cycles reached their goal,
    `censored` were still open when last looked at, or ended without it."""

    at_ms: Sequence[int]
    above: Sequence[float]
    ended: int
    censored: int

    @property
    def n(self) -> int:
        return self.ended + self.censored

    def longer_than(self, ms: int) -> float:
        """The share that takes longer than `ms`."""
        place = bisect_right(self.at_ms, ms)
        return self.above[place - 1] if place else 1.0

    @property
    def median_ms(self) -> int | None:
        """The first instant at which at most half is still open; None where the curve stays above: "not reached"."""
        return next((at for at, above in zip(self.at_ms, self.above, strict=True) if above <= 0.5), None)


def survival(ended: Iterable[int], censored: Iterable[int]) -> Survival:
    """Of durations in ms: of what reached its goal then, and of what was still open."""
    reached, still_open = sorted(ended), sorted(censored)
    at_risk, above = len(reached) + len(still_open), 1.0
    at_ms: list[int] = []
    shares: list[float] = []
    first, left = 0, 0
    while first < len(reached):
        ms = reached[first]
        while left < len(still_open) and still_open[left] < ms:
            left += 1
        last = bisect_right(reached, ms, first)
        remaining = at_risk - first - left
        above *= (remaining - (last - first)) / remaining
        at_ms.append(ms)
        shares.append(above)
        first = last
    return Survival(at_ms, shares, len(reached), len(still_open))
