"""When one clock started and stopped: the timeline as each metric reads it, as a list of courses.

A course is one run from a start to a stop. `assignment` and `first_response` have one, `resolution` one more for
each reopening that restarts it; `next_response`, `update` and `stage` have as many as it takes.

Facts in one instant apply in the order stop, pause, resume, start: what starts a clock is not stopped by what
happens in the same instant. (Creation is no such start: an owner set on creating the ticket is one.)
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.promise import Metric, Reopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.clock.promise import Clock, Promise
    from hubspot_sla.clock.timeline import Hold, Message, StageChange, Timeline

    Terms = Callable[[int], Promise]

_instant = attrgetter("at")


class Course(NamedTuple):
    """From when to when one clock ran. `stopped_at`: the goal was reached; `ended_at`: the ticket closed first."""

    started_at: int
    stopped_at: int | None = None
    ended_at: int | None = None
    inferred: bool = False

    @property
    def over_at(self) -> int | None:
        """When the clock stopped or ended; None while it lives."""
        return self.ended_at if self.stopped_at is None else self.stopped_at


def courses(timeline: Timeline, clock: Clock, terms: Terms, closed: Sequence[Hold]) -> list[Course]:
    """Every course of this clock, oldest first; none where it has never started.

    `terms(at)` is what was promised at an instant: it says what a reopening does, and where a first response
    starts. The ticket has a creation time.
    """
    created_at = timeline.created_at or 0
    if clock.metric is Metric.STAGE:
        return list(_stays(timeline, clock.place))
    cuts = _cuts(closed, terms) if closed else []
    match clock.metric:
        case Metric.RESOLUTION:
            return list(_resolutions(created_at, cuts))
        case Metric.ASSIGNMENT:
            owned = (change.at for change in timeline.owners if change.owner)
            first = next(owned, None)
            return list(_runs(created_at, None if first is None else max(first, created_at), cuts))
        case Metric.FIRST_RESPONSE:
            return list(_first_responses(timeline, created_at, terms, cuts))
        case Metric.NEXT_RESPONSE:
            return list(_next_responses(timeline, cuts, closed))
        case _:
            return list(_updates(timeline, created_at, cuts, closed))


Cut = tuple[int, int | None]
"""A closing that ends the courses: when, and from when a new one may start (None: never)."""


def _cuts(closed: Sequence[Hold], terms: Terms) -> list[Cut]:
    """The closings that are more than a hold: the one that still lasts, and those whose reopening does not resume."""
    cuts: list[Cut] = []
    for spell in closed:
        rule = Reopen.RESUME if spell.end is None else terms(spell.end).reopen
        if spell.end is None or rule is Reopen.IGNORE:
            return [*cuts, (spell.start, None)]
        if rule is Reopen.RESTART:
            cuts.append((spell.start, spell.end))
    return cuts


def final_closing(clock: Clock, terms: Terms, closed: Sequence[Hold]) -> int | None:
    """Since when no clock of this kind can start any more; None while one still can."""
    if clock.metric is Metric.STAGE:  # time in a stage counts whatever a reopening does
        return closed[-1].start if closed and closed[-1].end is None else None
    cuts = _cuts(closed, terms)
    return cuts[-1][0] if cuts and cuts[-1][1] is None else None


def _resolutions(created_at: int, cuts: Sequence[Cut]) -> Iterator[Course]:
    start = created_at
    for closed_at, again in cuts:
        yield Course(start, closed_at)
        if again is None:
            return
        start = again
    yield Course(start)


def _first_responses(timeline: Timeline, created_at: int, terms: Terms, cuts: Sequence[Cut]) -> Iterator[Course]:
    """From the creation, or from the hand-over; what was said before the hand-over is no answer to it."""
    reply = next(iter(timeline.first_replies), None)
    place = terms(timeline.latest if reply is None else reply.at).starts_in
    start: int | None = created_at
    if place:
        start = next((change.at for change in _settled(timeline) if change.is_in(place)), None)
        reply = next((said for said in timeline.first_replies if start is not None and said.at > start), None)
    if start is not None:
        yield from _runs(start, None if reply is None else reply.at, cuts)


def _next_responses(timeline: Timeline, cuts: Sequence[Cut], closed: Sequence[Hold]) -> Iterator[Course]:
    """From the first customer message after a reply to the next reply; later messages change nothing."""
    replies = [said for said in timeline.agent_messages if said.answers]
    if not replies:
        return
    answered_at = replies[0].at
    for asked in timeline.customer_messages:
        if asked.at < answered_at:
            continue
        later = bisect_right(replies, asked.at, key=_instant)
        reply = replies[later] if later < len(replies) else None
        start = _while_open(asked.at, closed)
        if start is None:
            return
        if reply is None or reply.at > start:
            inferred = asked.inferred or (reply is not None and reply.inferred)
            yield from _runs(start, None if reply is None else reply.at, cuts, inferred=inferred)
        if reply is None:
            return
        answered_at = reply.at


def _updates(timeline: Timeline, created_at: int, cuts: Sequence[Cut], closed: Sequence[Hold]) -> Iterator[Course]:
    """From the creation to the first word of an agent, and from each to the next."""
    start: int | None = created_at
    for said in _apart(timeline.agent_messages, created_at):
        if start is None:
            return
        if said.at > start:
            yield from _runs(start, said.at, cuts, inferred=said.inferred)
        start = _while_open(said.at, closed)
    if start is not None:
        yield from _runs(start, None, cuts)


def _apart(messages: Sequence[Message], since: int) -> Iterator[Message]:
    """Those after `since`, one for each instant."""
    for said in messages:
        if said.at > since:
            yield said
            since = said.at


def _while_open(at: int, closed: Sequence[Hold]) -> int | None:
    """`at`, or the reopening where the ticket was closed then; None where it was never reopened."""
    spell = next((spell for spell in closed if spell.covers(at)), None)
    return at if spell is None else spell.end


def _runs(start: int, stop: int | None, cuts: Sequence[Cut], *, inferred: bool = False) -> Iterator[Course]:
    """One course from `start` to `stop`, or several where the ticket was closed and began anew in between."""
    for closed_at, again in cuts:
        if closed_at < start:
            if again is None:
                return
            start = max(start, again)
        elif stop is not None and stop <= closed_at:
            break
        else:
            yield Course(start, None, closed_at, inferred)
            if again is None or (stop is not None and stop <= again):
                return
            start = again
    if stop is None or stop >= start:
        yield Course(start, stop, None, inferred)


def _stays(timeline: Timeline, place: str) -> Iterator[Course]:
    """Every stay in the place; going from one of its stages to another is one stay."""
    start: int | None = None
    for change in _settled(timeline):
        if change.is_in(place):
            start = change.at if start is None else start
        elif start is not None:
            yield Course(start, change.at)
            start = None
    if start is not None:
        yield Course(start)


def _settled(timeline: Timeline) -> Iterator[StageChange]:
    """The stages in which the ticket stayed: one left in the instant it was entered is none."""
    stages = timeline.stages
    for place, change in enumerate(stages):
        if place + 1 == len(stages) or stages[place + 1].at > change.at:
            yield change
