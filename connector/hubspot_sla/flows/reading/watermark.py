"""The newest of a stream of instants, and whether many lie close to it; in bounded memory."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Newest:
    """`few` is how many may lie within `near_ms` of the newest one for it to be sparse there."""

    def __init__(self, few: int, near_ms: int) -> None:
        self._few = few
        self._near_ms = near_ms
        self._heap: list[int] = []  # the newest `few + 1`, the oldest of them first

    def see(self, instants: Iterable[int]) -> None:
        for at in instants:
            if len(self._heap) <= self._few:
                heapq.heappush(self._heap, at)
            else:
                heapq.heappushpop(self._heap, at)

    @property
    def at(self) -> int | None:
        """The newest; None when there was none."""
        return max(self._heap, default=None)

    @property
    def sparse(self) -> bool:
        return len(self._heap) <= self._few or self._heap[0] < max(self._heap) - self._near_ms
