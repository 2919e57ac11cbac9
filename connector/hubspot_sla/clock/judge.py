"""One machine for every metric: courses over the timeline, the promises over time, and `now` give a verdict.

The rules, in the words of docs/reference/clock.md:

* due is the earliest instant at which the budget has run; late is `stopped_at > due_at`;
* pauses are intervals, recomputed every time, never a running total;
* a change of the promise touches running clocks only, by the rule for its cause;
* a change that puts the due instant into the past breaches at the change; one that lifts a breach withdraws it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.clock.cycle_state import run
from hubspot_sla.clock.cycles import courses, final_closing
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.verdict import LATE, OPEN, RANK, Cycle, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.cycle_state import Run
    from hubspot_sla.clock.cycles import Course
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
    bench = _Bench(timeline, now)
    return tuple([bench.judge(clock, promises) for clock, promises in promised.items()])


class _Bench:
    """One ticket before the judge: what all its clocks have in common."""

    __slots__ = ("defect", "now", "spells", "timeline", "told_at")

    def __init__(self, timeline: Timeline, now: int) -> None:
        latest = timeline.latest
        self.timeline = timeline
        self.told_at = now
        self.defect = _defect(timeline, latest, now)
        self.now = max(now, latest)
        self.spells = Pauses(timeline)

    def judge(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        if not promises or (promises[0].promise is None and not any(change.promise for change in promises)):
            return _bare(clock, Status.NO_SLA, promises[-1].why if promises else "nothing is promised")
        timeline = self.timeline
        defect = self.defect or _defect_of(timeline, clock.metric)
        if defect:
            believed_at = timeline.latest - SKEW_MS  # a fact of the future comes true by itself
            return _bare(clock, Status.UNKNOWN, defect, believed_at if believed_at > self.told_at else None)
        if timeline.merged is not None:
            into = f" into ticket {timeline.merged.into}" if timeline.merged.into else ""
            return _bare(clock, Status.MERGED, f"the ticket was merged{into}, which carries the clock on")
        return self._run(clock, promises)

    def _run(self, clock: Clock, promises: Sequence[PromiseChange]) -> Verdict:
        now, spells = self.now, self.spells
        terms = partial(_terms, promises)
        coming = _coming(promises, now)
        found = courses(self.timeline, clock, terms, spells.closed)
        if not found:
            closed_at = final_closing(clock, terms, spells.closed)
            return _not_started(clock, promises, now, closed_at, None if closed_at is not None else coming)
        if found[-1].over_at is not None:
            coming = None  # no clock is left that it could touch
        runs = [one for course in found if (one := run(course, promises, spells, now)) is not None]
        if not runs:
            return _bare(clock, Status.NO_SLA, promises[0].why, coming)
        return _verdict(self.timeline, clock, runs, spells, now, coming)


def _terms(changes: Sequence[PromiseChange], at: int) -> Promise:
    """What was promised at an instant; where nothing was, what was promised before, or else first."""
    found: Promise | None = None
    for change in changes:
        if found is not None and change.at > at:
            break
        found = change.promise or found
    assert found is not None  # noqa: S101 - judge looked
    return found


def _bare(clock: Clock, status: Status, reason: str, next_at: int | None = None) -> Verdict:
    return Verdict(clock.metric, status, reason=reason, next_at=next_at, kind=clock.kind, place=clock.place)


def _defect(timeline: Timeline, latest: int, now: int) -> str:
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


def _defect_of(timeline: Timeline, metric: Metric) -> str:
    """Why nothing can be said about this metric; "" where something can."""
    for gap, why in timeline.gaps:
        if gap is metric:
            return why
    if metric is Metric.FIRST_RESPONSE and timeline.first_replies:
        created_at = timeline.created_at
        if created_at is not None and timeline.first_replies[0].at < created_at:
            return "the first agent reply is dated before the ticket's creation"
    return ""


def _coming(promises: Sequence[PromiseChange], now: int) -> int | None:
    """The next change that is known already: a policy begins or ends."""
    if promises[-1].at <= now:
        return None
    return next(change.at for change in promises if change.at > now)


def _not_started(
    clock: Clock, promises: Sequence[PromiseChange], now: int, closed_at: int | None, coming: int | None
) -> Verdict:
    """A clock that waits for its start, as long as something is promised. `closed_at` is the closing after which it
    cannot start: no change from then on counts.
    """
    past = now + 1 if closed_at is None else closed_at
    begun = [promises[0], *(change for change in promises[1:] if change.at < past)]
    last = begun[-1]
    if not any(change.promise for change in begun):
        return _bare(clock, Status.NO_SLA, last.why, coming)
    promise = _terms(begun, last.at)
    over = last.promise is None or closed_at is not None
    why = NOT_STARTED[clock.metric].format(clock.place or promise.starts_in) if last.promise else last.why
    status = Status.NOT_APPLICABLE if over else Status.PENDING
    return Verdict(clock.metric, status, promise, why, next_at=coming, kind=clock.kind, place=clock.place)


def _verdict(
    timeline: Timeline, clock: Clock, runs: Sequence[Run], spells: Pauses, now: int, coming: int | None
) -> Verdict:
    """The run that speaks for the clock, with every other one kept beside it."""
    if timeline.waivers or timeline.blind:
        for one in runs:
            _settle(timeline, clock, one, now)
    place = 0 if len(runs) == 1 else _speaks(runs)
    shown = runs[place]
    if coming is not None:
        shown.next_at = coming if shown.next_at is None else min(shown.next_at, coming)
    resolution = clock.metric is Metric.RESOLUTION
    return Verdict(
        clock.metric,
        shown.status,
        shown.promise or shown.last,
        shown.reason,
        shown.started_at,
        shown.due_at,
        shown.course.stopped_at,
        shown.course.ended_at,
        shown.breached_at,
        shown.at_risk_at,
        shown.next_at,
        shown.course.inferred,
        shown.withdrawn,
        clock.kind,
        clock.place,
        place + 1,
        () if len(runs) == 1 else tuple(_cycle(number, one) for number, one in enumerate(runs, 1)),
        sum(spell.end is not None for spell in spells.closed) if resolution else 0,
        _first_stop(runs[0].course, spells) if resolution else None,
        shown.onset,
        shown.promised_at,
    )


def _speaks(runs: Sequence[Run]) -> int:
    """The live run; with none alive the last of the worst: a missed answer is not undone by the next good one."""
    if runs[-1].status in OPEN:
        return len(runs) - 1
    return min(range(len(runs)), key=lambda place: (RANK[runs[place].status], -place))


def _first_stop(course: Course, spells: Pauses) -> int | None:
    return spells.closed[0].start if spells.closed else course.stopped_at


def _settle(timeline: Timeline, clock: Clock, one: Run, now: int) -> None:
    """What lies outside the promise: waivers, and what cannot be seen."""
    if timeline.waivers and one.status in LATE:
        _waive(timeline.waivers, clock, one, now)
    alive = one.course.over_at is None
    if alive and timeline.blind and not one.reason and clock.metric is Metric.FIRST_RESPONSE:
        one.reason = timeline.blind


def _waive(waivers: Sequence[Waiver], clock: Clock, one: Run, now: int) -> None:
    """Lateness is excused while a waiver lasts, and for good where the clock was over by then."""
    over = one.course.over_at
    until = now if over is None else over
    for waiver in waivers:
        meant = waiver.metric in (None, clock.metric) and waiver.at <= now
        if meant and (waiver.expires_at is None or until < waiver.expires_at):
            one.status, one.reason = Status.WAIVED, f"waived: {waiver.why}"
            one.next_at = waiver.expires_at if over is None else None
            return


def _cycle(number: int, one: Run) -> Cycle:
    return Cycle(
        number,
        one.status,
        one.promise or one.last,
        one.reason,
        one.started_at,
        one.due_at,
        one.course.stopped_at,
        one.course.ended_at,
        one.breached_at,
        one.at_risk_at,
        one.next_at,
        one.course.inferred,
        one.withdrawn,
        one.onset,
        one.promised_at,
    )
