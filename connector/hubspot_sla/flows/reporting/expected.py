"""The forecast of a period from how this portal's own records have fared."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import EVERYTHING
from hubspot_sla.measure.forecast import Forecast, OpenClock, forecast, groups_of
from hubspot_sla.measure.periods import months_up_to
from hubspot_sla.measure.survival import Survival, survival

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from hubspot_sla.ledger.report_rows import OpenCycle, Selection
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.periods import Period

MONTHS: Final = 13
"""What started longer ago says little about today."""


@dataclass(frozen=True)
class Outlook:
    """What a period is likely to come to. How cycles have fared is read once, and only where some clock still runs."""

    db: sqlite3.Connection
    period: Period

    def open_cycles(self, selection: Selection = EVERYTHING) -> list[OpenCycle]:
        """What is still to come due of what the report is about, or of a part of it: `selection` is on `o`."""
        return report_rows.to_come(self.db, self.period.start_at, self.period.end_at, selection)

    def of(self, so_far: Counts, cycles: Iterable[OpenCycle]) -> Forecast:
        clocks = [
            OpenClock(groups_of(cycle.metric, cycle.policy, cycle.priority), cycle.elapsed_ms, cycle.target_ms)
            for cycle in cycles
        ]
        return forecast(so_far, clocks, self._curves if clocks else {})

    @cached_property
    def _curves(self) -> Mapping[str, Survival]:
        return _Curves(_lives(self.db, self.period))


@dataclass(slots=True)
class _Lives:
    """Durations in ms, 8 bytes each."""

    reached: array[int] = field(default_factory=lambda: array("q"))
    censored: array[int] = field(default_factory=lambda: array("q"))


def _lives(db: sqlite3.Connection, period: Period) -> dict[str, list[_Lives]]:
    """By the names of groups, those of wider ones in several parts."""
    narrow: dict[tuple[str, str, str], _Lives] = {}
    for of_kind in report_rows.lives(db, months_up_to(period, MONTHS)[0].start_at):
        lives = narrow.setdefault((of_kind.metric, of_kind.policy, of_kind.priority), _Lives())
        (lives.reached if of_kind.is_reached else lives.censored).extend(of_kind.elapsed_ms)
    found: dict[str, list[_Lives]] = {}
    for key, lives in narrow.items():
        lives.reached = array("q", sorted(lives.reached))  # those of wider groups are then runs that are in order
        for group in groups_of(*key):
            found.setdefault(group, []).append(lives)
    return found


class _Curves(Mapping[str, Survival]):
    """The curve of each group, worked out when it is first asked for."""

    def __init__(self, lives: Mapping[str, list[_Lives]]) -> None:
        self._lives = lives
        self._curves: dict[str, Survival] = {}

    def __getitem__(self, group: str) -> Survival:
        if group not in self._curves:
            parts = self._lives[group]
            self._curves[group] = survival(
                chain.from_iterable(part.reached for part in parts),
                chain.from_iterable(part.censored for part in parts),
            )
        return self._curves[group]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lives)

    def __len__(self) -> int:
        return len(self._lives)
