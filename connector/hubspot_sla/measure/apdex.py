"""Apdex: how content people can be with how long things took, from 0 to 1."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def apdex(of_ended: Iterable[int], target_ms: int) -> Fraction | None:
    """What took at most the target counts whole, what took at most four times as long counts half; None of none."""
    n, halves = 0, 0
    for ms in of_ended:
        n += 1
        halves += 2 if ms <= target_ms else 1 if ms <= 4 * target_ms else 0
    return Fraction(halves, 2 * n) if n else None
