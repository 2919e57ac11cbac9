"""The intervals of a ticket's life in which some clocks do not run: closed, and waiting."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.timeline import Pause, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.promise import Clock, Promise
    from hubspot_sla.clock.timeline import Message, StageChange, Timeline

PauseList = tuple[Pause, ...]


class Pauses:
    """The pauses of one timeline, computed once for all its clocks. Each tuple is sorted and disjoint."""

    __slots__ = ("_timeline", "_until_message", "_waiting", "closed")

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.closed = closed_intervals(timeline)
        self._until_message: PauseList | None = None
        self._waiting: PauseList | None = None

    def of(self, promise: Promise) -> PauseList:
        """The intervals in which a clock under this promise does not run. Time in a stage is all counted; a total does
        not count the time elsewhere."""
        if promise.metric is Metric.STAGE:
            return elsewhere(self._timeline, promise.place) if promise.total else ()
        if not promise.pauses:
            return self.closed
        if self._waiting is None:
            self._waiting = waiting_intervals(self._timeline)
        if not promise.resume_on_customer_message:
            return self._with_closed(self._waiting)
        if self._until_message is None:
            self._until_message = self._with_closed(
                until_the_customer_wrote(self._waiting, self._timeline.customer_messages)
            )
        return self._until_message

    def suspensions(self, clock: Clock) -> PauseList:
        """The intervals in which a clock has stopped and may be resumed: the ticket is closed, or has left the place
        of a total."""
        if clock.total:
            return absences(elsewhere(self._timeline, clock.place))
        return self.closed

    def _with_closed(self, waiting: PauseList) -> PauseList:
        if not self.closed or not waiting:
            return self.closed or waiting
        return tuple(sorted((*self.closed, *waiting), key=_start))


_start = itemgetter(0)


def closed_intervals(timeline: Timeline) -> PauseList:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one interval: the ticket was closed once.
    """
    intervals: list[Pause] = []
    for pause in _stays(timeline.stages, Role.CLOSED):
        if intervals and intervals[-1].end == pause.start:
            intervals[-1] = intervals[-1]._replace(end=pause.end)
        else:
            intervals.append(pause)
    return tuple(intervals)


def waiting_intervals(timeline: Timeline) -> PauseList:
    """The intervals spent in `waiting` stages. Moving on to another waiting stage begins a new wait."""
    return tuple(_stays(timeline.stages, Role.WAITING))


def elsewhere(timeline: Timeline, place: str) -> PauseList:
    """Each stay in another stage since the first time the ticket was in `place`."""
    stays: list[Pause] = []
    entered: StageChange | None = None
    been_there = False
    for change in timeline.settled_stages():
        if entered is not None:
            stays.append(_stay(entered, change.at))
        here = change.is_in(place)
        been_there = been_there or here
        entered = change if been_there and not here else None
    if entered is not None:
        stays.append(_stay(entered, None))
    return tuple(stays)


def absences(stays: PauseList) -> PauseList:
    """Stays that follow each other as one: from leaving the place to entering it again."""
    joined: list[Pause] = []
    for stay in stays:
        if joined and joined[-1].end == stay.start:
            joined[-1] = joined[-1]._replace(end=stay.end)
        else:
            joined.append(stay._replace(role=Role.OPEN))
    return tuple(joined)


def _stay(entered: StageChange, end: int | None) -> Pause:
    return Pause(entered.at, end, entered.label, entered.holder, entered.by, entered.role or Role.OPEN)


def until_the_customer_wrote(waits: PauseList, messages: Sequence[Message]) -> PauseList:
    """Each wait, cut short by the first customer's message in it.

    A message in the very instant the wait begins does not end it: whoever moved the ticket to waiting had it
    already.
    """
    if not messages:
        return waits
    return tuple(_until_message(wait, messages) for wait in waits)


def _until_message(wait: Pause, messages: Sequence[Message]) -> Pause:
    place = bisect_right(messages, wait.start, key=_instant)
    if place < len(messages):
        wrote_at = messages[place].at
        if wait.end is None or wrote_at < wait.end:
            return wait._replace(end=wrote_at, why=f"{wait.why}, until the customer wrote")
    return wait


_instant = attrgetter("at")


def _stays(stages: Sequence[StageChange], role: Role) -> list[Pause]:
    """Each stay in a stage of this role; one left in the instant it was entered is none."""
    stays: list[Pause] = []
    entered: StageChange | None = None
    for change in stages:
        if entered is not None and entered.at != change.at:
            stays.append(_stay(entered, change.at))
        entered = change if change.role is role else None
    if entered is not None:
        stays.append(_stay(entered, None))
    return stays
