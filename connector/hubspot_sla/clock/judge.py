"""One machine for every metric: its cycles on the timeline, the promises over time, and `now` give a verdict.

The rules, in the words of docs/reference/clock.md:

* due is the earliest instant at which the budget has run; late is `stopped_at > due_at`;
* pauses are intervals, computed anew every time, never a running total;
* a change of the promise touches running clocks only, by the rule for its cause;
* a change that puts the due instant into the past breaches at the change; one that lifts a breach withdraws it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.clock.closing_reasons import apply_closing, reason_of
from hubspot_sla.clock.closings import UNNOTICED, closings_of
from hubspot_sla.clock.cycle_state import cycle_state, stopped_cycle
from hubspot_sla.clock.cycles import cycle_times, cycles_of_one, known_by, once_from_creation, over_at
from hubspot_sla.clock.defects import SKEW_MS, clock_defect, ticket_defect
from hubspot_sla.clock.excuses import apply_waivers, with_withdrawals
from hubspot_sla.clock.not_needed import apply_not_needed
from hubspot_sla.clock.pauses import NOBODY, Pauses
from hubspot_sla.clock.phases import is_same, phases_of
from hubspot_sla.clock.promise import PromiseChange, Reopen, ReopenWithin
from hubspot_sla.clock.verdict import OPEN, RANK, Cycle, Status, Verdict, cycle_of, verdict_of
from hubspot_sla.clock.waivers import stopped_by

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from hubspot_sla.clock.closings import ClosingsOfClock, PromiseAt
    from hubspot_sla.clock.cycle_state import CycleState
    from hubspot_sla.clock.cycles import CycleTimes
    from hubspot_sla.clock.metrics import Definition
    from hubspot_sla.clock.phases import Phase
    from hubspot_sla.clock.promise import Clock, Promise
    from hubspot_sla.clock.timeline import Timeline


def judge(timeline: Timeline, clock: Clock, promises: Sequence[PromiseChange], now: int) -> Verdict:
    """The verdict on one clock as of `now` (epoch ms).

    `promises` is sorted by instant; its first entry holds from creation. Those in the future count as what can
    change by itself. Never raises on odd facts: they end as `unknown`, with the reason.
    """
    return judge_all(timeline, {clock: promises}, now)[0]


def judge_all(
    timeline: Timeline,
    promised: Mapping[Clock, Sequence[PromiseChange]],
    now: int,
    without: Container[str] = NOBODY,
    pauses: Pauses | None = None,
) -> tuple[Verdict, ...]:
    """The verdicts on all clocks of one ticket, in the order they are given. The timeline is read once. `without`: as
    if the pauses of these authors had never been. `pauses` are those of the ticket then, where the caller goes on with
    them."""
    judgement = _TicketJudgement(timeline, now, pauses or Pauses.at(timeline, now, without))
    verdicts = tuple([judgement.verdict_on(clock, promises) for clock, promises in promised.items()])
    if not timeline.stopped:
        return verdicts
    unstopped = judge_all(replace(timeline, stopped=()), promised, now, without)
    return with_withdrawals(verdicts, unstopped, stopped_by(timeline.stopped, now))


class _TicketJudgement:
    """What all clocks of one ticket have in common. `now` is never before the newest fact; `asked_at` is the instant
    as the caller gave it."""

    __slots__ = (
        "asked_at",
        "closings",
        "history",
        "is_plain",
        "now",
        "only_closings",
        "pauses",
        "settled_until",
        "summary",
        "timeline",
    )

    def __init__(self, timeline: Timeline, now: int, pauses: Pauses) -> None:
        self.timeline = timeline
        self.asked_at = now
        self.pauses = pauses
        self.history = history = pauses.history
        self.summary = summary = history.summary
        self.now = latest = history.now
        self.is_plain = summary.is_plain and latest <= now + SKEW_MS
        self.settled_until = summary.settled_until
        self.only_closings = summary.closings
        self.closings: dict[tuple[Reopen, bool], ClosingsOfClock] = {}

    def verdict_on(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        always = len(promises) == 1
        first = promises[0].promise if always else _first_promise(promises)
        if first is None:
            return _nothing_promised(clock, promises[-1] if promises else PromiseChange(0, None, "nothing is promised"))
        definition = first.definition
        if not (self.is_plain and definition.is_plain and (always or _is_defined_once(promises))):
            return self._by_phases(clock, promises)
        only = self.only_closings
        closings = self._closings(definition, promises) if only is None else only[definition.closing_means]
        # As `cycles_of_one` chooses, without a call.
        cycles_of = once_from_creation if definition.runs_once_from_creation else cycles_of_one
        times = cycles_of(self.history, definition, first.calendar.zone, closings)
        stopped_at = times[-1][1] if times else None
        if stopped_at is None or stopped_at > self.settled_until or not (always or _held_at(stopped_at, promises)):
            return self._judged(clock, promises, definition, closings, times)
        # Every cycle reached its goal under what was promised first, and no reopening made one go on after that.
        if len(times) > 1:
            return self._shown(clock, self._settled(times, first), definition)
        cycle = stopped_cycle(times[0], first, self.pauses)
        if definition.stops_at_closing:
            return self._shown(clock, (cycle,), definition)
        return verdict_of((clock, cycle, (cycle,), 0, None))

    def _settled(self, times: Iterable[CycleTimes], promise: Promise) -> list[Cycle]:
        return [stopped_cycle(each, promise, self.pauses, number) for number, each in enumerate(times, 1)]

    def _by_phases(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        """The same where a fact is odd, or the metric waits for a date, adds up its cycles, or was defined anew."""
        phases = phases_of(promises, self.history.closed, partial(_promise_at, promises), self.now)
        defect = ticket_defect(self.timeline, self.asked_at) or clock_defect(self.timeline, phases, promises)
        if defect:
            believed_at = self.now - SKEW_MS  # a fact of the future comes true by itself
            return _without_cycle(clock, Status.UNKNOWN, defect, believed_at if believed_at > self.asked_at else None)
        merged, definition = self.timeline.merged, phases[-1].definition
        if merged is not None:
            into = f" into ticket {merged.into}" if merged.into else ""
            return _without_cycle(clock, Status.MERGED, f"the ticket was merged{into}, which carries the clock on")
        closings = self._closings(definition, promises)
        times = cycle_times(self.history, phases, closings)
        date_at = self._next_date_at(phases[-1], closings.final_at) if definition.dates else None
        return self._judged(clock, promises, definition, closings, times, date_at)

    def _judged(
        self,
        clock: Clock,
        promises: Sequence[PromiseChange],
        definition: Definition,
        closings: ClosingsOfClock,
        times: Sequence[CycleTimes],
        date_at: int | None = None,
    ) -> Verdict:
        change_at = _next_change_at(promises, self.now) if len(promises) > 1 else None
        now = self.now
        closing = self.summary.closing
        if closing is not None and not definition.notices_closing:  # it ends every clock: nothing later counts
            now = closing.said_at
            times, change_at, date_at = known_by(times, now), None, None
        if not times:
            closed_at = closings.final_at if definition.notices_closing else self.history.closed_at
            coming = date_at if closed_at is not None else _earlier(change_at, date_at)
            return self._not_started(clock, promises, definition, closed_at, coming)
        over = over_at(times[-1])
        if (change_at or date_at) and over is not None:  # no cycle is left that a change could touch
            change_at = change_at if self._will_be_defined_anew(promises, definition) else None
            date_at = None if definition.first_only else date_at
        suspended = self.pauses.absences(definition) if definition.adds_up else closings.standstills
        states = list(filter(None, [cycle_state(each, promises, self.pauses, suspended, now) for each in times]))
        if not states:
            return _nothing_promised(clock, promises[0], change_at)
        return self._verdict(clock, states, definition, change_at if date_at is None else _earlier(change_at, date_at))

    def _will_be_defined_anew(self, promises: Sequence[PromiseChange], definition: Definition) -> bool:
        """Whether a change to come may find other cycles; while the ticket is closed none does."""
        coming = (change.promise for change in promises if change.at > self.now and change.promise is not None)
        return self.history.closed_at is None and not all(is_same(each.definition, definition) for each in coming)

    def _closings(self, definition: Definition, promises: Sequence[PromiseChange]) -> ClosingsOfClock:
        if self.only_closings is not None:
            return self.only_closings[definition.closing_means]
        if not definition.notices_closing:
            return UNNOTICED
        rule = _only_rule_of_reopening(promises)
        if rule is None:
            return self._closings_by(partial(_promise_at, promises), definition)
        key = rule, definition.stops_at_closing
        if key not in self.closings:
            self.closings[key] = self._closings_by(partial(_promise_at, promises), definition)
        return self.closings[key]

    def _closings_by(self, promise_at: PromiseAt, definition: Definition) -> ClosingsOfClock:
        return closings_of(definition, self.history.closed, promise_at, reaches_goal=self.summary.closing is None)

    def _next_date_at(self, phase: Phase, final_at: int | None) -> int | None:
        """When a date to come is reached that the clock waits for."""
        if final_at is not None:
            return None
        return self.history.next_date_at(phase.definition, phase.zone)

    def _not_started(
        self,
        clock: Clock,
        promises: Sequence[PromiseChange],
        definition: Definition,
        closed_at: int | None,
        coming: int | None,
    ) -> Verdict:
        """A clock that waits for its start, as long as something is promised. `closed_at` is the closing after which
        it cannot start: no change from then on counts.
        """
        until = self.now + 1 if closed_at is None else closed_at
        in_force = [promises[0], *(change for change in promises[1:] if change.at < until)]
        last = in_force[-1]
        if not any(change.promise for change in in_force):
            return _nothing_promised(clock, last, coming)
        not_needed = self.timeline.not_needed if definition.waits_for_a_reply else None
        over = last.promise is None or closed_at is not None or not_needed is not None
        why = definition.waiting_for() if last.promise else last.why
        why = why if not_needed is None else not_needed.why
        cycle = Cycle(
            status=Status.NOT_APPLICABLE if over else Status.PENDING,
            promise=_promise_at(in_force, last.at),
            reason=why if self.summary.closing is None else reason_of(self.summary.closing),
            next_at=coming,
        )
        return Verdict.of_one(clock, cycle)

    def _verdict(
        self, clock: Clock, states: Sequence[CycleState], definition: Definition, coming: int | None
    ) -> Verdict:
        """The cycle that speaks for the clock, with every other one kept beside it."""
        if self.summary.has_more_to_say:
            self._apply_what_lies_outside(clock, states, definition)
        if coming is not None:
            shown = states[_shown_place(states)]
            shown.next_at = _earlier(shown.next_at, coming)
        return self._shown(clock, [_cycle(number, state) for number, state in enumerate(states, 1)], definition)

    def _shown(self, clock: Clock, cycles: Sequence[Cycle], definition: Definition) -> Verdict:
        shown = cycles[0] if len(cycles) == 1 else cycles[_shown_place(cycles)]
        reopened, first_stopped_at = 0, None
        if definition.stops_at_closing:
            closed = self.history.closed
            reopened = self.summary.reopened
            first_stopped_at = closed[0][0] if closed else cycles[0].stopped_at
        return verdict_of((clock, shown, (*cycles,), reopened, first_stopped_at))

    def _apply_what_lies_outside(self, clock: Clock, states: Sequence[CycleState], definition: Definition) -> None:
        """What lies outside the promise: waivers, what cannot be seen, and why the ticket was closed."""
        timeline = self.timeline
        for state in states if timeline.waivers or timeline.stopped or timeline.blind else ():
            if timeline.waivers or timeline.stopped:
                apply_waivers(timeline, clock, state, self.now)
            if timeline.blind and state.over_at is None and not state.reason and definition.waits_for_a_reply:
                state.reason = timeline.blind
        if timeline.not_needed is not None and definition.waits_for_a_reply:
            apply_not_needed(timeline.not_needed, states)
        if self.summary.closing is not None:
            apply_closing(self.summary.closing, states)


def _first_promise(promises: Sequence[PromiseChange]) -> Promise | None:
    return next((change.promise for change in promises if change.promise is not None), None)


def _is_defined_once(promises: Sequence[PromiseChange]) -> bool:
    """Whether the metric means the same all the time."""
    definition: Definition | None = None
    for change in promises:
        promise = change.promise
        if promise is None:
            continue
        if definition is not None and not is_same(promise.definition, definition):
            return False
        definition = promise.definition
    return True


def _held_at(at: int, promises: Sequence[PromiseChange]) -> bool:
    """Whether by then nothing but what was promised first had counted."""
    return at < promises[1].at and promises[0].promise is not None


def _only_rule_of_reopening(promises: Sequence[PromiseChange]) -> Reopen | None:
    """None: it depends on how long the ticket was closed, or on what was promised then."""
    rule: Reopen | ReopenWithin | None = None
    for change in promises:
        promise = change.promise
        if promise is not None and promise.reopen is not rule:
            if rule is not None:
                return None
            rule = promise.reopen
    return rule if isinstance(rule, Reopen) else None


def _promise_at(changes: Sequence[PromiseChange], at: int) -> Promise:
    """What was promised at an instant; where nothing was, what was promised before, or else first."""
    promise: Promise | None = None
    for change in changes:
        if promise is not None and change.at > at:
            break
        promise = change.promise or promise
    assert promise is not None  # noqa: S101 - the caller has seen one
    return promise


def _nothing_promised(clock: Clock, change: PromiseChange, next_at: int | None = None) -> Verdict:
    return _without_cycle(clock, Status.UNKNOWN if change.undecided else Status.NO_SLA, change.why, next_at)


def _without_cycle(clock: Clock, status: Status, reason: str, next_at: int | None = None) -> Verdict:
    return Verdict.of_one(clock, Cycle(status=status, reason=reason, next_at=next_at))


def _next_change_at(promises: Sequence[PromiseChange], now: int) -> int | None:
    """The next change that is known already: a policy begins or ends."""
    if promises[-1].at <= now:
        return None
    return next(change.at for change in promises if change.at > now)


def _earlier(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return second if first is None else first
    return min(first, second)


def _shown_place(states: Sequence[CycleState | Cycle]) -> int:
    """The live cycle; with none alive the last of the worst: a missed answer is not undone by the next good one."""
    if states[-1].status in OPEN:
        return len(states) - 1
    return min(range(len(states)), key=lambda place: (RANK[states[place].status], -place))


def _cycle(number: int, state: CycleState) -> Cycle:
    fields = (
        state.status,
        number,
        state.promise or state.last_promise,
        state.reason,
        state.started_at,
        state.due_at,
        state.stopped_at,
        state.ended_at,
        state.breached_at,
        state.at_risk_at,
        state.next_at,
        state.inferred,
        state.withdrawn,
        state.onset,
        state.promised_at,
        state.excuse,
    )
    return cycle_of(fields)
