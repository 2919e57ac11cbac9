"""The goal: which share of some promises several objectives demand together."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def goal(covered: Iterable[tuple[Fraction, int]]) -> Fraction | None:
    """Of each objective its share and how many judged promises it covers: the mean share, each promise weighing the
    same. None where none covers any."""
    demanded, judged = Fraction(0), 0
    for share, number in covered:
        demanded += share * number
        judged += number
    return demanded / judged if judged else None
