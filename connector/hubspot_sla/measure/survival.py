"""Kaplan-Meier: how long things take when some are not over yet. What still runs counts as "longer than so far"."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
    curve = _Curve(len(reached) + len(still_open))
    at_ms: list[int] = []
    shares: list[float] = []
    first, left = 0, 0
    while first < len(reached):
        ms = reached[first]
        before = left
        while left < len(still_open) and still_open[left] < ms:
            left += 1
        last = bisect_right(reached, ms, first)
        curve.step(last - first, left - before)
        at_ms.append(ms)
        shares.append(curve.above)
        first = last
    return Survival(at_ms, shares, len(reached), len(still_open))


_NEAR: Final = 1e-9
"""Products of so many shares as there are cycles are off by less."""

_ABOVE_HALF: Final = 0.5 + 2**-53
"""The next number that a float can hold."""


class _Curve:
    """The curve as it falls. Between two censorings the steps make up one fraction, so that nothing is rounded there;
    near one half, which decides where the median is, it is reckoned in whole numbers."""

    def __init__(self, number: int) -> None:
        self.above = 1.0
        self._remaining = number
        self._base, self._begun = 1.0, number
        self._fractions: list[tuple[int, int]] = []

    def step(self, ended: int, censored: int) -> None:
        """So many were censored since the step before, then so many ended at once."""
        if censored:
            self._fractions.append((self._remaining, self._begun))
            self._base = self.above
            self._remaining -= censored
            self._begun = self._remaining
        self._remaining -= ended
        self.above = self._base * self._remaining / self._begun
        if abs(self.above - 0.5) < _NEAR:
            self.above = self._exact()

    def _exact(self) -> float:
        left, of = self._remaining, self._begun
        for part, whole in self._fractions:
            left, of = left * part, of * whole
        return max(left / of, _ABOVE_HALF) if 2 * left > of else left / of
