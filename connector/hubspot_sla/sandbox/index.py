"""Records of one type ordered by one numeric property, so that a search for "changed since" need not scan.

A sorted list beats a tree here: new values mostly go to the end, and moving a million pointers takes half a
millisecond.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class OrderedIndex:
    """Pairs of (number, record id), sorted. Records without a value are not in it."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[float, int]] = ()) -> None:
        self._pairs: list[tuple[float, float]] = sorted(pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def add(self, number: float, record_id: int) -> None:
        """Put a record in."""
        insort(self._pairs, (number, record_id))

    def remove(self, number: float, record_id: int) -> None:
        """Take a record out that was added under that number."""
        at = bisect_left(self._pairs, (number, record_id))
        if at < len(self._pairs) and self._pairs[at] == (number, record_id):
            del self._pairs[at]

    def between(self, low: float, high: float, *, above_low: bool = False, below_high: bool = False) -> list[int]:
        """Ids in order of number, both bounds included unless told `above_low`, `below_high`."""
        start = bisect_left(self._pairs, (low, inf if above_low else -inf))
        stop = bisect_left(self._pairs, (high, -inf if below_high else inf))
        return [int(record_id) for _, record_id in self._pairs[start:stop]]
