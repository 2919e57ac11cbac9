"""Sums over many cycles in one walk: what each group needs for its figures, and no more."""

from __future__ import annotations

from array import array

from hubspot_sla.clock.verdict import Status
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.durations import Durations, durations
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.survival import Survival, survival


class Sums:
    """Of one group. Durations are kept in 8 bytes each."""

    __slots__ = ("business", "censored", "numbers", "wall")

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str | None], int] = {}
        self.business = array("q")
        self.wall = array("q")
        self.censored = array("q")

    def count(self, status: str, cause: str | None, number: int) -> None:
        self.numbers[status, cause] = self.numbers.get((status, cause), 0) + number

    def add(self, elapsed_ms: int, started_at: int | None, stopped_at: int | None) -> None:
        """A duration: censored where the goal was not reached. Instants in epoch ms."""
        if stopped_at is None:
            self.censored.append(elapsed_ms)
            return
        self.business.append(elapsed_ms)
        self.wall.append(stopped_at - (stopped_at if started_at is None else started_at))

    def take(self, other: Sums) -> None:
        """The durations of another group, added to these."""
        self.business.extend(other.business)
        self.wall.extend(other.wall)
        self.censored.extend(other.censored)

    def counts(self) -> Counts:
        return counts_of(
            {
                (Status(status), None if cause is None else Excluded(cause)): number
                for (status, cause), number in self.numbers.items()
            }
        )

    def business_durations(self) -> Durations:
        return durations(self.business)

    def wall_durations(self) -> Durations:
        return durations(self.wall)

    def curve(self) -> Survival:
        return survival(self.business, self.censored)
