"""How long things took: mean and percentiles of what ended. Percentiles are durations that occurred (nearest rank)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Figure = TypeVar("Figure", int, Fraction)


@dataclass(frozen=True, slots=True)
class Durations:
    """Of `n` cycles that reached their goal, in ms; all None where none did. The mean is rounded to whole ms, halves
    up."""

    n: int
    mean_ms: int | None
    p50_ms: int | None
    p90_ms: int | None
    p95_ms: int | None


def durations(of_ended: Iterable[int]) -> Durations:
    """`of_ended` are durations in ms, in any order."""
    ordered = sorted(of_ended)
    if not ordered:
        return Durations(0, None, None, None, None)
    n = len(ordered)
    mean = (2 * sum(ordered) + n) // (2 * n)
    return Durations(n, mean, *(nearest_rank(ordered, percent) for percent in (50, 90, 95)))


def nearest_rank(ordered: Sequence[Figure], percent: int) -> Figure:
    """The smallest of the sorted values that at least `percent` of 100 of them do not exceed. `percent` is 1 to 100."""
    return ordered[-(-percent * len(ordered) // 100) - 1]
