"""Chances in whole parts, and how many of several independent things happen: exact, by dynamic programming."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS: Final = 1000
"""Chances are taken to so many parts of one."""


def in_parts(chance: float) -> int:
    """A chance, from 0 to 1, in `PARTS`: to the nearest, halves up."""
    return min(PARTS, max(0, int(chance * PARTS + 0.5)))


def shares_in_parts(shares: Sequence[float]) -> list[int]:
    """Shares that sum to 1, in `PARTS`, of which the last takes what is left: they sum to `PARTS`."""
    parts, so_far, given = [], 0.0, 0
    for share in shares[:-1]:
        so_far += share
        parts.append(in_parts(so_far) - given)
        given += parts[-1]
    return [*parts, PARTS - given]


def number_of(parts: Sequence[int]) -> list[Fraction]:
    """The chance that 0, 1, 2 ... of so many things happen, each with its own in `PARTS`. They sum to 1."""
    weights = [1]
    for happens in parts:
        not_so = PARTS - happens
        weights = [
            (weights[number] * not_so if number < len(weights) else 0)
            + (weights[number - 1] * happens if number else 0)
            for number in range(len(weights) + 1)
        ]
    whole = PARTS ** len(parts)
    return [Fraction(weight, whole) for weight in weights]
