"""Which ids new records get.

HubSpot's ids are large and sparse, lie in clusters, and are not in the order of creation: a ticket that was made an
hour later may have the smaller id. `ClusteredIds` does the same, always with the same ids in the same order.
"""

from __future__ import annotations

from random import Random
from typing import Protocol

_CLUSTERS_IN_USE = 3
"""Filled in turns, which is what takes ids out of the order of creation."""
_LARGEST_CLUSTER = 400
_LARGEST_GAP = 9
_SMALLEST_JUMP, _LARGEST_JUMP = 4, 9
"""From one cluster to the next, as powers of ten."""


class Ids(Protocol):
    """The ids of one object type; each is given once."""

    def take(self) -> int:
        """An id that nobody had."""

    def reserve(self, record_id: int) -> None:
        """This id is in use, by a record that brought it along."""


class SequentialIds:
    """From `first` on, one after the other."""

    def __init__(self, first: int) -> None:
        self._next = first

    def take(self) -> int:
        """The next one."""
        self._next += 1
        return self._next - 1

    def reserve(self, record_id: int) -> None:
        """Go on behind it."""
        self._next = max(self._next, record_id + 1)


class ClusteredIds:
    """Runs of near ids, far from each other. The first id of all is `first`."""

    def __init__(self, first: int) -> None:
        self._random = Random(first)  # noqa: S311 - ids are to be repeatable
        self._unused_from = first
        self._clusters: list[tuple[int, int]] = []
        """Those in use, as (next id, how many are left)."""

    def take(self) -> int:
        """The next id of one of the clusters in use."""
        if len(self._clusters) < _CLUSTERS_IN_USE:
            self._clusters.append(self._new_cluster())
            chosen = -1
        else:
            chosen = self._random.randrange(_CLUSTERS_IN_USE)
        record_id, left = self._clusters[chosen]
        following = record_id + self._random.randint(1, _LARGEST_GAP)
        self._clusters[chosen] = (following, left - 1) if left > 1 else self._new_cluster()
        return record_id

    def reserve(self, record_id: int) -> None:
        """New clusters begin behind it, and one in use that it would lie in is given up."""
        self._unused_from = max(self._unused_from, record_id + 1)
        self._clusters = [
            (following, left)
            for following, left in self._clusters
            if not following <= record_id <= following + left * _LARGEST_GAP
        ]

    def _new_cluster(self) -> tuple[int, int]:
        first, size = self._unused_from, self._random.randint(1, _LARGEST_CLUSTER)
        jump = round(10 ** self._random.uniform(_SMALLEST_JUMP, _LARGEST_JUMP))
        self._unused_from = first + size * _LARGEST_GAP + jump
        return first, size
