"""Error budget: how many promises of a period may be broken, and how fast that is used up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.measure.attainment import Counts


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """`allowed` is how many of the period's promises may be broken, `broken` how many are. A `burn_rate` of 1 uses it
    up exactly; None where nothing was judged, and where `none_allowed`: with an objective of 100 %."""

    allowed: Fraction
    broken: int
    burn_rate: Fraction | None
    none_allowed: bool

    @property
    def left(self) -> Fraction:
        """Below 0 where more were broken than may be."""
        return self.allowed - self.broken


def error_budget(counts: Counts, objective: Fraction, to_come: int) -> ErrorBudget:
    """`objective` is a share (19/20), `to_come` how many promises are still to come due before the period ends, by the
    forecast."""
    may_break = 1 - objective
    judged = counts.judged
    burn_rate = Fraction(counts.broken, judged) / may_break if judged and may_break else None
    return ErrorBudget(may_break * (judged + to_come), counts.broken, burn_rate, none_allowed=not may_break)
