"""Which target would have been kept for a share of the cycles that there have been, and how sure that is.

A cycle that reached its goal needs a least target: with a shorter one it would have been missed. One that ended without
its goal is missed with any. One that is still open counts as unmet until the target is longer than it has run: from
there on it is not judged yet. So the attainment never falls as the target grows.

The interval is one of order statistics: of n values sorted, the ranks that hold the quantile in 95 % of all samples, at
least, whatever the distribution.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MINUTE, _HOUR = 60_000, 3_600_000
_GRID: Final = (
    (10 * _MINUTE, _MINUTE),
    (_HOUR, 5 * _MINUTE),
    (8 * _HOUR, 15 * _MINUTE),
    (40 * _HOUR, _HOUR),
)
"""Up to a length, the steps in which a target is written; each length is a multiple of the next step."""
_LONGEST_STEP: Final = 4 * _HOUR
_TAIL: Final = 0.025
_NEGLIGIBLE: Final = 1e-18


class NoSuggestion(ValueError):
    """Why no target can be suggested."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Cycles of one kind, in ms. `needed` are the least targets of those that reached their goal, `open_ms` the
    longest target with which one that is still open is late; `never` is how many ended without their goal."""

    needed: Sequence[int]
    open_ms: Sequence[int]
    never: int = 0

    @classmethod
    def of(cls, needed: Iterable[int], open_ms: Iterable[int], never: int = 0) -> Sample:
        """Of durations in any order."""
        return cls(sorted(needed), sorted(open_ms), never)

    @property
    def n(self) -> int:
        """All cycles, also those that a long target would not judge yet."""
        return len(self.needed) + len(self.open_ms) + self.never

    def judged(self, target_ms: int) -> int:
        """How many cycles this target judges."""
        still_open = len(self.open_ms) - bisect_left(self.open_ms, target_ms)
        return len(self.needed) + self.never + still_open

    def met(self, target_ms: int) -> int:
        """How many cycles are kept with this target."""
        return bisect_right(self.needed, target_ms)

    def attained(self, target_ms: int) -> Fraction | None:
        """The share that is kept of what is judged; None of none."""
        judged = self.judged(target_ms)
        return Fraction(self.met(target_ms), judged) if judged else None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`target_ms` is the shortest step that attains the share; `low_ms` to `high_ms` is the 95 % interval of the least
    target, and `n` the cycles that this target judges."""

    target_ms: int
    attained: Fraction
    n: int
    low_ms: int
    high_ms: int


def suggestion(sample: Sample, share: Fraction, least_n: int) -> Suggestion:
    """Raises NoSuggestion where the sample is too small, where no target attains the share, and where the interval has
    no upper end."""
    if sample.n < least_n:
        raise NoSuggestion(f"n = {sample.n}, fewer than {least_n}")
    target_ms = _least(sample, share)
    if target_ms is None:
        raise NoSuggestion("no target attains it: too many ended without their goal")
    step_ms = step_up(target_ms)
    judged = sample.judged(step_ms)
    if judged < least_n:
        raise NoSuggestion(f"this target would judge n = {judged}, fewer than {least_n}")
    low, high = ranks(judged, share)
    if high is None:
        raise NoSuggestion(f"n = {judged} is too small for an upper end of the interval")
    if high > len(sample.needed):
        raise NoSuggestion("the interval has no upper end: too many ended without their goal, or are late and open")
    attained = sample.attained(step_ms)
    assert attained is not None  # noqa: S101 - it judges least_n at least
    return Suggestion(step_ms, attained, judged, sample.needed[low - 1] if low else 0, sample.needed[high - 1])


def _least(sample: Sample, share: Fraction) -> int | None:
    """The least target in ms that attains the share: where attainment grows, a cycle is kept or one is open no more."""
    candidates = sorted({*sample.needed, *(ms + 1 for ms in sample.open_ms)})
    place = bisect_left(candidates, True, key=lambda ms: (sample.attained(ms) or 0) >= share)
    return max(candidates[place], 1) if place < len(candidates) else None


def step_up(ms: int) -> int:
    """The shortest step that is as long: minutes, then 5 and 15 of them, then hours, then 4 of them."""
    step = next((step for limit, step in _GRID if ms <= limit), _LONGEST_STEP)
    return max(-(-ms // step), 1) * step


def step_down(ms: int) -> int:
    """The longest step that is shorter; 0 below the first."""
    step = next((step for limit, step in _GRID if ms - 1 <= limit), _LONGEST_STEP)
    return (ms - 1) // step * step


def ranks(n: int, share: Fraction) -> tuple[int, int | None]:
    """The ranks, from 1, of the values that hold the quantile `share` with 95 % at least, 2.5 % on either side. 0: from
    the beginning; None: n values have no upper rank."""
    cumulated = _binomial(n, share)
    low = bisect_right(cumulated, _TAIL)
    high = bisect_left(cumulated, 1 - _TAIL) + 1
    return low, high if high <= n else None


def _binomial(n: int, share: Fraction) -> list[float]:
    """P(X <= k) for k from 0 to n, X being how many of n values lie at or below the quantile. Each probability comes
    from its neighbour's, beginning at the likeliest, so nothing overflows."""
    p = float(share)
    if p >= 1:
        return [*[0.0] * n, 1.0]
    odds = p / (1 - p)
    mode = min(int((n + 1) * p), n)
    weights = [0.0] * (n + 1)
    weights[mode] = 1.0
    for k in range(mode, n):
        weights[k + 1] = weights[k] * odds * (n - k) / (k + 1)
        if weights[k + 1] < _NEGLIGIBLE:
            break
    for k in range(mode, 0, -1):
        weights[k - 1] = weights[k] * k / (odds * (n - k + 1))
        if weights[k - 1] < _NEGLIGIBLE:
            break
    total = sum(weights)
    return [weight / total for weight in accumulate(weights)]
