"""What HubSpot's figures of elapsed time count: milliseconds or seconds, with the pauses or without them.

No page of HubSpot says it, so the tickets must: of the four readings the one that comes out for most of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITHIN_MS: Final = 1000
_UNITS_MS: Final = (1, 1000)


@dataclass(frozen=True, slots=True)
class Taken:
    """One goal that was reached: HubSpot's figure, the open time from start to goal, and how much of that was paused,
    in ms."""

    told: float
    open_ms: int
    paused_ms: int


@dataclass(frozen=True, slots=True)
class ElapsedMeaning:
    """`unit_ms` is how many milliseconds a figure of 1 is."""

    unit_ms: int = 1
    counts_pauses: bool = True

    def in_ms(self, told: float) -> int:
        return round(told * self.unit_ms)

    def gives(self, taken: Taken) -> bool:
        expected = taken.open_ms if self.counts_pauses else taken.open_ms - taken.paused_ms
        return abs(self.in_ms(taken.told) - expected) <= _WITHIN_MS


def meaning_of(taken: Iterable[Taken]) -> ElapsedMeaning | None:
    """None: no reading comes out for half of them."""
    goals = list(taken)
    if not goals:
        return ElapsedMeaning()
    meanings = [ElapsedMeaning(unit_ms, counts) for unit_ms, counts in product(_UNITS_MS, (True, False))]
    best = max(meanings, key=lambda meaning: sum(map(meaning.gives, goals)))
    return best if 2 * sum(map(best.gives, goals)) >= len(goals) else None
