"""One machine for every metric: a course of events, the promises over time, and `now` give a verdict.

The rules, in the words of docs/clock.md:

* due is the earliest instant at which the budget has run; late is `stopped_at > due_at`;
* pauses are intervals, recomputed every time, never a running total;
* a change of the promise touches running clocks only, and counts from the original start;
* a change that puts the due instant into the past breaches at the change; one that lifts a breach withdraws it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.promise import Metric, Promise, PromiseChange
from hubspot_sla.clock.spells import closed_spells, waiting_spells
from hubspot_sla.clock.verdict import Status, Verdict, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.clock.timeline import Hold, Timeline

SKEW_MS = 5 * 60_000
"""How far a fact may lie ahead of `now` before it is called impossible: clocks of two machines differ."""


@dataclass(frozen=True, slots=True)
class Course:
    """One metric's reading of the timeline: from when to when it ran, and how it ended without a stop."""

    started_at: int
    stopped_at: int | None
    ended_at: int | None
    closed: tuple[Hold, ...]
    ended_why: str = ""

    @property
    def over_at(self) -> int | None:
        """When the clock stopped or ended; None while it lives."""
        return self.ended_at if self.stopped_at is None else self.stopped_at


def judge(timeline: Timeline, metric: Metric, promises: Sequence[PromiseChange], now: int) -> Verdict:
    """The verdict on one metric as of `now` (epoch ms).

    `promises` is sorted by instant; its first entry holds from creation. Never raises on odd facts: they
    end as `unknown`, with the reason.
    """
    if all(change.promise is None for change in promises):
        return Verdict(metric, Status.NO_SLA, reason=promises[-1].why if promises else "nothing is promised")
    course = course_of(timeline, metric, now)
    if isinstance(course, str):
        return Verdict(metric, Status.UNKNOWN, reason=course)
    now = max(now, timeline.latest)
    if course.started_at > now:
        return _pending(metric, course, promises)
    return _run(metric, timeline, course, _in_force(promises, course), now)


def course_of(timeline: Timeline, metric: Metric, now: int) -> Course | str:
    """The metric's course, or why none can be told."""
    if timeline.defects:
        return "; ".join(timeline.defects)
    if timeline.created_at is None:
        return "the ticket has no creation time"
    if timeline.latest > now + SKEW_MS:
        return "a fact lies in the future"
    unmapped = next((change.label for change in timeline.stages if change.role is None), None)
    if unmapped is not None:
        return f"portal.yaml does not know the stage {unmapped}"
    if metric is Metric.RESOLUTION:
        return _resolution(timeline, timeline.created_at)
    return _first_response(timeline, timeline.created_at)


def _resolution(timeline: Timeline, created_at: int) -> Course:
    """Stops when a closed stage is entered; time closed before a reopening is not counted."""
    closed = closed_spells(timeline)
    still = closed[-1].start if closed and closed[-1].end is None else None
    return Course(created_at, still, None, closed)


def _first_response(timeline: Timeline, created_at: int) -> Course | str:
    """Stops at the first agent reply; a ticket that closes without one ends the clock."""
    reply = timeline.first_replies[0].at if timeline.first_replies else None
    if reply is not None and reply < created_at:
        return "the first agent reply is dated before the ticket's creation"
    closed = closed_spells(timeline)
    still = closed[-1].start if closed and closed[-1].end is None else None
    if reply is not None and (still is None or reply <= still):
        before = tuple(spell for spell in closed if spell.start < reply)
        return Course(created_at, reply, None, before)
    return Course(created_at, None, still, closed, ended_why="the ticket was closed without an agent's reply")


def _in_force(promises: Sequence[PromiseChange], course: Course) -> list[PromiseChange]:
    """The changes that touched this clock while it ran.

    One made while the ticket was closed takes effect when it is reopened; one made at or after the end does
    not count; of several in one instant the last one counts.
    """
    end = course.over_at
    first, *later = promises
    kept = {course.started_at: replace(first, at=course.started_at)}
    for change in later:
        at = _takes_effect(change.at, course)
        if at == course.started_at or end is None or at < end:
            kept[at] = replace(change, at=at)
    return [kept[at] for at in sorted(kept)]


def _takes_effect(changed_at: int, course: Course) -> int:
    for spell in course.closed:
        if course.started_at < spell.start and spell.end is not None and spell.covers(changed_at):
            return spell.end
    return max(changed_at, course.started_at)


