"""Metrics: what starts a clock, what stops, pauses and resets it. The six that are built in, and those admins define.

A definition is a handful of short lists of events and conditions. An event happens in an instant; a condition holds
for a while, and where an event is asked for it counts from the instant in which it begins to hold. Which kinds of
event there are, and how each is read from a timeline, is the table in `history.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Metric(StrEnum):
    """The six that are built in. docs/reference/clock.md says when each starts, stops and pauses."""

    ASSIGNMENT = "assignment"
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    UPDATE = "update"
    RESOLUTION = "resolution"
    STAGE = "stage"


class Matcher(Protocol):
    """What a property's value is asked to be. Two that mean the same are equal."""

    def accepts(self, value: str | None) -> bool: ...


class PlaceKind(StrEnum):
    """What the name of a place stands for. ANY: a stage, or the team or vendor that holds one."""

    ANY = "any"
    STAGE = "stage"
    HOLDER = "holder"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket may be: in a stage, with a team or vendor, or in any stage of a role."""

    name: str
    kind: PlaceKind = PlaceKind.ANY

    def __str__(self) -> str:
        return f"a stage that is {self.name}" if self.kind is PlaceKind.ROLE else self.name


NOWHERE: Final = Place("")


# conditions


@dataclass(frozen=True, slots=True)
class InPlace:
    """The ticket is in this place."""

    place: Place

    def __str__(self) -> str:
        return f"the ticket is in {self.place}"


@dataclass(frozen=True, slots=True)
class PropertyIs:
    """A ticket property has a value that the matcher accepts."""

    property: str
    matcher: Matcher

    def __str__(self) -> str:
        return f"{self.property} is {self.matcher}"


@dataclass(frozen=True, slots=True)
class Owned:
    """The ticket has an owner."""

    def __str__(self) -> str:
        return "the ticket has an owner"


@dataclass(frozen=True, slots=True)
class TakenOverByReply:
    """The ticket was handed over to people, and that by a person's message."""

    def __str__(self) -> str:
        return "a person has taken over by answering"


Condition = InPlace | PropertyIs | Owned | TakenOverByReply


# events


class EventKind(StrEnum):
    """What can happen. CONDITION: a condition begins to hold, or holds at the creation."""

    CREATED = "created"
    CLOSED = "closed"
    REOPENED = "reopened"
    ENTERED = "entered"
    LEFT = "left"
    BECAME = "became"
    DATE_REACHED = "date_reached"
    OWNER_SET = "owner_set"
    CUSTOMER_MESSAGE = "customer_message"
    AGENT_MESSAGE = "agent_message"
    AGENT_REPLY = "agent_reply"
    FIRST_REPLY = "first_reply"
    NOTE = "note"
    HANDED_OVER = "handed_over"
    CONDITION = "condition"


_WORDS = {
    EventKind.CREATED: "the ticket is created",
    EventKind.CLOSED: "the ticket is closed",
    EventKind.REOPENED: "the ticket is reopened",
    EventKind.OWNER_SET: "an owner is set",
    EventKind.CUSTOMER_MESSAGE: "the customer writes",
    EventKind.AGENT_MESSAGE: "an agent writes",
    EventKind.AGENT_REPLY: "an agent replies",
    EventKind.FIRST_REPLY: "an agent replies first",
    EventKind.NOTE: "a note is written",
    EventKind.HANDED_OVER: "the ticket is handed over to people",
}
REPLIES = frozenset({EventKind.AGENT_MESSAGE, EventKind.AGENT_REPLY, EventKind.FIRST_REPLY})
"""The kinds of event that answer a customer."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in an instant. `place` belongs to ENTERED and LEFT, `property` to DATE_REACHED, and
    `condition` to CONDITION and BECAME (a `PropertyIs`). It counts only while every condition of `while_` holds."""

    kind: EventKind
    place: Place = NOWHERE
    property: str = ""
    condition: Condition | None = None
    while_: tuple[Condition, ...] = ()
    is_plain: bool = field(init=False, repr=False, compare=False)
    """Its kind says everything: it happens at the same instants whatever else the event says."""

    def __post_init__(self) -> None:
        plain = not (self.while_ or self.property or self.condition) and self.place is NOWHERE
        object.__setattr__(self, "is_plain", plain)

    def __str__(self) -> str:
        text = self._words()
        return f"{text} while {' and '.join(map(str, self.while_))}" if self.while_ else text

    def _words(self) -> str:
        match self.kind:
            case EventKind.ENTERED:
                return f"the ticket enters {self.place}"
            case EventKind.LEFT:
                return f"the ticket leaves {self.place}"
            case EventKind.DATE_REACHED:
                return f"the date in {self.property} is reached"
            case EventKind.BECAME:
                return str(self.condition).replace(" is ", " becomes ", 1)
            case EventKind.CONDITION:
                return str(self.condition)
        return _WORDS[self.kind]

    def conditions(self) -> Iterator[Condition]:
        """Every condition it looks at."""
        if self.condition is not None:
            yield self.condition
        yield from self.while_


