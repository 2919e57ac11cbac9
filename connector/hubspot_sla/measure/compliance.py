"""Ticket compliance: of the records with a judged cycle in the period, those with all of that period's cycles met."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.measure.attainment import FEW
from hubspot_sla.measure.interval import wilson
from hubspot_sla.measure.standing import JUDGED, Standing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


@dataclass(frozen=True, slots=True)
class Compliance:
    """`judged` records had at least one judged cycle; of `compliant` ones every judged cycle was met."""

    compliant: int
    judged: int

    @property
    def share(self) -> Fraction | None:
        """None where no record was judged."""
        return Fraction(self.compliant, self.judged) if self.judged else None

    @property
    def few(self) -> bool:
        return self.judged < FEW

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.compliant, self.judged)


def compliance(cycles: Iterable[tuple[Hashable, Standing]]) -> Compliance:
    """Of the period's cycles, each with the record it belongs to."""
    kept: dict[Hashable, bool] = {}
    for record, stands in cycles:
        if stands in JUDGED:
            kept[record] = kept.get(record, True) and stands is Standing.MET
    return Compliance(sum(kept.values()), len(kept))
