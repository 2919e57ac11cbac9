"""Clocks as they were seen standing still, week after week, and what came of them: what a paused clock is held against.

Looking once a week sees a long pause more often than a short one, just as the clocks that are paused now are more often
in a long one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.promise import Kind as OfPromise
from hubspot_sla.clock.segments import State, segments
from hubspot_sla.flows.inspection.seen_clocks import life_of
from hubspot_sla.ledger import forecast_rows
from hubspot_sla.measure.prospects import Stood

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.flows.inspection.seen_clocks import SeenClocks
    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.measure.outcome import Outcome

T = TypeVar("T")
WEEK: Final = 7 * 86_400_000
WEEKS: Final = 56
"""So far back, which is what curves of reports look at too."""
MOST: Final = 2_000
"""Records: judging that many again takes a second or two. Of more every second, third and so on, of all ages alike: the
newest would be those only that were decided soon."""


def seen_standing(db: sqlite3.Connection, clocks: SeenClocks, at: int, entry: int) -> Iterator[Stood]:
    """What is known by audit entry `entry` of the time before `at` (epoch ms)."""
    refs = sampled(forecast_rows.paused_between(db, at - WEEKS * WEEK, at))
    for _, judgement, outcomes in clocks.judged(refs, at, entry):
        yield from stood(judgement, outcomes, at)


def sampled(records: Sequence[T]) -> Sequence[T]:
    """At most `MOST`, as far apart as they can be."""
    return records[:: max(-(-len(records) // MOST), 1)]


def stood(judgement: Judgement, outcomes: Sequence[Outcome], at: int) -> Iterator[Stood]:
    """Of one record, judged as of `at`: one for each look that found a cycle standing still that was not late then,
    and is decided now."""
    cycles = [cycle for verdict in judgement.verdicts for cycle in verdict.cycles]
    pauses = Pauses.at(judgement.timeline, at)
    for cycle, outcome in zip(cycles, outcomes, strict=True):
        if outcome.when.paused_ms and Clock.of(outcome.clock).kind is OfPromise.SLA:
            yield from _of_cycle(outcome, segments(judgement.timeline, cycle, at, pauses=pauses), at)


def _of_cycle(outcome: Outcome, of_cycle: Sequence[Segment], at: int) -> Iterator[Stood]:
    life, target_ms = life_of(outcome), outcome.promised.target_ms
    if life is None or life.is_late is None or not target_ms:
        return
    used_ms = 0
    for segment in of_cycle:
        used_ms += segment.counted_ms
        if segment.state is State.PAUSED and not segment.late:
            yield from [Stood(life.kind, used_ms / target_ms, life.is_late)] * _looks(segment, at)


def _looks(segment: Segment, at: int) -> int:
    """How many of the looks, `at` less one week, less two and so on, lie in the segment."""
    return max((at - segment.start) // WEEK, 0) - max((at - segment.end) // WEEK, 0)