@dataclass(slots=True)
class _State:
    """Where the fold over the phases stands."""

    promise: Promise | None = None
    last: Promise | None = None
    due_at: int | None = None
    breached_at: int | None = None
    ended_why: str = ""


def _run(metric: Metric, timeline: Timeline, course: Course, changes: Sequence[PromiseChange], now: int) -> Verdict:
    end = now if course.over_at is None else course.over_at
    state = _State()
    withdrawn: list[Withdrawal] = []
    for change, until in _phases(changes, end):
        state.promise, state.ended_why = change.promise, change.why
        if change.promise is None:
            continue
        state.last = change.promise
        state.due_at = due_at(change.promise, timeline, course)
        if state.breached_at is not None and (state.due_at is None or state.due_at >= change.at):
            withdrawn.append(Withdrawal(state.breached_at, change.at, change.why))
            state.breached_at = None
        if state.breached_at is None and state.due_at is not None and state.due_at < until:
            state.breached_at = _lateness_began(state.due_at, change.at, course.closed)
    if state.last is None:
        return Verdict(metric, Status.NO_SLA, reason=state.ended_why)
    verdict = _conclude(metric, course, state)
    return replace(verdict, withdrawn=tuple(withdrawn)) if withdrawn else verdict


def _phases(changes: Sequence[PromiseChange], end: int) -> Iterator[tuple[PromiseChange, int]]:
    """Each promise with the instant up to which it held."""
    for index, change in enumerate(changes):
        if change.at > end:
            return
        following = changes[index + 1].at if index + 1 < len(changes) else end
        yield change, min(following, end)


def _lateness_began(due: int, changed_at: int, closed: Iterable[Hold]) -> int:
    """`max(due, change)`; a budget used up in the very instant of closing is late from the reopening on."""
    began = max(due, changed_at)
    for spell in closed:
        if spell.covers(began) and spell.end is not None:
            return spell.end
    return began


def _conclude(metric: Metric, course: Course, state: _State) -> Verdict:
    verdict = Verdict(
        metric,
        Status.RUNNING,
        promise=state.promise or state.last,
        started_at=course.started_at,
        due_at=state.due_at,
        stopped_at=course.stopped_at,
        breached_at=state.breached_at,
        reopened=sum(spell.end is not None for spell in course.closed),
        first_stopped_at=course.closed[0].start if course.closed else course.stopped_at,
    )
    if state.promise is None or course.ended_at is not None:
        why = state.ended_why if state.promise is None else course.ended_why
        status = Status.NOT_APPLICABLE if state.breached_at is None else Status.MISSED
        return replace(verdict, status=status, reason=why)
    if course.stopped_at is not None:
        return replace(verdict, status=Status.MET if state.breached_at is None else Status.MISSED)
    if state.breached_at is not None:
        return replace(verdict, status=Status.BREACHED)
    if state.due_at is None:
        return replace(verdict, status=Status.PAUSED)
    return replace(verdict, next_at=state.due_at + 1)


def _pending(metric: Metric, course: Course, promises: Sequence[PromiseChange]) -> Verdict:
    promise = promises[0].promise
    return Verdict(metric, Status.PENDING, promise, started_at=course.started_at, next_at=course.started_at)


def holds(promise: Promise, timeline: Timeline, course: Course) -> tuple[Hold, ...]:
    """The intervals in which this clock did not run under this promise, sorted and disjoint.

    What begins when the clock is over is no hold: the due instant of a stopped clock is where it would have
    come to, had nobody stopped it.
    """
    waiting = (
        waiting_spells(timeline, until_customer_message=promise.resume_on_customer_message) if promise.pauses else ()
    )
    over = course.over_at
    found = (hold for hold in (*course.closed, *waiting) if over is None or hold.start < over)
    return tuple(sorted(found, key=lambda hold: hold.start))


def due_at(promise: Promise, timeline: Timeline, course: Course) -> int | None:
    """The earliest instant at which the budget has run, or None where an unfinished hold comes first."""
    left = promise.budget_ms
    running_from = course.started_at
    for hold in holds(promise, timeline, course):
        if hold.start > running_from:
            ran = promise.calendar.elapsed(running_from, hold.start)
            if ran >= left:
                return promise.calendar.due(running_from, left)
            left -= ran
        if hold.end is None:
            return None
        running_from = max(running_from, hold.end)
    return promise.calendar.due(running_from, left)
