"""What a timeline says of the events and conditions of metrics: when each happened, when each held.

Two tables say how: `MESSAGES` which messages a kind of event counts, `READERS` the instants of every other kind. A new
kind is a member of `EventKind` and a line in one of them. A date that is still to come is no event yet;
`TicketHistory.next_date_at` says when it will be.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime
from functools import partial
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.metrics import EventKind, InPlace, Owned, PropertyIs
from hubspot_sla.clock.stays import intervals_in, stays
from hubspot_sla.clock.summary import FOREVER, summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from hubspot_sla.clock.metrics import Condition, Definition, Event
    from hubspot_sla.clock.stays import Interval, Stay
    from hubspot_sla.clock.timeline import Message, PropertyChange, Timeline

_start = itemgetter(0)
_at, _inferred, _answers = attrgetter("at"), attrgetter("inferred"), attrgetter("answers")
NO_INSTANTS: Final[frozenset[int]] = frozenset()


Instants = tuple["Sequence[int]", frozenset[int]]
"""Sorted instants, each once; and which of them are those of messages that may have hidden others."""


class Marks(NamedTuple):
    """What one definition finds on a timeline. `holding` are the intervals of the stops that are conditions: such a
    stop stops a clock as soon as it holds, also in the instant of the start. They are sorted by their starts."""

    starts: Instants
    stops: Instants
    resets: Instants
    holding: Sequence[Interval] = ()

    def next_start(self, since: int) -> int | None:
        starts, _ = self.starts
        place = bisect_left(starts, since)
        return starts[place] if place < len(starts) else None

    def next_end(self, start: int, since: int) -> tuple[int, bool] | None:
        """When a clock that started then ends, and whether that is a reset: the first instant after `start` that is
        not before `since`. A stop in the instant of a reset comes first."""
        _, (stops, _), (resets, _), holding = self
        stop = _first_after(stops, start, since) if stops else None
        if holding:
            stop = self._held_or(stop, max(start, since))
        reset = _first_after(resets, start, since) if resets else None
        if reset is not None and (stop is None or reset < stop):
            return reset, True
        return None if stop is None else (stop, False)

    def is_inferred_end(self, end_at: int, *, is_reset: bool) -> bool:
        return end_at in (self.resets if is_reset else self.stops)[1]

    def _held_or(self, stop: int | None, earliest: int) -> int | None:
        """When a condition first holds from `earliest` on, or `stop` where that comes before."""
        for begins, ends in self.holding:
            if ends is None or ends > earliest:
                holds_at = max(begins, earliest)
                return holds_at if stop is None else min(stop, holds_at)
        return stop


marks_of: Final[Callable[[tuple[object, ...]], Marks]] = partial(tuple.__new__, Marks)
"""As `_make`, with every field in its order, in less time."""


def _first_after(instants: Sequence[int], start: int, since: int) -> int | None:
    place = bisect_right(instants, start)
    if since > start:
        place = max(place, bisect_left(instants, since))
    return instants[place] if place < len(instants) else None


class TicketHistory:
    """The timeline of one ticket as its metrics read it, up to `now` (epoch ms)."""

    __slots__ = ("_of_kind", "_stays", "closed", "created_at", "now", "summary", "timeline")

    def __init__(self, timeline: Timeline, now: int) -> None:
        """As of `now`, or of the newest fact where that comes later."""
        self.timeline = timeline
        self.summary = summary = summary_of(timeline)
        self.now = now if now > summary.latest else summary.latest
        self.created_at = timeline.created_at or 0
        self.closed = summary.closed
        self._stays: list[Stay] | None = None
        self._of_kind: dict[EventKind, Instants] = {}

    @property
    def stays(self) -> Sequence[Stay]:
        """Each stay in a stage, oldest first; computed when first asked for."""
        if self._stays is None:
            self._stays = stays(self.timeline)
        return self._stays

    @property
    def closed_at(self) -> int | None:
        """Since when the ticket is closed; None while it is open."""
        closed = self.closed
        return closed[-1][0] if closed and closed[-1][1] is None else None

    @property
    def closed_from(self) -> int:
        """The first closing; FOREVER where there was none."""
        return self.closed[0][0] if self.closed else FOREVER

    def marks(self, definition: Definition, zone: tzinfo, *, if_started: bool = False) -> Marks:
        """Every start, stop and reset of a definition; a date without a time begins in `zone`. The closings that stop
        are not among them: what one means depends on what is promised about reopening. `if_started`: where there is no
        start nobody asks for the rest."""
        starts = self._together(definition.starts, zone, moved=True)
        if definition.is_bare or (if_started and not starts[0]):
            return marks_of((starts, _NONE, _NONE, ()))
        after, events = definition.after, definition.stop_events
        if after:
            armed, _ = self._together(after, zone, moved=True)
            at, inferred = starts
            starts = at[bisect_left(at, armed[0]) :] if armed else (), inferred
        stops = self._together(events, zone, moved=False) if events else _NONE
        resets = self._together(definition.resets, zone, moved=False) if definition.resets else _NONE
        conditions = definition.stop_conditions
        holding = (
            sorted((each for condition in conditions for each in self.intervals(condition)), key=_start)
            if conditions
            else ()
        )
        return marks_of((starts, stops, resets, holding))

    def first_stop(self, definition: Definition, zone: tzinfo) -> tuple[int | None, bool]:
        """When a clock that runs from the creation on stops, and whether the message that stops it may have hidden
        others. Resets are not looked at."""
        start, only_stop, events = self.created_at, definition.only_stop, definition.stop_events
        messages = MESSAGES.get(only_stop.kind) if only_stop is not None else None
        if messages is not None:
            return _first_message_after(start, messages(self.timeline))
        stop, inferred = None, NO_INSTANTS
        if events:
            at, inferred = self._together(events, zone, moved=False)
            stop = _first_after(at, start, 0)
        for condition in definition.stop_conditions:
            for begins, ends in self.intervals(condition):
                if ends is None or ends > start:
                    holds_at = begins if begins > start else start
                    stop = holds_at if stop is None or holds_at < stop else stop
                    break
        return stop, stop in inferred

    def next_date_at(self, definition: Definition, zone: tzinfo) -> int | None:
        """When a date that the definition waits for will be reached, as things stand; None: none is to come."""
        coming = (at for name in definition.dates for at in _dates_reached(self._changes(name), zone) if at > self.now)
        return min(coming, default=None)

    def _together(self, events: Sequence[Event], zone: tzinfo, *, moved: bool) -> Instants:
        if len(events) == 1:
            event = events[0]
            if event.is_plain:  # as `_instants`, without a call
                return self._of_kind.get(event.kind) or self._of_plain(event)
            return self._instants(event, zone, moved=moved)
        of_each = [self._instants(event, zone, moved=moved) for event in events]
        inferred = NO_INSTANTS.union(*(each for _, each in of_each))
        return sorted({at for each, _ in of_each for at in each}), inferred

    def _instants(self, event: Event, zone: tzinfo, *, moved: bool) -> Instants:
        """When the event happened. Where it counts only under conditions these are asked of the ticket as it was before
        the instant, or, with `moved`, as it was then: a stop comes before what else happens in its instant, a start
        after it."""
        if event.is_plain:
            return self._of_kind.get(event.kind) or self._of_plain(event)
        if event.kind in MESSAGES:  # of which only the kind counts
            at, inferred = self._of_kind.get(event.kind) or self._of_plain(event)
        elif event.kind is EventKind.DATE_REACHED:
            dates = _dates_reached(self._changes(event.property), zone)
            at, inferred = [date_at for date_at in dates if date_at <= self.now], NO_INSTANTS
        else:
            at, inferred = READERS[event.kind](self, event), NO_INSTANTS
        for condition in event.while_:
            intervals = self.intervals(condition)
            at = [each for each in at if _holds(intervals, each, moved=moved)]
        return at, inferred

    def _of_plain(self, event: Event) -> Instants:
        """Read once for all metrics."""
        kind = event.kind
        of_messages = MESSAGES.get(kind)
        if of_messages is None:
            instants: Instants = READERS[kind](self, event), NO_INSTANTS
        else:
            instants = _instants_of(of_messages(self.timeline))
        self._of_kind[kind] = instants
        return instants

    def intervals(self, condition: Condition) -> list[Interval]:
        """When the condition held."""
        timeline = self.timeline
        if isinstance(condition, Owned):
            return _intervals([(change.at, bool(change.owner)) for change in timeline.owners])
        if isinstance(condition, InPlace):
            return intervals_in(condition.place, self.stays)
        if isinstance(condition, PropertyIs):
            accepts = condition.matcher.accepts
            return _intervals(
                [(change.at, accepts(change.value)) for change in self._changes(condition.property)],
                before=accepts(None),
                since=self.created_at,
            )
        # What is left is `TakenOverByReply`.
        taken_over_at = timeline.handover_at if timeline.handed_over_by_reply else None
        return [] if taken_over_at is None else [(taken_over_at, None)]

    def _changes(self, name: str) -> Sequence[PropertyChange]:
        return self.timeline.properties.get(name, ())


_NONE: Final[Instants] = ((), NO_INSTANTS)


def _instants_of(messages: Sequence[Message]) -> Instants:
    if len(messages) == 1:
        message = messages[0]
        at = (message.at,)
        return at, frozenset(at) if message.inferred else NO_INSTANTS
    if not messages:
        return _NONE
    hiding = frozenset(map(_at, filter(_inferred, messages))) if any(map(_inferred, messages)) else NO_INSTANTS
    return sorted(set(map(_at, messages))), hiding


def _first_message_after(start: int, messages: Sequence[Message]) -> tuple[int | None, bool]:
    """When the first message after `start` was sent, and whether one of that instant may have hidden others. None comes
    before the first in `messages`."""
    if not messages:
        return None, False
    first = messages[0]
    if first.at > start and (len(messages) == 1 or messages[1].at > first.at):
        return first.at, first.inferred
    first_at, inferred = None, False
    for message in messages:
        at = message.at
        if at > start and (first_at is None or at <= first_at):
            inferred = message.inferred or (inferred and at == first_at)
            first_at = at
    return first_at, inferred


def _intervals(changes: Sequence[tuple[int, bool]], *, before: bool = False, since: int = 0) -> list[Interval]:
    """When the value was true, by its changes; of several in one instant the last counts. `before` is what it was from
    `since` up to the first change."""
    if len(changes) == 1 and not before:
        at, value = changes[0]
        return [(at, None)] if value else []
    at_instant = dict(changes)
    if before and all(at > since for at in at_instant):
        at_instant = {since: True, **at_instant}
    intervals: list[Interval] = []
    for at, value in at_instant.items():
        if intervals and intervals[-1][1] is None:
            if not value:
                intervals[-1] = (intervals[-1][0], at)
        elif value:
            intervals.append((at, None))
    return intervals


def _holds(intervals: Iterable[Interval], at: int, *, moved: bool) -> bool:
    if moved:
        return any(start <= at and (end is None or at < end) for start, end in intervals)
    return any(start < at and (end is None or at <= end) for start, end in intervals)


# dates


def instant_of(text: str | None, zone: tzinfo) -> int | None:
    """Epoch ms of an instant, of the beginning of a date in `zone`, or of epoch ms as text; None: empty.

    ValueError: something else.
    """
    if not text:
        return None
    if text.lstrip("-").isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)


def _dates_reached(changes: Sequence[PropertyChange], zone: tzinfo) -> Iterator[int]:
    """The instants at which the date that a property held was reached. One that lay in the past when it was set is
    reached then; one that was changed before its time never is."""
    for place, change in enumerate(changes):
        date_at = instant_of(change.value, zone)
        if date_at is None:
            continue
        reached_at = max(date_at, change.at)
        if place + 1 == len(changes) or changes[place + 1].at > reached_at:
            yield reached_at


# the tables


def _first_replies(timeline: Timeline) -> Sequence[Message]:
    """What counts as a first reply; once there was one, every later reply, for the properties that say which was first
    say no more of it."""
    first = timeline.first_replies
    if not first:
        return ()
    first_at, messages = first[0].at, timeline.agent_messages
    if not messages or messages[-1].at <= first_at:
        return first
    return [*first, *[message for message in messages if message.at > first_at and message.answers]]


def _agent_replies(timeline: Timeline) -> Sequence[Message]:
    messages = timeline.agent_messages
    return messages if all(map(_answers, messages)) else tuple(filter(_answers, messages))


MESSAGES: Final[Mapping[EventKind, Callable[[Timeline], Sequence[Message]]]] = {
    EventKind.CUSTOMER_MESSAGE: lambda timeline: timeline.customer_messages,
    EventKind.AGENT_MESSAGE: lambda timeline: timeline.agent_messages,
    EventKind.AGENT_REPLY: _agent_replies,
    EventKind.FIRST_REPLY: _first_replies,
    EventKind.NOTE: lambda timeline: [each for each in timeline.agent_messages if not each.answers],
}


def _created(history: TicketHistory, _event: Event) -> Sequence[int]:
    return (history.created_at,)


def _closed(history: TicketHistory, _event: Event) -> Sequence[int]:
    return [closed.start for closed in history.closed]


def _reopened(history: TicketHistory, _event: Event) -> Sequence[int]:
    return [closed.end for closed in history.closed if closed.end is not None]


def _entered(history: TicketHistory, event: Event) -> Sequence[int]:
    return [start for start, _ in intervals_in(event.place, history.stays)]


def _left(history: TicketHistory, event: Event) -> Sequence[int]:
    return [end for _, end in intervals_in(event.place, history.stays) if end is not None]


def _began_to_hold(history: TicketHistory, event: Event) -> Sequence[int]:
    return [] if event.condition is None else [start for start, _ in history.intervals(event.condition)]


def _became(history: TicketHistory, event: Event) -> Sequence[int]:
    """As `_began_to_hold`, without what the ticket was created with: that did not become so."""
    return [at for at in _began_to_hold(history, event) if at > history.created_at]


def _owner_set(history: TicketHistory, _event: Event) -> Sequence[int]:
    owners = {change.at: change.owner for change in history.timeline.owners}
    return [at for at, owner in owners.items() if owner]


def _handed_over(history: TicketHistory, _event: Event) -> Sequence[int]:
    handover_at = history.timeline.handover_at
    return () if handover_at is None else (handover_at,)


READERS: Final[Mapping[EventKind, Callable[[TicketHistory, Event], Sequence[int]]]] = {
    EventKind.CREATED: _created,
    EventKind.CLOSED: _closed,
    EventKind.REOPENED: _reopened,
    EventKind.ENTERED: _entered,
    EventKind.LEFT: _left,
    EventKind.CONDITION: _began_to_hold,
    EventKind.BECAME: _became,
    EventKind.OWNER_SET: _owner_set,
    EventKind.HANDED_OVER: _handed_over,
}
