"""What one clock of one ticket is counted by, and what the clock makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import reached
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.promise import Clock, Promise, PromiseChange
    from hubspot_sla.clock.timeline import Pause, Timeline
    from hubspot_sla.clock.verdict import Cycle


class Standing(StrEnum):
    """How far a goal has come. ENDED: the clock ended without its goal, as ours does when a ticket is closed without a
    reply. Whether an open goal is late already follows from its due instant."""

    OPEN = "open"
    ON_TIME = "on time"
    LATE = "late"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Terms:
    """All that a clock is counted by: the facts, and what is promised from when on."""

    clock: Clock
    timeline: Timeline
    promises: tuple[PromiseChange, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a clock says: all None where it has not started, or nothing is promised. Instants are epoch ms;
    `elapsed_ms` is the business time from the start to the goal.

    A clock that stands still is due as it was when it came to stand still: HubSpot moves the due instant only when a
    pause ends.
    """

    due_at: int | None = None
    elapsed_ms: int | None = None
    standing: Standing | None = None
    stopped_at: int | None = None


NOTHING = Figures()


def figures_of(terms: Terms, now: int, *, counts_pauses: bool) -> Figures:
    """As of `now` (epoch ms). `counts_pauses`: whether the time that a goal took holds the pauses too, as HubSpot's
    figure does or does not. ValueError: a calendar that does not open often enough."""
    cycle = judge(terms.timeline, terms.clock, terms.promises, now).cycles[-1]
    promise = cycle.promise
    if promise is None or cycle.started_at is None:
        return NOTHING
    stopped_at, due_at = cycle.stopped_at, cycle.due_at
    elapsed_ms = None if stopped_at is None else promise.calendar.elapsed(cycle.started_at, stopped_at)
    if due_at is None or not counts_pauses:  # most clocks need no pauses worked out again
        pauses = Pauses.at(terms.timeline, now)
        due_at = _due_at(cycle, promise, pauses) if due_at is None else due_at
        if elapsed_ms is not None and stopped_at is not None and not counts_pauses:
            elapsed_ms -= _within(pauses.of(promise), promise, cycle.started_at, stopped_at)
    return Figures(due_at, elapsed_ms, _standing(cycle, promise, due_at), stopped_at)


def _due_at(cycle: Cycle, promise: Promise, pauses: Pauses) -> int | None:
    """Of a clock that stands still or ended: without the pause that it stands still in."""
    lasting = next((pause.start for pause in pauses.of(promise) if pause.end is None), None)
    over = cycle.ended_at if lasting is None else lasting
    assert cycle.started_at is not None  # noqa: S101 - the caller has seen it
    return reached(promise, promise.budget_ms, cycle.started_at, over, pauses)


def _within(pauses: Iterable[Pause], promise: Promise, started_at: int, stopped_at: int) -> int:
    """Business time of the pauses between start and stop."""
    total = 0
    for pause in pauses:
        start, end = max(pause.start, started_at), min(stopped_at if pause.end is None else pause.end, stopped_at)
        total += promise.calendar.elapsed(start, end) if start < end else 0
    return total


def _standing(cycle: Cycle, promise: Promise, due_at: int | None) -> Standing:
    if cycle.stopped_at is None:
        return Standing.OPEN if cycle.ended_at is None else Standing.ENDED
    in_time_until = None if due_at is None else promise.late_after(due_at)
    late = in_time_until is not None and cycle.stopped_at > in_time_until
    return Standing.LATE if late else Standing.ON_TIME
