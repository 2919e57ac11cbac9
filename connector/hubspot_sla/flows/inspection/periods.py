"""Closed months as they are shown: their frozen figures, and what these would be now and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting import since_closed
from hubspot_sla.ledger import periods
from hubspot_sla.measure.attainment import Counts, counts
from hubspot_sla.plain_text import counted
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.reporting.since_closed import Moved, Stands
    from hubspot_sla.ledger.periods import ClosedPeriod, RecordCycle
    from hubspot_sla.measure.outcome import Outcome


@dataclass(frozen=True, slots=True)
class ShownPeriod:
    """One edition of a closed month. `frozen` and `now` are counts by the key of the clock; `also_frozen` says how many
    of its cycles are in which earlier month too."""

    closed: ClosedPeriod
    editions: Sequence[ClosedPeriod]
    frozen: Mapping[str, Counts]
    now: Mapping[str, Counts]
    moved: Sequence[Moved]
    also_frozen: Mapping[str, int]

    def as_json(self) -> dict[str, object]:
        return {
            **edition_as_json(self.closed),
            "editions": [edition_as_json(edition) for edition in self.editions],
            "clocks": {clock: counts_as_json(of_clock) for clock, of_clock in self.frozen.items()},
            "now": {clock: counts_as_json(of_clock) for clock, of_clock in self.now.items()},
            "moved": [
                {
                    "record": moved.cycle[0].key,
                    "clock": moved.cycle[1],
                    "cycle": moved.cycle[2],
                    "was": moved.was,
                    "now": moved.now,
                    "cause": moved.cause,
                }
                for moved in self.moved
            ],
            "also_frozen": dict(self.also_frozen),
        }

    def rows(self) -> list[list[object]]:
        """Clock, met, missed, excluded, attainment, and what that would be now."""
        return [self._row(clock) for clock in sorted({**self.frozen, **self.now})]

    def _row(self, clock: str) -> list[object]:
        frozen, now = self.frozen.get(clock, Counts()), self.now.get(clock, Counts())
        moved = [moved for moved in self.moved if moved.cycle[1] == clock]
        excluded = ", ".join(f"{number} {cause}" for cause, number in frozen.excluded.items()) or "0"
        since = f"{share(now)}: {_causes(moved)}" if moved else ""
        return [clock, frozen.met, frozen.broken, excluded, share(frozen), since]


def share(of_clock: Counts) -> str:
    """`94.1 %`; `-` where nothing was judged."""
    attained = of_clock.attainment
    return "-" if attained is None else f"{float(attained * 100):.1f} %"


def _causes(moved: Sequence[Moved]) -> str:
    """`3 tickets (2 merge, 1 back-dated)`."""
    numbers = since_closed.records_by_cause(moved)
    listed = ", ".join(f"{number} {cause}" for cause, number in numbers.items())
    return f"{counted(sum(numbers.values()), 'ticket')} ({listed})"


def shown(db: sqlite3.Connection, name: str, edition: int | None = None) -> ShownPeriod:
    """The newest edition of a month, or that of a number. UsageProblem: there is none."""
    editions = periods.editions(db, name)
    closed = next((one for one in reversed(editions) if edition in (None, one.edition)), None)
    if closed is None:
        what = f"edition {edition} of {name}" if editions else f"{name}: it is not closed"
        raise UsageProblem(f"there is no {what}", remedy="`sla period list` shows those that there are")
    frozen, now = periods.frozen(db, closed), periods.due_between(db, closed.since, closed.until).cycles
    return ShownPeriod(
        closed,
        editions,
        _by_clock(frozen),
        _by_clock(now),
        list(since_closed.moved(db, closed, _stands(frozen), _stands(now))),
        periods.also_frozen(db, closed),
    )


def _stands(cycles: Mapping[RecordCycle, Outcome]) -> dict[RecordCycle, Stands]:
    return {cycle: (outcome.status, outcome.excluded) for cycle, outcome in cycles.items()}


def _by_clock(cycles: Mapping[RecordCycle, Outcome]) -> dict[str, Counts]:
    by_clock: dict[str, list[Outcome]] = {}
    for (_, clock, _), outcome in sorted(cycles.items()):
        by_clock.setdefault(clock, []).append(outcome)
    return {clock: counts((one.status, one.excluded) for one in of_clock) for clock, of_clock in by_clock.items()}


def edition_as_json(closed: ClosedPeriod) -> dict[str, object]:
    return {
        "period": closed.name,
        "edition": closed.edition,
        "from": wire(closed.since),
        "to": wire(closed.until),
        "timezone": closed.zone,
        "closed_at": wire(closed.closed_at),
        "closed_by": closed.closed_by,
        "reason": closed.reason or None,
        "unknown": [record.key for record in closed.unknown],
        "entry": closed.entry,
    }


def counts_as_json(of_clock: Counts) -> dict[str, object]:
    """`attainment` and its `interval` are shares from 0 to 1; null where nothing was judged."""
    attained, interval = of_clock.attainment, of_clock.interval
    return {
        "met": of_clock.met,
        "missed": of_clock.missed,
        "late": of_clock.late,
        "excluded": {cause.value: number for cause, number in of_clock.excluded.items()},
        "attainment": None if attained is None else float(attained),
        "interval": None if interval is None else list(interval),
    }
