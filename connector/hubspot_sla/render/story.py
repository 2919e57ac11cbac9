"""From verdicts to the parts of a text: what is late first, since when and by how much, what was promised, then the
rest. Every medium shows these parts, each in its own form.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.verdict import LATE, Cycle, Onset, Status, Verdict
from hubspot_sla.language.forms import instant, joined, length
from hubspot_sla.language.texts import marked
from hubspot_sla.render.names import changed_by, clock_name, status_name
from hubspot_sla.render.promise_text import business_days, promised
from hubspot_sla.render.reasons import reason_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.reasons import NameOf


class Standing(IntEnum):
    """What a reader should see first, in this order."""

    LATE = 0
    WAS_LATE = 1
    UNKNOWN = 2
    AT_RISK = 3
    DUE = 4
    PAUSED = 5
    NOT_STARTED = 6
    IN_TIME = 7
    OTHER = 8


_STANDINGS: Final = {
    Status.BREACHED: Standing.LATE,
    Status.MISSED: Standing.WAS_LATE,
    Status.UNKNOWN: Standing.UNKNOWN,
    Status.AT_RISK: Standing.AT_RISK,
    Status.RUNNING: Standing.DUE,
    Status.PAUSED: Standing.PAUSED,
    Status.PENDING: Standing.NOT_STARTED,
    Status.MET: Standing.IN_TIME,
}
_ONSETS: Final = {
    Onset.DUE: marked("late by what was promised before"),
    Onset.CHANGE: marked("late since the promise changed"),
    Onset.REOPENING: marked("late since the ticket was reopened"),
    Onset.RETURN: marked("late since the ticket came back"),
    Onset.CLOSING: marked("late since the ticket was closed"),
}
_NEVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class ClockText:
    """What is said of one clock: its name, how it stands, what was promised ("": nothing), and more for who asks."""

    name: str
    standing: Standing
    state: str
    promised: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """The clocks of one record, what is late first. `details` are about the record as a whole."""

    clocks: tuple[ClockText, ...]
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """Turns verdicts into text. `tier_of` gives the tier by which a clock was promised ("": none), `name_of` the names
    of stages and pipelines. `now` (epoch ms) is when the text is written where it may say so; None for a text that
    stays true until the verdict changes: then nothing in it grows with time."""

    texts: Texts
    tier_of: Callable[[Verdict], str]
    name_of: NameOf
    now: int | None = None

    def story(self, verdicts: Sequence[Verdict], tier: str) -> Story:
        """`tier` is that of the customer now, as people read it; "" for none."""
        told = [verdict for verdict in verdicts if verdict.status is not Status.NO_SLA] or verdicts[:1]
        clocks = tuple(self.clock(verdict) for verdict in sorted(told, key=urgency))
        text = self.texts.text("Customer tier: {tier}", tier=tier) if tier else self.texts.text("Customer tier: none")
        return Story(clocks, (text,))

    def clock(self, verdict: Verdict) -> ClockText:
        """What is said of one clock."""
        return self.clock_at(verdict, verdict.cycle)

    def clock_at(self, verdict: Verdict, cycle: Cycle) -> ClockText:
        """The same of one of its cycles, which need not be the one that is shown."""
        promise = cycle.promise
        name = clock_name(verdict.clock, self.texts)
        standing = _STANDINGS.get(cycle.status, Standing.OTHER)
        if promise is None:
            return ClockText(name, standing, self._without_promise(cycle), "")
        terms = promised(promise, self.tier_of(verdict), self.texts)
        return ClockText(
            name, standing, self._state(cycle, promise), terms, tuple(self._details(verdict, cycle, promise))
        )

    def lateness(self, cycle: Cycle) -> str:
        """By how much it is or was late; "" where it is not, or where that still grows and `now` is not said."""
        until = cycle.over_at if cycle.over_at is not None else self.now
        began, promise = cycle.breached_at, cycle.promise
        if cycle.status not in LATE or began is None or promise is None or until is None:
            return ""
        return _lateness(promise, began, max(until, began), self.texts)

    def at(self, instant_ms: int | None, promise: Promise) -> str:
        """An instant in the zone of the promise's calendar."""
        return "" if instant_ms is None else instant(instant_ms, promise.calendar.zone, self.texts)

    def why(self, reason: str) -> str:
        return reason_words(reason, self.texts, self.name_of)

    def _without_promise(self, cycle: Cycle) -> str:
        reason = self.why(cycle.reason or "nothing is promised")
        if cycle.status in (Status.NO_SLA, Status.MERGED):
            return reason
        return self.texts.text("{status}: {reason}", status=status_name(cycle.status, self.texts), reason=reason)

    def _state(self, cycle: Cycle, promise: Promise) -> str:
        text, due = self.texts.text, self.at(cycle.due_at, promise)
        match cycle.status:
            case Status.BREACHED | Status.MISSED:
                return self._late(cycle, promise)
            case Status.RUNNING:
                return text("due {due}", due=due)
            case Status.AT_RISK:
                return text("at risk, due {due}", due=due)
            case Status.PAUSED:
                return self._paused(cycle, promise)
            case Status.MET:
                return text("done in time, {done}", done=self.at(cycle.stopped_at, promise))
        status = status_name(cycle.status, self.texts)
        reason = self.why(cycle.reason.removeprefix("waived: "))
        return text("{status}: {reason}", status=status, reason=reason) if reason else status

    def _paused(self, cycle: Cycle, promise: Promise) -> str:
        if cycle.next_at is None:
            return self.texts.text("paused; the due date moves with the pause")
        until = self.at(cycle.next_at, promise)
        return self.texts.text("paused until {until} at the latest; the due date moves with the pause", until=until)

    def _late(self, cycle: Cycle, promise: Promise) -> str:
        text = self.texts.text
        since, lateness = self.at(cycle.breached_at, promise), self.lateness(cycle)
        if cycle.stopped_at is not None:
            due, done = self.at(cycle.due_at, promise) or since, self.at(cycle.stopped_at, promise)
            return text("late by {lateness}: due {due}, done {done}", lateness=lateness, due=due, done=done)
        if cycle.ended_at is not None:
            ended = self.at(cycle.ended_at, promise)
            return text("late since {since}, ended {ended} without being done", since=since, ended=ended)
        if lateness:
            return text("late since {since}, by {lateness}", since=since, lateness=lateness)
        return text("late since {since}", since=since)

    def _details(self, verdict: Verdict, cycle: Cycle, promise: Promise) -> Iterator[str]:
        text = self.texts.text
        if cycle.status is Status.MET and cycle.due_at is not None:
            yield text("due {due}", due=self.at(cycle.due_at, promise))
        if cycle.status in LATE and cycle.breached_at != cycle.due_at:
            if cycle.due_at is not None and cycle.stopped_at is None:
                yield text("due {due}", due=self.at(cycle.due_at, promise))
            if cycle.onset is not None:
                yield text(_ONSETS[cycle.onset])
        if cycle.reason and _REASON_IS_MORE.get(cycle.status, False):
            yield self.why(cycle.reason)
        yield from self._of_cycles(verdict, cycle)
        for withdrawal in cycle.withdrawn:
            since, at = self.at(withdrawal.breached_at, promise), self.at(withdrawal.withdrawn_at, promise)
            by = changed_by(withdrawal.by, self.texts)
            why = " ".join(part for part in (self.why(withdrawal.why), by) if part)
            yield text("late from {since} on, excused {at}: {why}", since=since, at=at, why=why)

    def _of_cycles(self, verdict: Verdict, cycle: Cycle) -> Iterator[str]:
        if len(verdict.cycles) > 1:
            number, count = str(cycle.number), str(len(verdict.cycles))
            yield self.texts.text("number {number} of {count} on this ticket", number=number, count=count)
            late = sum(each.status in LATE for each in verdict.cycles)
            if late:
                yield self.texts.plural("{count} of them late", "{count} of them late", late)
        if cycle.inferred:
            yield self.texts.text("known from the latest messages only; there may have been others in between")


