"""How long a target one cycle needs: from its course on its calendar and beside its pauses. Pure."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import reached
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.measure.suggestion import Sample

if TYPE_CHECKING:
    from hubspot_sla.clock.pauses import Pauses
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Cycle


@dataclass(slots=True)
class Needs:
    """What many cycles need, in ms, 8 bytes each: `needed` of those that reached their goal, `open_ms` of those that
    are open; `never` is how many ended without it."""

    needed: array[int] = field(default_factory=lambda: array("q"))
    open_ms: array[int] = field(default_factory=lambda: array("q"))
    never: int = 0

    def add(self, need: Need) -> None:
        if need.late_up_to_ms is not None:
            self.open_ms.append(need.late_up_to_ms)
        elif need.least_ms is None:
            self.never += 1
        else:
            self.needed.append(need.least_ms)

    def sample(self, *others: Needs) -> Sample:
        """Of these and others together."""
        every = (self, *others)
        needed = chain.from_iterable(one.needed for one in every)
        open_ms = chain.from_iterable(one.open_ms for one in every)
        return Sample.of(needed, open_ms, sum(one.never for one in every))


@dataclass(frozen=True, slots=True)
class Need:
    """Of one cycle: the least target in ms that keeps it, None where none does; or, while it is open, the longest with
    which it is late."""

    least_ms: int | None = None
    late_up_to_ms: int | None = None


def need_of(timeline: Timeline, cycle: Cycle, pauses: Pauses, now: int) -> Need:
    """As of `now` (epoch ms)."""
    if cycle.stopped_at is None and cycle.status in OPEN:
        return Need(late_up_to_ms=late_up_to_ms(timeline, cycle, pauses, now))
    return Need(needed_ms(timeline, cycle, pauses, now))


def needed_ms(timeline: Timeline, cycle: Cycle, pauses: Pauses, now: int) -> int | None:
    """The least target in ms with which a cycle that reached its goal would have been kept; None where it did not."""
    if cycle.stopped_at is None or cycle.started_at is None or cycle.promise is None:
        return None
    run_ms = _run_ms(timeline, cycle, pauses, now)
    return run_ms if _in_time(cycle.promise, run_ms, cycle, pauses, cycle.stopped_at) else run_ms + 1


def late_up_to_ms(timeline: Timeline, cycle: Cycle, pauses: Pauses, now: int) -> int:
    """The longest target in ms with which a cycle that is open at `now` is late."""
    promise = cycle.promise
    assert promise is not None  # noqa: S101 - what is open is promised
    run_ms = _run_ms(timeline, cycle, pauses, now)
    return run_ms - 1 if _in_time(promise, run_ms, cycle, pauses, now) else run_ms


def _run_ms(timeline: Timeline, cycle: Cycle, pauses: Pauses, now: int) -> int:
    return spent(cycle, segments(timeline, cycle, now, pauses=pauses), now).elapsed_ms


def _in_time(promise: Promise, run_ms: int, cycle: Cycle, pauses: Pauses, at: int) -> bool:
    """Whether `at` is in time with a target of just what the clock has run: it is not where the clock stood still, out
    of hours or in a pause, between the due instant and `at`."""
    assert cycle.started_at is not None  # noqa: S101 - it has run
    due_at = reached(promise, run_ms, cycle.started_at, cycle.over_at, pauses)
    if due_at is None:
        return True
    last = promise.late_after(due_at)
    return last is None or at <= last
