"""Why a verdict is what it is: a few sentences and a table of segments, from the same facts.

One text serves `sla explain`, the audit entry and the reason property, so nothing in it may tick: sentences
speak of instants, never of "minutes left".
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.clock.judge import Course, course_of, holds
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.clock.timeline import Timeline

LATE_NOTE = {Status.BREACHED: "is late and still open", Status.MISSED: "was late"}


@dataclass(frozen=True, slots=True)
class Segment:
    """`[start, end)` on one clock: `state` is running, late, paused or closed; `counted_ms` is business time."""

    start: int
    end: int
    state: str
    why: str
    holder: str
    counted_ms: int


def segments(timeline: Timeline, verdict: Verdict, now: int) -> tuple[Segment, ...]:
    """How the time from start to stop (or `now`) was spent; empty where no clock ran."""
    course = course_of(timeline, verdict.metric, now)
    if verdict.promise is None or isinstance(course, str) or verdict.started_at is None:
        return ()
    over = course.over_at
    return tuple(_segments(timeline, course, verdict, max(now, timeline.latest) if over is None else over))


def _segments(timeline: Timeline, course: Course, verdict: Verdict, end: int) -> Iterator[Segment]:
    assert verdict.promise is not None  # noqa: S101 - the caller looked
    promise = verdict.promise
    at = course.started_at
    for hold in holds(promise, timeline, course):
        if hold.start >= end:
            break
        yield from _running(timeline, promise, verdict.due_at, at, hold.start)
        until = end if hold.end is None else min(hold.end, end)
        state = "closed" if hold in course.closed else "paused"
        yield Segment(hold.start, until, state, hold.why, hold.holder, 0)
        at = until
    yield from _running(timeline, promise, verdict.due_at, at, end)


def _running(timeline: Timeline, promise: Promise, due: int | None, start: int, end: int) -> Iterator[Segment]:
    """Running time, cut where the stage changes and where it becomes late."""
    cuts = {change.at for change in timeline.stages if start < change.at < end}
    if due is not None and start < due < end:
        cuts.add(due)
    edges = [start, *sorted(cuts), end]
    for left, right in itertools.pairwise(edges):
        if left < right:
            why, holder = _stage_at(timeline, promise, left)
            state = "late" if due is not None and left >= due else "running"
            yield Segment(left, right, state, why, holder, promise.calendar.elapsed(left, right))


def _stage_at(timeline: Timeline, promise: Promise, at: int) -> tuple[str, str]:
    """The stage a clock runs in, and whose time that is: in a waiting stage it runs since the customer wrote."""
    stage = next((change for change in reversed(timeline.stages) if change.at <= at), None)
    if stage is None:
        return "", ""
    if stage.role is Role.WAITING and promise.pauses:
        return f"{stage.label}, after the customer wrote", ""
    return stage.label, stage.holder


def sentence(verdict: Verdict) -> str:
    """One sentence on one metric that stays true until the verdict changes."""
    name = verdict.metric.value.replace("_", " ").capitalize()
    if verdict.promise is None:
        return f"{name}: {verdict.reason or 'nothing is promised'}."
    promise = verdict.promise
    terms = f"{promise.target} on calendar {promise.calendar.name}, policy {promise.policy}"
    return f"{name} ({terms}): {_state(verdict, promise.calendar.zone)}."


def _state(verdict: Verdict, zone: tzinfo) -> str:
    due = _local(verdict.due_at, zone)
    match verdict.status:
        case Status.RUNNING:
            return f"due {due}"
        case Status.PAUSED:
            return "paused, and due later by as long as it stays so"
        case Status.PENDING:
            return f"starts {_local(verdict.started_at, zone)}"
        case Status.MET:
            return f"met {_local(verdict.stopped_at, zone)}" + (f", due {due}" if verdict.due_at else "")
        case Status.BREACHED | Status.MISSED:
            return _late(verdict, zone)
        case _:
            return f"{verdict.status.value.replace('_', ' ')}, {verdict.reason}"


def _late(verdict: Verdict, zone: tzinfo) -> str:
    began = _local(verdict.breached_at, zone)
    text = f"{LATE_NOTE[verdict.status]}, due {_local(verdict.due_at, zone)}"
    if verdict.breached_at != verdict.due_at:
        text += f", late since {began} when the promise changed"
    if verdict.stopped_at is not None:
        text += f", done {_local(verdict.stopped_at, zone)}"
    return text + (f" ({verdict.reason})" if verdict.reason else "")


def _local(at: int | None, zone: tzinfo) -> str:
    if at is None:
        return "never"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")
