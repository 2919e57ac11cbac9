"""Waivers: lateness excused for a while or for good, and intervals that do not count.

The rules, in the words of docs/reference/clock.md:

* only lateness is excused: what was met stays met;
* a waiver that expires leaves waived what was over by then, and a clock still open is late again;
* a revoked waiver is as if it had never been, from the revocation on;
* a waiver that stops the clocks is a pause; a breach that it undoes is withdrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import LATE, Excuse, Status, Withdrawal
from hubspot_sla.clock.waivers import concerns, is_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.clock.cycle_state import CycleState
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.clock.waivers import StoppedInterval, Waiver


def apply_waivers(timeline: Timeline, clock: Clock, state: CycleState, now: int) -> None:
    """Excuse the lateness of a cycle by the waiver that lasts longest; with none in force, note which ended last."""
    excuses = list(_excuses(timeline, clock, state, now))
    over_at = state.over_at
    standing = [one for one in excuses if not one.revoked and not one.is_over(now if over_at is None else over_at)]
    if not standing:
        state.excuse = max(excuses, key=_end, default=None)
    else:
        state.excuse = max(standing, key=_end)
        if state.status in LATE:
            state.status, state.reason = Status.WAIVED, f"waived: {state.excuse.why}"
            state.next_at = state.excuse.until if over_at is None else None
    coming = [at for at in (state.next_at, *_coming(timeline, clock, now)) if at is not None]
    state.next_at = min(coming, default=None)


def _coming(timeline: Timeline, clock: Clock, now: int) -> Iterator[int]:
    """Grants and revocations by a clock that is ahead of ours."""
    granted: list[Waiver | StoppedInterval] = [*timeline.waivers, *timeline.stopped]
    for waiver in granted:
        for at in (waiver.at, waiver.revoked_at):
            if at is not None and at > now and concerns(waiver, clock):
                yield at


def _excuses(timeline: Timeline, clock: Clock, state: CycleState, now: int) -> Iterator[Excuse]:
    """What the waivers granted by now mean to one cycle."""
    late_at = state.breached_at if state.status in LATE else state.late_after
    for waiver in timeline.waivers:
        if waiver.at <= now and concerns(waiver, clock) and _covers(waiver, late_at):
            revoked = not is_in_force(waiver, now)
            until = waiver.revoked_at if revoked else waiver.expires_at
            yield Excuse(waiver.at, until, waiver.why, revoked=revoked, by=waiver.by)
    for stop in timeline.stopped:
        if stop.at <= now and concerns(stop, clock) and not is_in_force(stop, now):
            yield Excuse(stop.at, stop.revoked_at, stop.why, revoked=True, by=stop.by)


def _covers(waiver: Waiver, at: int | None) -> bool:
    """Whether it excuses lateness that begins at `at`; None: at an instant that nobody knows yet."""
    since, until = waiver.since, waiver.until
    if at is None:
        return since is None and until is None
    return (since is None or since <= at) and (until is None or at < until)


def _end(excuse: Excuse) -> tuple[bool, int]:
    return (excuse.until is None, excuse.until or 0)


def with_withdrawals(
    verdicts: Sequence[Verdict], unstopped: Sequence[Verdict], stops: Sequence[StoppedInterval]
) -> tuple[Verdict, ...]:
    """`verdicts` with the breaches that a stop undid: those that `unstopped`, the verdicts without any stop, still have
    and that were there when it was granted."""
    return tuple(
        _with_withdrawals(verdict, before, [stop for stop in stops if concerns(stop, verdict.clock)])
        for verdict, before in zip(verdicts, unstopped, strict=True)
    )


def _with_withdrawals(verdict: Verdict, before: Verdict, stops: Sequence[StoppedInterval]) -> Verdict:
    breached = {cycle.number: cycle.breached_at for cycle in before.cycles if cycle.breached_at is not None}
    if not stops or not breached:
        return verdict
    cycles = tuple(_with_withdrawal(cycle, breached.get(cycle.number), stops) for cycle in verdict.cycles)
    return verdict._replace(cycle=cycles[verdict.cycles.index(verdict.cycle)], cycles=cycles)


def _with_withdrawal(cycle: Cycle, breached_at: int | None, stops: Iterable[StoppedInterval]) -> Cycle:
    if breached_at is None or cycle.breached_at == breached_at:
        return cycle
    stop = min((stop for stop in stops if stop.at >= breached_at), key=lambda stop: stop.at, default=None)
    if stop is None:
        return cycle
    undone = Withdrawal(breached_at, stop.at, f"waiver: {stop.why}", stop.by)
    return cycle._replace(withdrawn=(*cycle.withdrawn, undone))
