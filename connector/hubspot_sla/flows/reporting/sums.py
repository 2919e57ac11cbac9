"""Sums over many cycles in one walk: what each group needs for its figures, and no more."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

from hubspot_sla.measure.apdex import Apdex
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.durations import Durations, durations
from hubspot_sla.measure.survival import Survival, survival

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.ledger.report_rows import Lengths
    from hubspot_sla.measure.outcome import Excluded


Numbers = Counter[tuple["Status", "Excluded | None"]]
"""Of cycles by status and exclusion."""


class Sums:
    """Of one group. Durations are kept in 8 bytes each."""

    __slots__ = ("apdex", "business", "censored", "numbers", "wall")

    def __init__(self) -> None:
        self.numbers: Numbers = Counter()
        self.business = array("q")
        self.wall = array("q")
        self.censored = array("q")
        self.apdex = Apdex()

    def add(self, lengths: Lengths) -> None:
        """Durations: censored where the goal was not reached."""
        self.apdex += lengths.apdex
        if lengths.is_reached:
            self.business.extend(lengths.elapsed_ms)
            self.wall.extend(lengths.wall_ms)
        else:
            self.censored.extend(lengths.elapsed_ms)

    def take(self, other: Sums) -> None:
        """The durations of another group, added to these."""
        self.apdex += other.apdex
        self.business.extend(other.business)
        self.wall.extend(other.wall)
        self.censored.extend(other.censored)

    def sort(self) -> None:
        """Durations in order: what asks for them several times then sorts what is sorted."""
        self.business, self.wall = array("q", sorted(self.business)), array("q", sorted(self.wall))

    def counts(self) -> Counts:
        return counts_of(self.numbers)

    def business_durations(self) -> Durations:
        return durations(self.business)

    def wall_durations(self) -> Durations:
        return durations(self.wall)

    def apdexes(self, target_ms: int | None) -> tuple[Apdex, Apdex]:
        """In business and in calendar time, by this target; by that of each cycle (None) in business time alone, for
        targets are business time."""
        if target_ms is None:
            return self.apdex, Apdex()
        return Apdex.of(self.business, target_ms), Apdex.of(self.wall, target_ms)

    def curve(self) -> Survival:
        return survival(self.business, self.censored)
