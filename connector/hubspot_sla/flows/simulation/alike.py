"""Promises that the contracts of a simulation count alike, summed, so that memory hardly grows with the number of
records: what an objective needs the length of keeps 16 bytes for each."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from hubspot_sla.contract.promises import Result

Times = tuple[int, "int | None"]
"""Business ms: how late a promise was, and how long it took; None: it has not stopped."""
NO_TIMES: Final = (0, 0)
_NOT_STOPPED: Final = -1


class DayKey(NamedTuple):
    """Promises of one objective that count alike, but for their times. `number` is the place of the contract's version
    in its file."""

    number: int
    objective: str
    day: date
    result: Result
    reason: str
    key: str | None


class Promise(NamedTuple):
    """One promise; `times` None where the objective asks for none."""

    key: DayKey
    times: Times | None


@dataclass(slots=True)
class Alike:
    """So many promises, with the times of each, in turn, where their objective asks for them."""

    number: int = 0
    _times: array[int] = field(default_factory=lambda: array("q"))

    def count(self, times: Times | None) -> None:
        self.number += 1
        if times is not None:
            late_ms, lasted_ms = times
            self._times.extend((late_ms, _NOT_STOPPED if lasted_ms is None else lasted_ms))

    def add(self, other: Alike) -> None:
        self.number += other.number
        self._times.extend(other._times)

    def times(self) -> Iterator[Times]:
        """Of each promise."""
        if not self._times:
            for _ in range(self.number):
                yield NO_TIMES
        for late_ms, lasted_ms in zip(self._times[::2], self._times[1::2], strict=True):
            yield late_ms, None if lasted_ms == _NOT_STOPPED else lasted_ms


Counts = dict[DayKey, Alike]


def by_objective(counts: Mapping[DayKey, Alike]) -> dict[tuple[int, str], list[tuple[DayKey, Alike]]]:
    """In the order of their days."""
    found: dict[tuple[int, str], list[tuple[DayKey, Alike]]] = {}
    for key in sorted(counts, key=lambda key: (key.number, key.objective, key.day)):
        found.setdefault((key.number, key.objective), []).append((key, counts[key]))
    return found
