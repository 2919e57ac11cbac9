"""One machine for every metric: its cycles on the timeline, the promises over time, and `now` give a verdict.

The rules, in the words of docs/reference/clock.md:

* due is the earliest instant at which the budget has run; late is `stopped_at > due_at`;
* pauses are intervals, computed anew every time, never a running total;
* a change of the promise touches running clocks only, by the rule for its cause;
* a change that puts the due instant into the past breaches at the change; one that lifts a breach withdraws it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import cycle_state
from hubspot_sla.clock.cycles import cycle_times, final_closing
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.verdict import LATE, OPEN, RANK, Cycle, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.cycle_state import CycleState
    from hubspot_sla.clock.cycles import CycleTimes
    from hubspot_sla.clock.promise import Clock, Promise, PromiseChange
    from hubspot_sla.clock.timeline import Timeline, Waiver

SKEW_MS = 5 * 60_000
"""How far a fact may lie ahead of `now` before it is called impossible: clocks of two machines differ."""

NOT_STARTED = {
    Metric.FIRST_RESPONSE: "the ticket has not been handed over to {}",
    Metric.NEXT_RESPONSE: "no customer's message is waiting for an answer",
    Metric.STAGE: "the ticket has not been in {}",
}


def judge(timeline: Timeline, clock: Clock, promises: Sequence[PromiseChange], now: int) -> Verdict:
    """The verdict on one clock as of `now` (epoch ms).

    `promises` is sorted by instant; its first entry holds from creation. Those in the future count as what can
    change by itself. Never raises on odd facts: they end as `unknown`, with the reason.
    """
    return judge_all(timeline, {clock: promises}, now)[0]


def judge_all(timeline: Timeline, promised: Mapping[Clock, Sequence[PromiseChange]], now: int) -> tuple[Verdict, ...]:
    """The verdicts on all clocks of one ticket, in the order they are given. The timeline is read once."""
    judgement = _TicketJudgement(timeline, now)
    return tuple([judgement.verdict_on(clock, promises) for clock, promises in promised.items()])


class _TicketJudgement:
    """What all clocks of one ticket have in common. `now` is never before the newest fact; `asked_at` is the instant
    as the caller gave it."""

    __slots__ = ("asked_at", "defect", "now", "pauses", "timeline")

    def __init__(self, timeline: Timeline, now: int) -> None:
        latest = timeline.latest
        self.timeline = timeline
        self.asked_at = now
        self.defect = _ticket_defect(timeline, latest, now)
        self.now = max(now, latest)
        self.pauses = Pauses(timeline)

    def verdict_on(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        if not promises or (promises[0].promise is None and not any(change.promise for change in promises)):
            return _without_cycle(clock, Status.NO_SLA, promises[-1].why if promises else "nothing is promised")
        timeline = self.timeline
        defect = self.defect or _metric_defect(timeline, clock.metric)
        if defect:
            believed_at = timeline.latest - SKEW_MS  # a fact of the future comes true by itself
            return _without_cycle(clock, Status.UNKNOWN, defect, believed_at if believed_at > self.asked_at else None)
        if timeline.merged is not None:
            into = f" into ticket {timeline.merged.into}" if timeline.merged.into else ""
            return _without_cycle(clock, Status.MERGED, f"the ticket was merged{into}, which carries the clock on")
        return self._judged(clock, promises)

    def _judged(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        now, pauses = self.now, self.pauses
        promise_at = partial(_promise_at, promises)
        next_change_at = _next_change_at(promises, now)
        times = cycle_times(self.timeline, clock, promise_at, pauses.closed)
        if not times:
            closed_at = final_closing(clock, promise_at, pauses.closed)
            return _not_started(clock, promises, now, closed_at, None if closed_at is not None else next_change_at)
        if times[-1].over_at is not None:
            next_change_at = None  # no clock is left that it could touch
        suspended = pauses.suspensions(clock)
        cycle_states = (cycle_state(each, promises, pauses, now, suspended) for each in times)
        states = [state for state in cycle_states if state is not None]
        if not states:
            return _without_cycle(clock, Status.NO_SLA, promises[0].why, next_change_at)
        return _verdict(self.timeline, clock, states, pauses, now, next_change_at)


def _promise_at(changes: Sequence[PromiseChange], at: int) -> Promise:
    """What was promised at an instant; where nothing was, what was promised before, or else first."""
    promise: Promise | None = None
    for change in changes:
        if promise is not None and change.at > at:
            break
        promise = change.promise or promise
    assert promise is not None  # noqa: S101 - the caller has seen one
    return promise


def _without_cycle(clock: Clock, status: Status, reason: str, next_at: int | None = None) -> Verdict:
    return Verdict.of_one(clock, Cycle(status=status, reason=reason, next_at=next_at))


def _ticket_defect(timeline: Timeline, latest: int, now: int) -> str:
    """Why nothing can be said about this ticket; "" where something can."""
    if timeline.defects:
        return "; ".join(timeline.defects)
    if timeline.created_at is None:
        return "the ticket has no creation time"
    if latest > now + SKEW_MS:
        return "a fact lies in the future"
    for change in timeline.stages:
        if change.role is None:
            return f"portal.yaml does not know the stage {change.label}"
    return ""


def _metric_defect(timeline: Timeline, metric: Metric) -> str:
    """Why nothing can be said about this metric; "" where something can."""
    for gap, why in timeline.gaps:
        if gap is metric:
            return why
    if metric is Metric.FIRST_RESPONSE and timeline.first_replies:
        created_at = timeline.created_at
        if created_at is not None and timeline.first_replies[0].at < created_at:
            return "the first agent reply is dated before the ticket's creation"
    return ""


def _next_change_at(promises: Sequence[PromiseChange], now: int) -> int | None:
    """The next change that is known already: a policy begins or ends."""
    if promises[-1].at <= now:
        return None
    return next(change.at for change in promises if change.at > now)


def _not_started(
    clock: Clock, promises: Sequence[PromiseChange], now: int, closed_at: int | None, next_change_at: int | None
) -> Verdict:
    """A clock that waits for its start, as long as something is promised. `closed_at` is the closing after which it
    cannot start: no change from then on counts.
    """
    until = now + 1 if closed_at is None else closed_at
    in_force = [promises[0], *(change for change in promises[1:] if change.at < until)]
    last = in_force[-1]
    if not any(change.promise for change in in_force):
        return _without_cycle(clock, Status.NO_SLA, last.why, next_change_at)
    promise = _promise_at(in_force, last.at)
    over = last.promise is None or closed_at is not None
    why = NOT_STARTED[clock.metric].format(clock.place or promise.starts_in) if last.promise else last.why
    status = Status.NOT_APPLICABLE if over else Status.PENDING
    return Verdict.of_one(clock, Cycle(status=status, promise=promise, reason=why, next_at=next_change_at))


def _verdict(
    timeline: Timeline,
    clock: Clock,
    states: Sequence[CycleState],
    pauses: Pauses,
    now: int,
    next_change_at: int | None,
) -> Verdict:
    """The cycle that speaks for the clock, with every other one kept beside it."""
    if timeline.waivers or timeline.blind:
        for state in states:
            _apply_waivers_and_blindness(timeline, clock, state, now)
    shown = 0 if len(states) == 1 else _shown_place(states)
    if next_change_at is not None:
        next_at = states[shown].next_at
        states[shown].next_at = next_change_at if next_at is None else min(next_at, next_change_at)
    cycles = tuple([_cycle(number, state) for number, state in enumerate(states, 1)])
    if clock.metric is not Metric.RESOLUTION:
        return Verdict(clock, cycles[shown], cycles)
    reopened = sum(pause.end is not None for pause in pauses.closed)
    return Verdict(clock, cycles[shown], cycles, reopened, _first_stop(states[0].times, pauses))


def _shown_place(states: Sequence[CycleState]) -> int:
    """The live cycle; with none alive the last of the worst: a missed answer is not undone by the next good one."""
    if states[-1].status in OPEN:
        return len(states) - 1
    return min(range(len(states)), key=lambda place: (RANK[states[place].status], -place))


def _first_stop(times: CycleTimes, pauses: Pauses) -> int | None:
    return pauses.closed[0].start if pauses.closed else times.stopped_at


def _apply_waivers_and_blindness(timeline: Timeline, clock: Clock, state: CycleState, now: int) -> None:
    """What lies outside the promise: waivers, and what cannot be seen."""
    if timeline.waivers and state.status in LATE:
        _apply_waiver(timeline.waivers, clock, state, now)
    alive = state.times.over_at is None
    if alive and timeline.blind and not state.reason and clock.metric is Metric.FIRST_RESPONSE:
        state.reason = timeline.blind


def _apply_waiver(waivers: Sequence[Waiver], clock: Clock, state: CycleState, now: int) -> None:
    """Lateness is excused while a waiver lasts, and for good where the clock was over by then."""
    over = state.times.over_at
    until = now if over is None else over
    for waiver in waivers:
        meant = waiver.metric in (None, clock.metric) and waiver.at <= now
        if meant and (waiver.expires_at is None or until < waiver.expires_at):
            state.status, state.reason = Status.WAIVED, f"waived: {waiver.why}"
            state.next_at = waiver.expires_at if over is None else None
            return


def _cycle(number: int, state: CycleState) -> Cycle:
    times = state.times
    return Cycle(
        status=state.status,
        number=number,
        promise=state.promise or state.last_promise,
        reason=state.reason,
        started_at=state.started_at,
        due_at=state.due_at,
        stopped_at=times.stopped_at,
        ended_at=times.ended_at,
        breached_at=state.breached_at,
        at_risk_at=state.at_risk_at,
        next_at=state.next_at,
        inferred=times.inferred,
        withdrawn=state.withdrawn,
        onset=state.onset,
        promised_at=state.promised_at,
    )
