"""Stretches of a ticket's life in which some clocks do not run: spells of being closed, and of waiting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.timeline import Hold, Role

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import StageChange, Timeline

Holds = tuple[Hold, ...]


class Spells:
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
        if promise.resume_on_customer_message:
            if self._cut is None:
                self._cut = self._with_closed(waiting_spells(self._timeline, until_customer_message=True))
            return self._cut
        if self._uncut is None:
            self._uncut = self._with_closed(waiting_spells(self._timeline, until_customer_message=False))
        return self._uncut

    def _with_closed(self, waiting: Holds) -> Holds:
        if not self.closed:
            return waiting
        return tuple(sorted((*self.closed, *waiting), key=lambda hold: hold.start))


def closed_spells(timeline: Timeline) -> Holds:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one spell: the ticket was closed once.
    """
    spells: list[Hold] = []
    for hold in _stays(timeline.stages, Role.CLOSED):
        if spells and spells[-1].end == hold.start:
            spells[-1] = replace(spells[-1], end=hold.end)
        else:
            spells.append(hold)
    return tuple(spells)


def waiting_spells(timeline: Timeline, *, until_customer_message: bool) -> Holds:
    """The intervals spent in `waiting` stages, each cut short by a customer's message where that counts.

    A message in the very instant the wait begins does not end it: whoever moved the ticket to waiting had it
    already. Moving on to another waiting stage begins a new wait.
    """
    stays = _stays(timeline.stages, Role.WAITING)
    if not until_customer_message or not timeline.customer_messages:
        return tuple(stays)
    return tuple(_cut(stay, timeline) for stay in stays)


def _cut(stay: Hold, timeline: Timeline) -> Hold:
    for message in timeline.customer_messages:
        if message.at > stay.start and stay.covers(message.at):
            return replace(stay, end=message.at, why=f"{stay.why}, until the customer wrote")
    return stay


def _stays(stages: tuple[StageChange, ...], role: Role) -> list[Hold]:
    """Each stay in a stage of this role; one left in the instant it was entered is none."""
    found: list[Hold] = []
    last = len(stages) - 1
    for place, change in enumerate(stages):
        if change.role is role:
            left = stages[place + 1].at if place < last else None
            if left != change.at:
                found.append(Hold(change.at, left, change.label, change.holder, change.by, role))
    return found
