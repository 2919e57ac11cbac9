"""What is the same for every record is worked out once for the mappings that judge them, not once for each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Versions = TypeVar("Versions")
Worked = TypeVar("Worked")
_KEPT: Final = 8
"""For so many sequences of versions at once: those in force, those of a simulation beside them, each object type."""


class OnceForVersions(Generic[Versions, Worked]):
    """The answers of a function of versions of the mappings, which never change; kept as long as they are asked for."""

    def __init__(self, work_out: Callable[[Sequence[Versions]], Worked]) -> None:
        self._work_out = work_out
        self._known: dict[tuple[int, ...], tuple[Sequence[Versions], Worked]] = {}

    def of(self, versions: Sequence[Versions]) -> Worked:
        """The versions are known by what they are, not by what they say: comparing that would take longer."""
        key = tuple(map(id, versions))
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[key] = (tuple(versions), self._work_out(versions))
        return known[1]
