"""When the rungs of a ladder are reached: instants on a cycle of a clock, from the same machine as due and at risk.

The rules, in the words of docs/reference/clock.md:

* before due a rung is reached when its share of the target has run: pauses move it, and while the clock stands
  still in front of it nobody knows when that will be;
* a change of the promise that would put it into the past reaches it at the change, as it would a breach;
* from the breach on nothing moves it: what is late stays late, and later rungs are business time from there;
* a waiver that ends puts what was reached meanwhile, and what counts from the breach, at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import reached

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.pauses import Pauses
    from hubspot_sla.clock.verdict import Cycle, Excuse


class Side(StrEnum):
    """On which side of the breach a rung hangs, and how it is measured."""

    SHARE = "share"
    BEFORE = "before"
    BREACH = "breach"
    AFTER = "after"


EARLY = frozenset({Side.SHARE, Side.BEFORE})
"""The sides that warn: what they say is pointless once the clock is late or has stopped."""


@dataclass(frozen=True, slots=True)
class Span:
    """A length of business time: `ms`, and `business_days` on top. ValueError from `on`: the calendar does not say
    how long a business day is."""

    ms: int = 0
    business_days: int = 0

    def on(self, calendar: Calendar) -> int:
        if self.business_days and calendar.business_day_ms is None:
            raise ValueError(f"calendar {calendar.name} does not say how long a business day is")
        return self.ms + self.business_days * (calendar.business_day_ms or 0)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the way: `percent` of the target, `span` before due or after the breach. A mark at or after the
    breach may come back `times` in all, `every` so much business time."""

    side: Side
    percent: int = 0
    span: Span = Span()
    every: Span | None = None
    times: int = 1


def instant(cycle: Cycle, mark: Mark, pauses: Pauses, nth: int = 1) -> int | None:
    """When the mark was or will be reached for the `nth` time (epoch ms), by what is known of the cycle.

    None: nobody can say yet, because the clock stands still in front of it; or the clock never began, or its
    calendar does not open often enough. For a cycle that is not late the marks from the breach on count from the
    due instant. ValueError as for `Span.on`.
    """
    promise, started_at = cycle.promise, cycle.started_at
    if promise is None or started_at is None:
        return None
    if mark.side in EARLY:
        reached_at = reached(promise, _run_ms(mark, cycle), started_at, cycle.over_at, pauses)
        if reached_at is None:
            return None
        return _when_excused_no_longer(cycle.excuse, max(reached_at, cycle.promised_at or reached_at))
    base = cycle.breached_at
    if base is not None and cycle.excuse is not None:
        base = max(base, cycle.excuse.until or base)
    if base is None and cycle.due_at is not None:
        base = promise.late_after(cycle.due_at)
    if base is None:
        return None
    more = mark.span.on(promise.calendar) + (mark.every.on(promise.calendar) * (nth - 1) if mark.every else 0)
    return _later(promise.calendar, base, more)


def _when_excused_no_longer(excuse: Excuse | None, at: int) -> int:
    """An early mark that was passed while lateness was excused counts from the end of the waiver."""
    if excuse is None or excuse.until is None or not excuse.since <= at < excuse.until:
        return at
    return excuse.until


def _run_ms(mark: Mark, cycle: Cycle) -> int:
    """The business time after which an early mark is reached: shares are never rounded down, and a time before due
    that is longer than the target is the start itself."""
    assert cycle.promise is not None  # noqa: S101 - `instant` looked
    budget_ms = cycle.promise.budget_ms
    if mark.side is Side.SHARE:
        return -(-budget_ms * mark.percent // 100)
    return max(budget_ms - mark.span.on(cycle.promise.calendar), 0)


def _later(calendar: Calendar, base: int, more: int) -> int | None:
    try:
        return calendar.due(base, more)
    except ValueError:  # it does not open for that long within the horizon
        return None
