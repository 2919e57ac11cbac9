"""Waiver rate: of the promises that would count as broken, the share that was excused."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.measure.outcome import Excluded

if TYPE_CHECKING:
    from hubspot_sla.measure.attainment import Counts


def waiver_rate(counts: Counts) -> Fraction | None:
    """waived / (waived + missed + late and still open); None where nothing was late. Only lateness can be waived."""
    waived = counts.excluded.get(Excluded.WAIVED, 0)
    would_be_broken = waived + counts.broken
    return Fraction(waived, would_be_broken) if would_be_broken else None
