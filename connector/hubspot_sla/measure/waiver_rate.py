"""Waiver rate: of the promises that would count as broken, the share that was excused."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.measure.outcome import Excluded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.measure.attainment import Counts


def waiver_rate(counts: Counts) -> Fraction | None:
    """waived / (waived + missed + late and still open); None where nothing was late. Only lateness can be waived."""
    waived = counts.excluded.get(Excluded.WAIVED, 0)
    would_be_broken = waived + counts.broken
    return Fraction(waived, would_be_broken) if would_be_broken else None


def waiver_rates(waived: Mapping[str, int], broken: int) -> dict[str, Fraction]:
    """The part that each author has in the waiver rate: all together they make it up. `waived` is how many each of them
    excused, `broken` how many promises count as broken."""
    would_be_broken = sum(waived.values()) + broken
    return {author: Fraction(number, would_be_broken) for author, number in waived.items() if number}
