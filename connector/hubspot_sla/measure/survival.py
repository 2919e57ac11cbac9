"""Kaplan-Meier: how long things take when some are not over yet. What still runs counts as "longer than so far"."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
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


def survival(cycles: Iterable[tuple[int, bool]]) -> Survival:
    """Of durations in ms, each with whether the goal was reached then (or the cycle was still open)."""
    ended: Counter[int] = Counter()
    leaving: Counter[int] = Counter()
    for ms, reached in cycles:
        leaving[ms] += 1
        if reached:
            ended[ms] += 1
    at_risk, above = sum(leaving.values()), 1.0
    number, at_ms, shares = at_risk, [], []
    for ms in sorted(leaving):
        if ended[ms]:
            above *= (at_risk - ended[ms]) / at_risk
            at_ms.append(ms)
            shares.append(above)
        at_risk -= leaving[ms]
    return Survival(at_ms, shares, ended.total(), number - ended.total())
