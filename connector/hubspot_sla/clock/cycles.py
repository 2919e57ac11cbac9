"""When one clock started and stopped: the timeline as each metric reads it, as a list of cycles.

A cycle is one run from a start to a stop. `assignment` and `first_response` have one, `resolution` one more for
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
    from hubspot_sla.clock.timeline import Message, Pause, Timeline

    PromiseAt = Callable[[int], Promise]

_instant = attrgetter("at")


class CycleTimes(NamedTuple):
    """From when to when one clock ran. `stopped_at`: the goal was reached; `ended_at`: the ticket closed first."""

    started_at: int
    stopped_at: int | None = None
    ended_at: int | None = None
    inferred: bool = False

    @property
    def over_at(self) -> int | None:
        """When the clock stopped or ended; None while it lives."""
        return self.ended_at if self.stopped_at is None else self.stopped_at


def cycle_times(timeline: Timeline, clock: Clock, promise_at: PromiseAt, closed: Sequence[Pause]) -> list[CycleTimes]:
    """Every cycle of this clock, oldest first; none where it has never started.

    `promise_at(at)` is what was promised at an instant: it says what a reopening does, and where a first response
    starts. The ticket has a creation time.
    """
    created_at = timeline.created_at or 0
    if clock.metric is Metric.STAGE:
        stays = list(_stays(timeline, clock.place))
        return _over_all(stays) if clock.total else stays
    cuts = _cuts(closed, promise_at) if closed else []
    match clock.metric:
        case Metric.RESOLUTION:
            return list(_resolutions(created_at, cuts))
        case Metric.ASSIGNMENT:
            owned = (change.at for change in timeline.owners if change.owner)
            first = next(owned, None)
            return list(_split_at_closings(created_at, None if first is None else max(first, created_at), cuts))
        case Metric.FIRST_RESPONSE:
            return list(_first_responses(timeline, created_at, promise_at, cuts))
        case Metric.NEXT_RESPONSE:
            return list(_next_responses(timeline, cuts, closed))
        case _:
            return list(_updates(timeline, created_at, cuts, closed))


Cut = tuple[int, int | None]
"""A closing that ends the cycles: when, and from when a new one may start (None: never)."""


def _cuts(closed: Sequence[Pause], promise_at: PromiseAt) -> list[Cut]:
    """The closings that are more than a pause: the one that still lasts, and those whose reopening does not resume."""
    cuts: list[Cut] = []
    for pause in closed:
        rule = Reopen.RESUME if pause.end is None else promise_at(pause.end).reopen
        if pause.end is None or rule is Reopen.IGNORE:
            return [*cuts, (pause.start, None)]
        if rule is Reopen.RESTART:
            cuts.append((pause.start, pause.end))
    return cuts


def final_closing(clock: Clock, promise_at: PromiseAt, closed: Sequence[Pause]) -> int | None:
    """Since when no clock of this kind can start any more; None while one still can."""
    if clock.metric is Metric.STAGE:  # time in a stage counts whatever a reopening does
        return closed[-1].start if closed and closed[-1].end is None else None
    cuts = _cuts(closed, promise_at)
    return cuts[-1][0] if cuts and cuts[-1][1] is None else None


def _resolutions(created_at: int, cuts: Sequence[Cut]) -> Iterator[CycleTimes]:
    start = created_at
    for closed_at, again in cuts:
        yield CycleTimes(start, closed_at)
        if again is None:
            return
        start = again
    yield CycleTimes(start)


def _first_responses(
    timeline: Timeline, created_at: int, promise_at: PromiseAt, cuts: Sequence[Cut]
) -> Iterator[CycleTimes]:
    """From the creation, or from the hand-over; what was said before the hand-over is no answer to it."""
    reply = next(iter(timeline.first_replies), None)
    place = promise_at(timeline.latest if reply is None else reply.at).starts_in
    start: int | None = created_at
    if place:
        start = next((change.at for change in timeline.settled_stages() if change.is_in(place)), None)
        reply = next((message for message in timeline.first_replies if start is not None and message.at > start), None)
    if start is not None:
        yield from _split_at_closings(start, None if reply is None else reply.at, cuts)


def _next_responses(timeline: Timeline, cuts: Sequence[Cut], closed: Sequence[Pause]) -> Iterator[CycleTimes]:
    """From the first customer message after a reply to the next reply; later messages change nothing."""
    replies = [message for message in timeline.agent_messages if message.answers]
    if not replies:
        return
    answered_at = replies[0].at
    for question in timeline.customer_messages:
        if question.at < answered_at:
            continue
        later = bisect_right(replies, question.at, key=_instant)
        reply = replies[later] if later < len(replies) else None
        start = _while_open(question.at, closed)
        if start is None:
            return
        if reply is None or reply.at > start:
            inferred = question.inferred or (reply is not None and reply.inferred)
            yield from _split_at_closings(start, None if reply is None else reply.at, cuts, inferred=inferred)
        if reply is None:
            return
        answered_at = reply.at


def _updates(timeline: Timeline, created_at: int, cuts: Sequence[Cut], closed: Sequence[Pause]) -> Iterator[CycleTimes]:
    """From the creation to the first message of an agent, and from each to the next."""
    start: int | None = created_at
    for message in _apart(timeline.agent_messages, created_at):
        if start is None:
            return
        if message.at > start:
            yield from _split_at_closings(start, message.at, cuts, inferred=message.inferred)
        start = _while_open(message.at, closed)
    if start is not None:
        yield from _split_at_closings(start, None, cuts)


def _apart(messages: Sequence[Message], since: int) -> Iterator[Message]:
    """Those after `since`, one for each instant."""
    for message in messages:
        if message.at > since:
            yield message
            since = message.at


def _while_open(at: int, closed: Sequence[Pause]) -> int | None:
    """`at`, or the reopening where the ticket was closed then; None where it was never reopened."""
    pause = next((pause for pause in closed if pause.covers(at)), None)
    return at if pause is None else pause.end


def _split_at_closings(
    start: int, stop: int | None, cuts: Sequence[Cut], *, inferred: bool = False
) -> Iterator[CycleTimes]:
    """One cycle from `start` to `stop`, or several where the ticket was closed and began anew in between."""
    for closed_at, again in cuts:
        if closed_at < start:
            if again is None:
                return
            start = max(start, again)
        elif stop is not None and stop <= closed_at:
            break
        else:
            yield CycleTimes(start, None, closed_at, inferred)
            if again is None or (stop is not None and stop <= again):
                return
            start = again
    if stop is None or stop >= start:
        yield CycleTimes(start, stop, None, inferred)


def _stays(timeline: Timeline, place: str) -> Iterator[CycleTimes]:
    """Every stay in the place; going from one of its stages to another is one stay."""
    start: int | None = None
    for change in timeline.settled_stages():
        if change.is_in(place):
            start = change.at if start is None else start
        elif start is not None:
            yield CycleTimes(start, change.at)
            start = None
    if start is not None:
        yield CycleTimes(start)


def _over_all(stays: Sequence[CycleTimes]) -> list[CycleTimes]:
    """One cycle from the first entering to the last leaving; entering again resumes it."""
    return [CycleTimes(stays[0].started_at, stays[-1].stopped_at)] if stays else []