@dataclass(frozen=True, slots=True)
class PauseRule:
    """A clock stands still while the condition holds. Of each such wait, in business milliseconds: only from
    `least_ms` on, and only up to `greatest_ms`."""

    condition: Condition
    least_ms: int = 0
    greatest_ms: int | None = None


IN_WAITING = (PauseRule(InPlace(Place("waiting", PlaceKind.ROLE))),)
"""A clock that stands still in every waiting stage."""


_CREATED = Event(EventKind.CREATED)


@dataclass(frozen=True, slots=True)
class Definition:
    """What one metric times.

    A start begins a cycle; a stop ends it, its goal reached; a reset does both in one instant. Starts count only from
    the first of `after` on. `first_only`: there is one cycle, and later starts mean nothing; otherwise a start after a
    stop begins the next. `notices_closing`: a closing ends what has not stopped, and a reopening goes by the promise;
    otherwise neither means anything to the clock. `adds_up`: all cycles are one, which a later start resumes; the time
    between a stop and the next start does not count.

    `not_started` and `ended_by_closing` are clauses for the explanation; "" where they follow from the events.
    """

    starts: tuple[Event, ...]
    stops: tuple[Event, ...] = ()
    resets: tuple[Event, ...] = ()
    after: tuple[Event, ...] = ()
    pauses: tuple[PauseRule, ...] = ()
    first_only: bool = True
    notices_closing: bool = True
    adds_up: bool = False
    not_started: str = ""
    ended_by_closing: str = ""
    stop_events: tuple[Event, ...] = field(init=False, repr=False, compare=False)
    """Its stops without a closing and without conditions, which are read in other ways."""
    stop_conditions: tuple[Condition, ...] = field(init=False, repr=False, compare=False)
    only_stop: Event | None = field(init=False, repr=False, compare=False)
    """The plain event that is all that stops it, but for a closing."""
    starts_at_creation: bool = field(init=False, repr=False, compare=False)
    stops_at_closing: bool = field(init=False, repr=False, compare=False)
    waits_for_a_reply: bool = field(init=False, repr=False, compare=False)
    """Whether a message of an agent stops it."""
    dates: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The properties that hold dates it waits for."""
    is_plain: bool = field(init=False, repr=False, compare=False)
    """Its cycles are each for itself, and no date begins or ends one."""
    closing_means: int = field(init=False, repr=False, compare=False)
    """What a closing is to it: 0 nothing, 1 an end, 2 its goal."""
    is_bare: bool = field(init=False, repr=False, compare=False)
    """Nothing but a closing ends its cycle, and its starts need nothing to come before them."""
    runs_once_from_creation: bool = field(init=False, repr=False, compare=False)
    """It has one cycle, which begins with the ticket and never anew by what happens."""

    def __post_init__(self) -> None:
        of_their_own = (EventKind.CLOSED, EventKind.CONDITION)
        conditions = (stop.condition for stop in self.stops if stop.kind is EventKind.CONDITION)
        derived: dict[str, object] = {
            "stop_events": tuple(stop for stop in self.stops if stop.kind not in of_their_own),
            "stop_conditions": tuple(condition for condition in conditions if condition is not None),
            "starts_at_creation": self.has(EventKind.CREATED, among=self.starts),
            "stops_at_closing": self.has(EventKind.CLOSED, among=self.stops),
            "waits_for_a_reply": any(stop.kind in REPLIES for stop in self.stops),
            "dates": tuple(event.property for event in self.events() if event.kind is EventKind.DATE_REACHED),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        alone = len(self.stop_events) == 1 and self.stop_events[0].is_plain and not self.stop_conditions
        object.__setattr__(self, "only_stop", self.stop_events[0] if alone else None)
        once = self.first_only and self.starts == (_CREATED,) and not (self.resets or self.after or self.adds_up)
        object.__setattr__(self, "runs_once_from_creation", once)
        bare = not (self.stop_events or self.stop_conditions or self.resets or self.after)
        object.__setattr__(self, "is_bare", bare)
        object.__setattr__(self, "is_plain", not (self.adds_up or self.dates))
        closing_means = self.notices_closing + (self.notices_closing and self.stops_at_closing)
        object.__setattr__(self, "closing_means", closing_means)

    def has(self, kind: EventKind, among: Iterable[Event] | None = None) -> bool:
        return any(event.kind is kind for event in (self.events() if among is None else among))

    def events(self) -> Iterator[Event]:
        for events in (self.starts, self.stops, self.resets, self.after):
            yield from events

    def conditions(self) -> Iterator[Condition]:
        """Every condition of an event. Those of its pauses belong to the promise, which may have others."""
        for event in self.events():
            yield from event.conditions()

    def properties(self) -> Iterator[str]:
        """The ticket properties that its events look at."""
        yield from (event.property for event in self.events() if event.property)
        yield from (each.property for each in self.conditions() if isinstance(each, PropertyIs))

    def looks_at_owner(self) -> bool:
        return self.has(EventKind.OWNER_SET) or any(isinstance(each, Owned) for each in self.conditions())

    def waiting_for(self) -> str:
        """Why it has not started."""
        return self.not_started or f"it starts when {' or '.join(map(str, self.starts))}"

    def unreached(self) -> str:
        """Why it ended without its stop."""
        return self.ended_by_closing or "the ticket was closed before the clock stopped"


HANDOVER: Final = ":handover"
"""Where a first response begins that begins with the hand-over; no place has a name like this."""
BY_NAME: Final = Definition(starts=())
"""Stands for the definition of one of the six, where only its name is given."""

_BUILT_IN = {
    Metric.ASSIGNMENT: Definition(
        starts=(_CREATED,),
        stops=(Event(EventKind.CONDITION, condition=Owned()),),
        ended_by_closing="the ticket was closed before anybody owned it",
    ),
    Metric.FIRST_RESPONSE: Definition(
        starts=(_CREATED,),
        stops=(Event(EventKind.FIRST_REPLY),),
        ended_by_closing="the ticket was closed without an agent's reply",
    ),
    Metric.NEXT_RESPONSE: Definition(
        starts=(Event(EventKind.CUSTOMER_MESSAGE),),
        stops=(Event(EventKind.AGENT_REPLY),),
        after=(Event(EventKind.AGENT_REPLY),),
        first_only=False,
        not_started="no customer's message is waiting for an answer",
        ended_by_closing="the ticket was closed without an answer to the customer's message",
    ),
    Metric.UPDATE: Definition(
        starts=(_CREATED,),
        resets=(Event(EventKind.AGENT_MESSAGE),),
        pauses=IN_WAITING,
        ended_by_closing="the ticket was closed",
    ),
    Metric.RESOLUTION: Definition(starts=(_CREATED,), stops=(Event(EventKind.CLOSED),), pauses=IN_WAITING),
}


@lru_cache(maxsize=1024)
def built_in(metric: str, place: str = "", starts_in: str = "", *, total: bool = False) -> Definition:
    """The definition of one of the six. `place` is what a `stage` clock times, with `total` all visits as one;
    `starts_in` where a first response begins ("": at the creation; HANDOVER: when people take over from the AI agent).
    ValueError: none of the six."""
    if metric == Metric.STAGE:
        return _time_in(Place(place), total=total)
    definition = _BUILT_IN[Metric(metric)]
    if not starts_in or metric != Metric.FIRST_RESPONSE:
        return definition
    return _after_handover(definition) if starts_in == HANDOVER else _handed_over(definition, Place(starts_in))


def _time_in(place: Place, *, total: bool) -> Definition:
    return Definition(
        starts=(Event(EventKind.ENTERED, place),),
        stops=(Event(EventKind.LEFT, place),),
        first_only=False,
        notices_closing=False,
        adds_up=total,
        not_started=f"the ticket has not been in {place}",
    )


def _handed_over(definition: Definition, place: Place) -> Definition:
    return Definition(
        starts=(Event(EventKind.ENTERED, place),),
        stops=definition.stops,
        not_started=f"the ticket has not been handed over to {place}",
        ended_by_closing=definition.ended_by_closing,
    )


def _after_handover(definition: Definition) -> Definition:
    """A message that takes over answers in that very instant."""
    return Definition(
        starts=(Event(EventKind.HANDED_OVER),),
        stops=(*definition.stops, Event(EventKind.CONDITION, condition=TakenOverByReply())),
        not_started="the ticket has not been handed over to people",
        ended_by_closing=definition.ended_by_closing,
    )
