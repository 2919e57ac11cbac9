"""Curves from durations, each with whether the goal was reached then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.measure.survival import Survival, survival

if TYPE_CHECKING:
    from collections.abc import Iterable


def curve_of(lives: Iterable[tuple[int, bool]]) -> Survival:
    every = list(lives)
    return survival([ms for ms, reached in every if reached], [ms for ms, reached in every if not reached])
