"""Apdex: how content people can be with how long things took, from 0 to 1.

T is the target. Promises of one metric may have several: then each cycle goes by its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Apdex:
    """Of `n` cycles that ended and had a target: how many took at most that (`in_time`), and how many at most four
    times as long (`in_four`, those in time too). `least_ms` and `greatest_ms` are the shortest and the longest target;
    None of none."""

    n: int = 0
    in_time: int = 0
    in_four: int = 0
    least_ms: int | None = None
    greatest_ms: int | None = None

    @classmethod
    def of(cls, of_ended: Iterable[int], target_ms: int) -> Apdex:
        """Of durations in ms, by one target."""
        n = in_time = in_four = 0
        for ms in of_ended:
            n += 1
            in_time += ms <= target_ms
            in_four += ms <= 4 * target_ms
        return cls(n, in_time, in_four, target_ms, target_ms) if n else cls()

    @property
    def share(self) -> Fraction | None:
        """What took at most the target counts whole, what took at most four times as long counts half; None of
        none."""
        return Fraction(self.in_time + self.in_four, 2 * self.n) if self.n else None

    @property
    def target_ms(self) -> int | None:
        """T, where one target holds for all; else None."""
        return self.least_ms if self.least_ms == self.greatest_ms else None

    def __add__(self, other: Apdex) -> Apdex:
        if not (self.n and other.n):
            return self if self.n else other
        targets = [ms for each in (self, other) for ms in (each.least_ms, each.greatest_ms) if ms is not None]
        return Apdex(
            self.n + other.n,
            self.in_time + other.in_time,
            self.in_four + other.in_four,
            min(targets),
            max(targets),
        )
