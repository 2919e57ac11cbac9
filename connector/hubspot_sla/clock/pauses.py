"""Stretches of a ticket's life in which some clocks do not run: spells of being closed, and of waiting."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.timeline import Hold, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import Message, StageChange, Timeline

Holds = tuple[Hold, ...]


class Pauses:
    """The holds of one timeline, found once for all its clocks. Each tuple is sorted and disjoint."""

    __slots__ = ("_cut", "_timeline", "_uncut", "closed")

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.closed = closed_spells(timeline)
        self._cut: Holds | None = None
        self._uncut: Holds | None = None

    def holds(self, promise: Promise) -> Holds:
        """The intervals in which a clock under this promise does not run. Time in a stage is all counted."""
        if promise.metric is Metric.STAGE:
            return ()
        if not promise.pauses:
            return self.closed
        if self._uncut is None:
            self._uncut = waiting_spells(self._timeline)
        if not promise.resume_on_customer_message:
            return self._with_closed(self._uncut)
        if self._cut is None:
            self._cut = self._with_closed(until_the_customer_wrote(self._uncut, self._timeline.customer_messages))
        return self._cut

    def _with_closed(self, waiting: Holds) -> Holds:
        if not self.closed or not waiting:
            return self.closed or waiting
        return tuple(sorted((*self.closed, *waiting), key=_start))


_start = itemgetter(0)


def closed_spells(timeline: Timeline) -> Holds:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one spell: the ticket was closed once.
    """
    spells: list[Hold] = []
    for hold in _stays(timeline.stages, Role.CLOSED):
        if spells and spells[-1].end == hold.start:
            spells[-1] = spells[-1]._replace(end=hold.end)
        else:
            spells.append(hold)
    return tuple(spells)


def waiting_spells(timeline: Timeline) -> Holds:
    """The intervals spent in `waiting` stages. Moving on to another waiting stage begins a new wait."""
    return tuple(_stays(timeline.stages, Role.WAITING))


def until_the_customer_wrote(waits: Holds, messages: Sequence[Message]) -> Holds:
    """Each wait, cut short by the first customer's message in it.

    A message in the very instant the wait begins does not end it: whoever moved the ticket to waiting had it
    already.
    """
    if not messages:
        return waits
    return tuple(_cut(wait, messages) for wait in waits)


def _cut(wait: Hold, messages: Sequence[Message]) -> Hold:
    place = bisect_right(messages, wait.start, key=_instant)
    if place < len(messages):
        wrote_at = messages[place].at
        if wait.end is None or wrote_at < wait.end:
            return wait._replace(end=wrote_at, why=f"{wait.why}, until the customer wrote")
    return wait


_instant = attrgetter("at")


def _stays(stages: Sequence[StageChange], role: Role) -> list[Hold]:
    """Each stay in a stage of this role; one left in the instant it was entered is none."""
    found: list[Hold] = []
    entered: StageChange | None = None
    for change in stages:
        if entered is not None and entered.at != change.at:
            found.append(Hold(entered.at, change.at, entered.label, entered.holder, entered.by, role))
        entered = change if change.role is role else None
    if entered is not None:
        found.append(Hold(entered.at, None, entered.label, entered.holder, entered.by, role))
    return found
