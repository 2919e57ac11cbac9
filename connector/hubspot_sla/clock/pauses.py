"""The intervals in which a clock stands still: the ticket is closed or waits, or whatever else its promise pauses by.

A wait is a pause only from the instant on at which it has lasted the least time of its rule, and only up to that at
which it has lasted the greatest, in the business time of the promise. Neither is counted before it has come: until then
the clock goes on as it does, and `Pauses.next_change_at` says when that changes by itself.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.clock.history import TicketHistory
from hubspot_sla.clock.metrics import IN_WAITING, InPlace, PropertyIs
from hubspot_sla.clock.stays import is_in
from hubspot_sla.clock.time_text import length
from hubspot_sla.clock.timeline import Pause, Role, pause_of
from hubspot_sla.clock.waivers import concerns, stopped_by

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.metrics import Condition, Definition, PauseRule
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.stays import Stay
    from hubspot_sla.clock.timeline import StageChange, Timeline
    from hubspot_sla.clock.waivers import StoppedInterval

PauseList = tuple[Pause, ...]
SUPPORT, CUSTOMER = "support", "customer"
"""Whose time it is where the stage names no team or vendor."""
AI_AGENT = "AI agent"
"""Whose it is instead of ours, until the AI agent hands the ticket over to people."""

_start, _instant = itemgetter(0), attrgetter("at")
_WAITING: Final = Role.WAITING  # to look up a member of an enum takes longer than a call


class _Everybody:
    """Whoever it is belongs to it."""

    def __contains__(self, author: object) -> bool:
        return True


NOBODY: Final[Container[str]] = frozenset()
EVERYBODY: Final[Container[str]] = _Everybody()
"""Authors whose pauses are taken away, to see what would have been without them."""


class _OfPromise(NamedTuple):
    pauses: PauseList
    next_change_at: int | None = None


class Pauses:
    """The pauses of one ticket, computed once for all its clocks, as if those of the authors in `without` had never
    been. Each list is sorted and disjoint. Closings are no pauses: they are never taken away."""

    __slots__ = ("_limited", "_waiting", "_without", "closed", "history")

    def __init__(self, history: TicketHistory, without: Container[str] = NOBODY) -> None:
        self.history = history
        self._without = without
        self.closed: PauseList = history.closed
        self._waiting: dict[tuple[bool, bool], PauseList] = {}
        self._limited: dict[object, _OfPromise] = {}

    @staticmethod
    def at(timeline: Timeline, now: int, without: Container[str] = NOBODY) -> Pauses:
        """The pauses as they are known at `now` (epoch ms); with what waivers stop, where there are any."""
        history = TicketHistory(timeline, now)
        return PausesWithStops(history, without) if timeline.stopped else Pauses(history, without)

    def closed_for(self, promise: Promise) -> PauseList:
        """The closings that a clock under this promise stands still in."""
        return self.closed if promise.notices_closing else ()

    def of(self, promise: Promise) -> PauseList:
        """The intervals in which a clock under this promise stands still."""
        if promise.is_never_paused:
            return self.closed if promise.notices_closing else ()
        if not promise.pauses_in_waiting:
            definition = promise.definition
            return self._elsewhere(definition) if definition.adds_up else self._by_rules(promise).pauses
        key = (promise.notices_closing, promise.resume_on_customer_message)
        pauses = self._waiting.get(key)
        if pauses is None:
            waits, closed = self._waits_in_waiting(cut_short=key[1]), self.closed if key[0] else ()
            pauses = waits + closed
            if waits and closed and closed[0][0] < waits[-1][0]:
                pauses = tuple(sorted(pauses, key=_start))
            self._waiting[key] = pauses
        return pauses

    def _waits_in_waiting(self, *, cut_short: bool) -> PauseList:
        """Each stay in a waiting stage. What customers wrote ends only what begins before they wrote it."""
        waits, without = self.history.summary.waits, self._without
        if without:
            waits = tuple([wait for wait in waits if wait.by not in without])
        messages = self.history.timeline.customer_messages if cut_short else ()
        if not messages or not waits or waits[0][0] >= messages[-1].at:
            return waits
        place = bisect_left(waits, messages[-1].at, key=_start)
        return (*map(self._cut_short, waits[:place]), *waits[place:])

    def absences(self, definition: Definition) -> PauseList:
        """From each leaving of the place that is added up to the next entering, or for ever."""
        absences: list[Pause] = []
        for pause in self._elsewhere(definition):
            if absences and absences[-1].end == pause.start:
                absences[-1] = absences[-1]._replace(end=pause.end)
            else:
                absences.append(pause._replace(role=Role.OPEN))
        return tuple(absences)

    def _elsewhere(self, definition: Definition) -> PauseList:
        """Each stay in another stage since the ticket was first in the place that is added up."""
        place = definition.starts[0].place
        been_there = False
        elsewhere: list[Pause] = []
        for start, end, stage in self.history.stays:
            is_here = is_in(place, stage)
            been_there = been_there or is_here
            if been_there and not is_here:
                elsewhere.append(Pause(start, end, stage.label, stage.holder, stage.by, stage.role or Role.OPEN))
        return tuple(elsewhere)

    def next_change_at(self, promise: Promise) -> int | None:
        """When a wait that goes on will become a pause, or will cease to be one, if nobody does anything."""
        rules = promise.pauses
        if not rules or rules is IN_WAITING or promise.definition.adds_up:
            return None
        return self._by_rules(promise).next_change_at

    def running_in(self, promise: Promise, at: int) -> tuple[str, str, str]:
        """The stage in which a clock runs at an instant, with the reason where it would stand still there; whose time
        that is; and who moved the ticket there."""
        stay = self._stay_at(at)
        if stay is None:
            return "", SUPPORT, ""
        stage = stay[2]
        for rule in promise.pauses:
            if isinstance(rule.condition, InPlace) and is_in(rule.condition.place, stage):
                return self._running_in_wait(promise, rule, stay, at)
        return stage.label, self._whose_at(stage, at), stage.by

    def _whose_at(self, stage: StageChange, at: int) -> str:
        hold, whose = self.history.timeline.ai_hold, _whose(stage)
        if hold is None:
            return whose
        with_ai_agent = hold.start <= at and (hold.end is None or at < hold.end)
        return AI_AGENT if with_ai_agent and whose == SUPPORT else whose

    def _running_in_wait(self, promise: Promise, rule: PauseRule, stay: Stay, at: int) -> tuple[str, str, str]:
        stage = stay[2]
        wait = self._wait(stay, cut_short=promise.resume_on_customer_message)
        if wait.end is not None and wait.end <= at:
            return f"{stage.label}, after the customer wrote", SUPPORT, stage.by
        limit = None if rule.greatest_ms is None else _lasted(wait, rule.greatest_ms, promise.calendar)
        if limit is not None and limit <= at and rule.greatest_ms is not None:
            return f"{stage.label}, after it has lasted {length(rule.greatest_ms)}", _whose(stage), stage.by
        return f"{stage.label}, until it has lasted {length(rule.least_ms)}", _whose(stage), stage.by

    def _by_rules(self, promise: Promise) -> _OfPromise:
        key = (promise.pauses, promise.notices_closing, promise.resume_on_customer_message, id(promise.calendar))
        if key not in self._limited:
            self._limited[key] = self._computed(promise)
        return self._limited[key]

    def _computed(self, promise: Promise) -> _OfPromise:
        pauses: list[Pause] = []
        changes: list[int] = []
        for rule in promise.pauses:
            for wait in self._waits(rule.condition, cut_short=promise.resume_on_customer_message):
                if wait.by in self._without:
                    continue
                pause, change_at = _limited(wait, rule, promise.calendar, self.history.now)
                pauses += [] if pause is None else [pause]
                changes += [] if change_at is None else [change_at]
        return _OfPromise(_disjoint(self.closed_for(promise), pauses), min(changes, default=None))

    def _waits(self, condition: Condition, *, cut_short: bool) -> Iterator[Pause]:
        """Each wait. A stay in a stage is one, and moving on to another stage begins the next."""
        if isinstance(condition, InPlace):
            for stay in self.history.stays:
                if is_in(condition.place, stay[2]):
                    yield self._wait(stay, cut_short=cut_short)
            return
        for start, end in self.history.intervals(condition):
            stay_then = self._stay_at(start)
            holder = SUPPORT if stay_then is None else _whose(stay_then[2])
            yield Pause(start, end, str(condition), holder, self._set_by(condition, start))

    def _wait(self, stay: Stay, *, cut_short: bool) -> Pause:
        start, end, stage = stay
        wait = pause_of((start, end, stage.label, stage.holder, stage.by, _WAITING))
        return self._cut_short(wait) if cut_short and stage.role is _WAITING else wait

    def _cut_short(self, wait: Pause) -> Pause:
        """The wait, up to where the customer wrote."""
        start, end, why, holder, by, role = wait
        wrote_at = self._customer_wrote_at(start, end)
        if wrote_at is None:
            return wait
        return pause_of((start, wrote_at, f"{why}, until the customer wrote", holder, by, role))

    def _customer_wrote_at(self, start: int, end: int | None) -> int | None:
        """The first customer's message in a wait. One in the very instant in which it begins does not end it: it was
        there when the ticket was moved."""
        messages = self.history.timeline.customer_messages
        if not messages or messages[-1].at <= start:
            return None
        wrote_at = messages[bisect_right(messages, start, key=_instant)].at
        return wrote_at if end is None or wrote_at < end else None

    def _stay_at(self, at: int) -> Stay | None:
        stays = self.history.stays
        place = bisect_right(stays, at, key=_start)
        return stays[place - 1] if place else None

    def _set_by(self, condition: Condition, at: int) -> str:
        if not isinstance(condition, PropertyIs):
            return ""
        changes = self.history.timeline.properties.get(condition.property, ())
        return next((change.by for change in changes if change.at == at), "")


class PausesWithStops(Pauses):
    """The pauses of a ticket of which waivers stop clocks."""

    __slots__ = ("_stops",)

    def __init__(self, history: TicketHistory, without: Container[str] = NOBODY) -> None:
        super().__init__(history, without)
        self._stops = stopped_by(history.timeline.stopped, history.now)

    def of(self, promise: Promise) -> PauseList:
        now = self.history.now
        stopped = [
            Pause(stop.since, stop.until if stop.until <= now else None, f"stopped, {stop.why}", SUPPORT, stop.by)
            for stop in self._stops_of(promise)
            if stop.since <= now
        ]
        return _disjoint(super().of(promise), stopped)

    def next_change_at(self, promise: Promise) -> int | None:
        changes = [super().next_change_at(promise)]
        changes += [at for stop in self._stops_of(promise) for at in (stop.since, stop.until)]
        return min((at for at in changes if at is not None and at > self.history.now), default=None)

    def _stops_of(self, promise: Promise) -> Iterator[StoppedInterval]:
        return (stop for stop in self._stops if stop.by not in self._without and concerns(stop, promise.clock))


def _whose(stage: StageChange) -> str:
    return stage.holder or (CUSTOMER if stage.role is _WAITING else SUPPORT)


def _limited(wait: Pause, rule: PauseRule, calendar: Calendar, now: int) -> tuple[Pause | None, int | None]:
    """What of a wait is a pause as of `now`, and when that changes by itself."""
    start = _lasted(wait, rule.least_ms, calendar)
    if start is None or (wait.end is not None and start >= wait.end):
        return None, None
    if start > now:
        return None, start
    limit = None if rule.greatest_ms is None else _lasted(wait, rule.greatest_ms, calendar)
    if limit is None or (wait.end is not None and limit >= wait.end):
        return wait._replace(start=start), None
    if limit > now:
        return wait._replace(start=start), limit
    return wait._replace(start=start, end=limit), None


def _lasted(wait: Pause, length_ms: int, calendar: Calendar) -> int | None:
    """When the wait has lasted so much business time; None: never within the horizon of calendars."""
    try:
        return calendar.due(wait.start, length_ms)
    except ValueError:
        return None


def _disjoint(closed: PauseList, others: Iterable[Pause]) -> PauseList:
    """The pauses one beside the other: a ticket that is closed is closed, and of several waits the first counts."""
    pauses = list(closed)
    for pause in sorted(others, key=_start):
        pauses += list(_uncovered(pause, pauses))
        pauses.sort(key=_start)
    return tuple(pauses)


def _uncovered(pause: Pause, covering: Iterable[Pause]) -> Iterator[Pause]:
    """What is left of a pause beside sorted and disjoint others."""
    start = pause.start
    for other in covering:
        if pause.end is not None and other.start >= pause.end:
            break
        if other.end is not None and other.end <= start:
            continue
        if other.start > start:
            yield pause._replace(start=start, end=other.start)
        if other.end is None:
            return
        start = other.end
    if pause.end is None or start < pause.end:
        yield pause._replace(start=start)
