"""Attainment: of the promises that were judged, the share that was kept; beside it excluded and open ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.measure.interval import wilson
from hubspot_sla.measure.standing import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.measure.outcome import Excluded

FEW: Final = 20
"""Below so many judged cycles a figure says little: it is shown grey, and nobody is ranked by it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of cycles. `late` are late and still open, `to_come` are not due yet, `without_due` have no due instant
    yet (paused, or not started). `excluded` are outside every attainment, by cause."""

    met: int = 0
    missed: int = 0
    late: int = 0
    to_come: int = 0
    without_due: int = 0
    excluded: Mapping[Excluded, int] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        return self.met + self.missed + self.late

    @property
    def broken(self) -> int:
        """Missed, or late and still open."""
        return self.missed + self.late

    @property
    def attainment(self) -> Fraction | None:
        """met / (met + missed + late and still open); None where nothing was judged."""
        return Fraction(self.met, self.judged) if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the attainment."""
        return wilson(self.met, self.judged)

    @property
    def few(self) -> bool:
        return self.judged < FEW

    @property
    def outside(self) -> int:
        return sum(self.excluded.values())

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.met + other.met,
            self.missed + other.missed,
            self.late + other.late,
            self.to_come + other.to_come,
            self.without_due + other.without_due,
            dict(Counter(self.excluded) + Counter(other.excluded)),
        )


def counts(cycles: Iterable[tuple[Status, Excluded | None]]) -> Counts:
    """Of cycles by status and by the cause of their exclusion."""
    return counts_of(Counter(cycles))


def counts_of(numbers: Mapping[tuple[Status, Excluded | None], int]) -> Counts:
    """The same of cycles that were counted already."""
    sums: Counter[Standing] = Counter()
    excluded: Counter[Excluded] = Counter()
    for (status, cause), number in numbers.items():
        if cause is not None:
            excluded[cause] += number
        else:
            sums[standing(status, cause)] += number
    return Counts(
        met=sums[Standing.MET],
        missed=sums[Standing.MISSED],
        late=sums[Standing.LATE],
        to_come=sums[Standing.TO_COME],
        without_due=sums[Standing.WITHOUT_DUE],
        excluded={cause: excluded[cause] for cause in sorted(excluded)},
    )