_REASON_IS_MORE: Final = dict.fromkeys(
    (Status.BREACHED, Status.MISSED, Status.RUNNING, Status.AT_RISK, Status.PAUSED), True
)
"""Where a reason adds to what the state says; elsewhere it is the state."""


def most_urgent(verdicts: Sequence[Verdict]) -> Verdict:
    """The one that a reader should see first; of those that promise nothing only where there is no other."""
    return min(verdicts, key=urgency)


def urgency(verdict: Verdict) -> tuple[bool, int, int]:
    """What sorts clocks by what a reader should see first: what promises nothing last, and of those that stand alike
    the one that was or is due first."""
    cycle = verdict.cycle
    at = cycle.breached_at if cycle.breached_at is not None else cycle.due_at
    standing = _STANDINGS.get(cycle.status, Standing.OTHER)
    return cycle.status is Status.NO_SLA, standing, _NEVER if at is None else at


def _lateness(promise: Promise, began: int, until: int, texts: Texts) -> str:
    """In the hours of the calendar; on the wall where none of them has passed, or where it never closes."""
    calendar = promise.calendar
    if calendar is ALWAYS:
        return length(until - began, texts, days=True)
    ms = calendar.elapsed(began, until)
    if not ms:
        return texts.text("{time} outside business hours", time=length(until - began, texts))
    days, rest = divmod(ms, calendar.business_day_ms) if calendar.business_day_ms else (0, ms)
    if not days:
        return texts.text("{time} of business time", time=length(ms, texts))
    words = business_days(days, texts)
    return joined(words, length(rest, texts, exact=False), texts) if rest >= 60_000 else words
