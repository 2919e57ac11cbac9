"""Pauses: what was kept only because a clock stood still.

That a cycle would have been missed is judged by the clock, with the pauses taken away; here it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.measure.attainment import Counts


@dataclass(frozen=True, slots=True)
class Paused:
    """Of the cycles of a period those that stood still, by one author or (None) by any: how many, how long altogether,
    and how many were met that would have been missed without these pauses."""

    author: str | None
    cycles: int
    business_ms: int
    wall_ms: int
    met_only: int


def share_kept_by_pauses(met_only: int, met: int) -> Fraction | None:
    """Of the promises that were kept, those kept only because of pauses; None where none was kept."""
    return Fraction(met_only, met) if met else None


def attainment_without_pauses(counts: Counts, met_only: int) -> Fraction | None:
    """(met - met only because of pauses) / judged; None where nothing was judged. `met_only` is that of all pauses."""
    return Fraction(counts.met - met_only, counts.judged) if counts.judged else None
