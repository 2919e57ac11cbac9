"""How the time of one cycle was spent, whose time it was, and what it adds up to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import CUSTOMER, SUPPORT, Pauses
from hubspot_sla.clock.timeline import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import Pause, Timeline
    from hubspot_sla.clock.verdict import Cycle


class State(StrEnum):
    """What a clock did in a segment: it ran; it stood still in `waiting`; the ticket was closed; out of hours."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    OUT_OF_HOURS = "out_of_hours"


@dataclass(frozen=True, slots=True)
class Segment:
    """`[start, end)` on one clock, epoch ms. `late`: it lies behind the last instant in time. `whose` is a team or a
    vendor, `customer`, `support` or `AI agent`; `business_ms` the business time in it, which counts while the clock
    runs."""

    start: int
    end: int
    state: State
    why: str
    whose: str
    business_ms: int
    late: bool = False
    by: str = ""

    @property
    def counted_ms(self) -> int:
        return self.business_ms if self.state is State.RUNNING else 0


@dataclass(frozen=True, slots=True)
class Spent:
    """Business milliseconds: counted, paused, and late (from the breach to the stop); `late_by_ms` is the same on
    the wall. `hands` says whose the counted and the paused time was."""

    elapsed_ms: int
    paused_ms: int
    late_ms: int
    late_by_ms: int
    hands: dict[str, int]


def segments(
    timeline: Timeline, cycle: Cycle, now: int, *, hours: bool = False, pauses: Pauses | None = None
) -> tuple[Segment, ...]:
    """How the time from start to stop (or `now`) was spent, without a gap; empty where no clock ran.

    With `hours` running time is cut where business hours begin and end; without, a segment that runs over a night
    says in `business_ms` what of it counted.
    """
    promise, start = cycle.promise, cycle.started_at
    if promise is None or start is None:
        return ()
    over = cycle.over_at
    end = max(now, timeline.latest) if over is None else over
    pauses = pauses or Pauses.at(timeline, now)
    late_after = None if cycle.due_at is None else promise.late_after(cycle.due_at)
    whole = _Cutter(timeline, promise, late_after, pauses).cut(start, end)
    return tuple(_by_the_hour(whole, promise) if hours else whole)


def spent(cycle: Cycle, cycle_segments: Iterable[Segment], now: int) -> Spent:
    """What the segments of a cycle add up to as of `now`."""
    elapsed = paused = 0
    hands: dict[str, int] = {}
    for segment in cycle_segments:
        if segment.state is State.RUNNING:
            elapsed += segment.business_ms
        elif segment.state is State.PAUSED:
            paused += segment.business_ms
        if segment.state in (State.RUNNING, State.PAUSED) and segment.business_ms:
            hands[segment.whose] = hands.get(segment.whose, 0) + segment.business_ms
    return Spent(elapsed, paused, *_lateness(cycle, now), hands)


def _lateness(cycle: Cycle, now: int) -> tuple[int, int]:
    began, promise = cycle.breached_at, cycle.promise
    over = cycle.over_at
    end = max(now if over is None else over, began or 0)
    if began is None or promise is None:
        return 0, 0
    return promise.calendar.elapsed(began, end), end - began


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Cuts one cycle's time at its pauses, at the changes of stage and where lateness begins."""

    timeline: Timeline
    promise: Promise
    late_after: int | None
    pauses: Pauses

    def cut(self, start: int, end: int) -> Iterator[Segment]:
        at = start
        for pause in self.pauses.of(self.promise):
            if pause.start >= end:
                break
            until = end if pause.end is None else min(pause.end, end)
            if until > at:
                yield from self._running(at, pause.start)
                at = max(at, pause.start)
                yield self._paused(pause, at, until)
                at = until
        yield from self._running(at, end)

    def _paused(self, pause: Pause, start: int, end: int) -> Segment:
        closed = pause.role is Role.CLOSED
        whose = pause.holder or (CUSTOMER if pause.role is Role.WAITING else SUPPORT)
        business = self.promise.calendar.elapsed(start, end)
        state = State.CLOSED if closed else State.PAUSED
        return Segment(start, end, state, pause.why, whose, business, self._is_late(start), pause.by)

    def _running(self, start: int, end: int) -> Iterator[Segment]:
        if start >= end:
            return
        cuts = {change.at for change in self.timeline.stages if start < change.at < end}
        if self.late_after is not None and start < self.late_after < end:
            cuts.add(self.late_after)
        hold = self.timeline.ai_hold
        if hold is not None and hold.end is not None and start < hold.end < end:
            cuts.add(hold.end)
        for left, right in itertools.pairwise([start, *sorted(cuts), end]):
            why, whose, by = self.pauses.running_in(self.promise, left)
            business = self.promise.calendar.elapsed(left, right)
            yield Segment(left, right, State.RUNNING, why, whose, business, self._is_late(left), by)

    def _is_late(self, at: int) -> bool:
        return self.late_after is not None and at >= self.late_after


def _by_the_hour(whole: Iterable[Segment], promise: Promise) -> Iterator[Segment]:
    for segment in whole:
        if segment.state is not State.RUNNING:
            yield segment
            continue
        at = segment.start
        for opened, shut in promise.calendar.segments(segment.start, segment.end):
            if at < opened:
                yield _like(segment, at, opened, State.OUT_OF_HOURS)
            yield _like(segment, opened, shut, State.RUNNING)
            at = shut
        if at < segment.end:
            yield _like(segment, at, segment.end, State.OUT_OF_HOURS)


def _like(segment: Segment, start: int, end: int, state: State) -> Segment:
    business = end - start if state is State.RUNNING else 0
    return Segment(start, end, state, segment.why, segment.whose, business, segment.late, segment.by)
