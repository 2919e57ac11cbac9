"""The forecast tried out on months that are over: with what had been seen before each cut, fitted on earlier months.

The cuts of a month are the 1st, the 8th, the 15th and the 22nd, at midnight. The curves of a month are those of its
beginning: no cycle of the month itself is in them. A clock that was open at several cuts counts at each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.seen_clocks import RUNNING, SeenClocks, prospect_of
from hubspot_sla.flows.inspection.seen_standing import seen_standing
from hubspot_sla.ledger import forecast_rows, known_by
from hubspot_sla.measure.calibration import BINS, Prediction, brier, reliability
from hubspot_sla.measure.periods import Period
from hubspot_sla.measure.prospects import Past
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.inspection.seen_clocks import SeenClock
    from hubspot_sla.measure.calibration import Bin

CUTS: Final = (1, 8, 15, 22)
"""Days of a month."""
_Fates = dict[tuple[RecordRef, str, int], bool]


@dataclass(frozen=True, slots=True)
class Tried:
    """`bins` of so many predictions, none of too few; `chance` and `naive` are Brier scores. What came of `undecided`
    clocks nobody knows yet, and `without_history` clocks were like nothing that was seen before."""

    predictions: int
    bins: Sequence[Bin]
    chance: float
    naive: float
    undecided: int
    without_history: int

    @property
    def failing(self) -> list[Bin]:
        return [each for each in self.bins if not each.is_inside]


@dataclass(frozen=True, slots=True)
class Backtest:
    """The predictions that were made in `months` of clocks that ran, and of those that stood still, for these go by
    something else."""

    months: Sequence[Period]
    running: Tried
    paused: Tried


def cuts_of(month: Period) -> list[int]:
    """Epoch ms."""
    return [Period(day, month.end, month.zone).start_at for day in (month.start + timedelta(days=d - 1) for d in CUTS)]


def backtest(db: sqlite3.Connection, months: Sequence[Period]) -> Backtest:
    """UsageProblem: too little had been seen in time, or is decided."""
    seen, fates = SeenClocks(db), _fates(db)
    trial = Trial(fates)
    for month in months:
        entry = known_by.newest_entry(db, month.start_at)
        past = Past.of(seen.at(month.start_at, entry).lives, seen_standing(db, seen, month.start_at, entry))
        for cut in cuts_of(month):
            trial.take(past, seen.at(cut, known_by.newest_entry(db, cut)).open)
    return trial.outcome(months)


def _fates(db: sqlite3.Connection) -> _Fates:
    return {
        (RecordRef(object_type, record_id), clock, cycle): status != "met"
        for object_type, record_id, clock, cycle, status in forecast_rows.fates(db)
    }


@dataclass
class _Made:
    """The predictions of one kind of clock so far."""

    predictions: list[Prediction] = field(default_factory=list)
    undecided: int = 0
    without_history: int = 0

    def tried(self) -> Tried:
        made = self.predictions
        return Tried(
            len(made),
            reliability(made) if len(made) >= BINS else (),
            brier(made, lambda one: one.chance) or 0.0,
            brier(made, lambda one: one.naive) or 0.0,
            self.undecided,
            self.without_history,
        )


class Trial:
    """The predictions of a back-test so far. `fates` say whether each cycle that was judged was late."""

    def __init__(self, fates: Mapping[tuple[RecordRef, str, int], bool]) -> None:
        self._fates = fates
        self._running, self._paused = _Made(), _Made()

    def take(self, past: Past, clocks: Iterable[SeenClock]) -> None:
        for record, outcome in clocks:
            if outcome.promised.target_ms is None:
                continue
            made = self._running if outcome.status in RUNNING else self._paused
            is_late = self._fates.get((record, outcome.clock, outcome.cycle))
            prospect = prospect_of(past, outcome)
            if is_late is None:
                made.undecided += 1
            elif prospect is None:
                made.without_history += 1
            else:
                made.predictions.append(Prediction(prospect.chance, prospect.naive, is_late))

    def outcome(self, months: Sequence[Period]) -> Backtest:
        running = self._running.tried()
        if not running.bins:
            named = f"{months[0].name}..{months[-1].name}" if len(months) > 1 else months[0].name
            raise UsageProblem(
                f"only {running.predictions} clocks can be tried out in {named}: {running.without_history} were like"
                f" nothing that had been seen before, and {running.undecided} are not decided",
                remedy="a back-test needs what had been seen before each of its months: try it when more are over",
            )
        return Backtest(months, running, self._paused.tried())
