"""Which rungs would have fired, had a worker looked at every instant: for clocks that are over as for those that run.

Pure. `plan/escalation.py` decides about one moment and leaves closed records alone; this counts out a whole history.
It goes by what the clock says at the end: a rung that an earlier promise reached, before the promise was changed,
counts at the place that the last promise gives it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.rungs import EARLY, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.clock.pauses import Pauses
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.plan.escalation import Objection
    from hubspot_sla.plan.ladder import Ladder, LadderChange, Rung


@dataclass(frozen=True, slots=True)
class ReachedRung:
    """One rung of one cycle, reached `at` (epoch ms)."""

    clock: Clock
    cycle: int
    ladder: str
    rung: Rung
    at: int


def rungs_reached(
    verdicts: Iterable[Verdict],
    ladders: Mapping[Clock, Sequence[LadderChange]],
    pauses: Pauses,
    now: int,
    objection: Objection,
) -> Iterator[ReachedRung]:
    """Every rung that fires by `now`, each time it comes back; of one name in several ladders the first."""
    for verdict in verdicts:
        changes = ladders.get(verdict.clock, ())
        for cycle in verdict.cycles if changes else ():
            reached: set[tuple[str, str]] = set()
            for ladder, rung, nth, at in _instants(cycle, changes, pauses, now):
                key = ladder.name, rung.suffix(nth)
                if key not in reached and objection(ladder, rung, at) is None:
                    reached.add(key)
                    yield ReachedRung(verdict.clock, cycle.number, ladder.name, rung, at)


def _instants(
    cycle: Cycle, changes: Sequence[LadderChange], pauses: Pauses, now: int
) -> Iterator[tuple[Ladder, Rung, int, int]]:
    if cycle.started_at is None or cycle.promise is None:
        return
    over_at = now + 1 if cycle.over_at is None else min(cycle.over_at, now + 1)
    for number, change in enumerate(changes):
        since = 0 if number == 0 else change.at
        until = min(over_at, changes[number + 1].at) if number + 1 < len(changes) else over_at
        for rung in change.ladder.rungs:
            if cycle.breached_at is None and rung.mark.side not in EARLY:
                continue  # it fires from the breach on
            for nth in range(1, rung.mark.times + 1):
                at = instant(cycle, rung.mark, pauses, nth)
                if at is None or at >= until:
                    break
                if at >= since and _fires(cycle, rung, at):
                    yield change.ladder, rung, nth, at


def _fires(cycle: Cycle, rung: Rung, at: int) -> bool:
    """What warns fires before the breach, all else from the breach on; nothing while lateness is excused."""
    excuse, breached_at = cycle.excuse, cycle.breached_at
    if excuse is not None and excuse.since <= at and (excuse.until is None or at < excuse.until):
        return False
    if rung.mark.side in EARLY:
        return breached_at is None or at < breached_at
    return breached_at is not None
