"""Sums over many cycles in one walk: what each group needs for its figures, and no more."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.compliance import Compliance
from hubspot_sla.measure.durations import Durations, durations
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.survival import Survival, survival

if TYPE_CHECKING:
    from collections.abc import Mapping

JUDGED = {"met": True, "missed": False, "breached": False}
"""The statuses that are judged, and whether they were kept."""


class Sums:
    """Of one group. Durations are kept in 8 bytes each."""

    __slots__ = ("before", "business", "censored", "kept", "numbers", "wall")

    def __init__(self) -> None:
        self.numbers: dict[tuple[str, str | None], int] = {}
        self.before: dict[tuple[str, str | None], int] = {}
        self.business = array("q")
        self.wall = array("q")
        self.censored = array("q")
        self.kept: dict[str, bool] = {}

    def counts(self) -> Counts:
        return counts_of(_typed(self.numbers))

    def counts_before(self) -> Counts:
        return counts_of(_typed(self.before))

    def compliance(self) -> Compliance:
        return Compliance(sum(self.kept.values()), len(self.kept))

    def business_durations(self) -> Durations:
        return durations(self.business)

    def wall_durations(self) -> Durations:
        return durations(self.wall)

    def curve(self) -> Survival:
        reached = ((ms, True) for ms in self.business)
        return survival([*reached, *((ms, False) for ms in self.censored)])


def _typed(numbers: Mapping[tuple[str, str | None], int]) -> dict[tuple[Status, Excluded | None], int]:
    return {
        (Status(status), None if cause is None else Excluded(cause)): number
        for (status, cause), number in numbers.items()
    }
