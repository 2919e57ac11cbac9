"""How the time of one cycle was spent, whose time it was, and what it adds up to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.pauses import CUSTOMER, SUPPORT, Pauses
from hubspot_sla.clock.summary import summary_of
from hubspot_sla.clock.timeline import Role
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import Pause, Timeline
    from hubspot_sla.clock.verdict import Cycle


class State(StrEnum):
    """What a clock did in a segment: it ran; it stood still in `waiting`; the ticket was closed; out of hours."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"
    OUT_OF_HOURS = "out_of_hours"


_RUNNING: Final = State.RUNNING  # to look up a member of an enum takes longer than a call
_PAUSED: Final = State.PAUSED
_OUT_OF_HOURS: Final = State.OUT_OF_HOURS
_CLOSED: Final = State.CLOSED
_WAITING: Final = Role.WAITING
_CLOSED_ROLE: Final = Role.CLOSED


class Segment(NamedTuple):
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
        return self.business_ms if self.state is _RUNNING else 0


segment_of: Final[Callable[[tuple[object, ...]], Segment]] = partial(tuple.__new__, Segment)
"""As `_make`, with every field in its order, in less time: a cycle has one for each working day."""


@quickly_made
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
    end = max(now, summary_of(timeline).latest) if over is None else over
    pauses = pauses or Pauses.at(timeline, now)
    late_after = None if cycle.due_at is None else promise.late_after(cycle.due_at)
    whole = _Cutter(timeline, promise, late_after, pauses).cut(start, end)
    return tuple(_by_the_hour(whole, promise) if hours else whole)


def spent(cycle: Cycle, cycle_segments: Iterable[Segment], now: int) -> Spent:
    """What the segments of a cycle add up to as of `now`."""
    elapsed = paused = 0
    hands: dict[str, int] = {}
    for _, _, state, _, whose, business_ms, _, _ in cycle_segments:
        if state is _RUNNING:
            elapsed += business_ms
        elif state is _PAUSED:
            paused += business_ms
        else:
            continue
        if business_ms:
            hands[whose] = hands.get(whose, 0) + business_ms
    return Spent(elapsed, paused, *_lateness(cycle, now), hands)


def _lateness(cycle: Cycle, now: int) -> tuple[int, int]:
    began, promise = cycle.breached_at, cycle.promise
    over = cycle.over_at
    end = max(now if over is None else over, began or 0)
    if began is None or promise is None:
        return 0, 0
    return promise.calendar.elapsed(began, end), end - began


@quickly_made
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
            paused_at, until = pause[0], pause[1]
            if paused_at >= end:
                break
            if until is None or until > end:
                until = end
            if until > at:
                if paused_at > at:
                    yield from self._running(at, paused_at)
                    at = paused_at
                yield self._paused(pause, at, until)
                at = until
        if at < end:
            yield from self._running(at, end)

    def _paused(self, pause: Pause, start: int, end: int) -> Segment:
        _, _, why, holder, by, role = pause
        whose = holder or (CUSTOMER if role is _WAITING else SUPPORT)
        business = self.promise.calendar.elapsed(start, end)
        state = _CLOSED if role is _CLOSED_ROLE else _PAUSED
        return segment_of((start, end, state, why, whose, business, self._is_late(start), by))

    def _running(self, start: int, end: int) -> Iterator[Segment]:
        promise, late_after, hold = self.promise, self.late_after, self.timeline.ai_hold
        cuts = [change.at for change in self.timeline.stages if start < change.at < end]
        if late_after is not None and start < late_after < end:
            cuts.append(late_after)
        if hold is not None and hold.end is not None and start < hold.end < end:
            cuts.append(hold.end)
        for left, right in itertools.pairwise([start, *sorted({*cuts, end})]):
            why, whose, by = self.pauses.running_in(promise, left)
            business = promise.calendar.elapsed(left, right)
            yield segment_of((left, right, _RUNNING, why, whose, business, self._is_late(left), by))

    def _is_late(self, at: int) -> bool:
        return self.late_after is not None and at >= self.late_after


def _by_the_hour(whole: Iterable[Segment], promise: Promise) -> list[Segment]:
    every: list[Segment] = []
    for segment in whole:
        at, end, state, why, whose, _, late, by = segment
        if state is not _RUNNING:
            every.append(segment)
            continue
        for opened, shut in promise.calendar.segments(at, end):
            if at < opened:
                every.append(segment_of((at, opened, _OUT_OF_HOURS, why, whose, 0, late, by)))
            every.append(segment_of((opened, shut, _RUNNING, why, whose, shut - opened, late, by)))
            at = shut
        if at < end:
            every.append(segment_of((at, end, _OUT_OF_HOURS, why, whose, 0, late, by)))
    return every
