"""One cycle of one clock under the promises that were in force while it ran.

Nothing here is a running total: every instant is computed anew from the start, the pauses and the promise, so a
change of any of them cannot leave a remainder behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.promise import Late, OnChange, Unanswered
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Onset, Status, Withdrawal, cycle_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.cycles import CycleTimes
    from hubspot_sla.clock.pauses import Pauses
    from hubspot_sla.clock.promise import Promise, PromiseChange
    from hubspot_sla.clock.timeline import Pause
    from hubspot_sla.clock.verdict import Cycle, Excuse

# To look up a member of an enum takes longer than a call; these are looked up with every cycle.
_INSTANT: Final = Late.INSTANT
_MET: Final = Status.MET
_MISSED: Final = Status.MISSED
_NOT_APPLICABLE: Final = Status.NOT_APPLICABLE
_RUNNING: Final = Status.RUNNING
_DUE: Final = Onset.DUE
_KEEP: Final = OnChange.KEEP
_RESTART: Final = OnChange.RESTART


class CycleState:
    """Where a cycle stands; the fields are those of `Cycle`. `goal_at` and `closed_at` are when it reached its goal or
    was closed without that, whatever was promised, and `ran_until` the one that is known; `last_promise` is the
    newest promise that was one; `late_after` the last instant at which a stop is in time.

    A field that nothing has set yet is read from the class.
    """

    promise: Promise | None = None
    last_promise: Promise | None = None
    status: Status = _RUNNING
    reason: str = ""
    due_at: int | None = None
    late_after: int | None = None
    stopped_at: int | None = None
    ended_at: int | None = None
    breached_at: int | None = None
    at_risk_at: int | None = None
    next_at: int | None = None
    withdrawn: tuple[Withdrawal, ...] = ()
    onset: Onset | None = None
    promised_at: int | None = None
    excuse: Excuse | None = None

    def __init__(self, times: CycleTimes) -> None:
        self.started_at, self.goal_at, self.closed_at, self.inferred = times
        self.ran_until = self.closed_at if self.goal_at is None else self.goal_at

    @property
    def over_at(self) -> int | None:
        """When it stopped or ended; None while it lives."""
        return self.ended_at if self.stopped_at is None else self.stopped_at


def cycle_state(
    times: CycleTimes, changes: Sequence[PromiseChange], pauses: Pauses, suspended: Sequence[Pause], now: int
) -> CycleState | None:
    """The cycle under its promises as of `now`; None where nothing was ever promised while it ran.

    `changes` is sorted by instant and its first entry holds from the beginning. `suspended`: while the clock
    has stopped and may be resumed, as by a reopening.
    """
    state = CycleState(times)
    over = state.ran_until
    only = only_promise(changes, over)
    if only is not None:
        return _state_under(state, only, pauses, suspended, now)
    turns = _turns(changes, state.started_at, over, suspended, now)
    at, change = turns[0]
    _apply(state, at, change, pauses, first=True)
    for next_at, next_change in turns[1:]:
        _find_breach(state, at, next_at, suspended, last=False)
        at = next_at
        if not _is_the_same(state, next_change):
            _apply(state, at, next_change, pauses, first=False)
    _find_breach(state, at, now if over is None else over, suspended, last=True)
    if state.last_promise is None:
        return None
    _conclude(state, pauses, now)
    return state


def only_promise(changes: Sequence[PromiseChange], over: int | None) -> Promise | None:
    """The promise that alone counts for cycles which are over at `over`; None: there are several, or none."""
    return changes[0].promise if len(changes) == 1 or (over is not None and over < changes[1].at) else None


def _state_under(
    state: CycleState, promise: Promise, pauses: Pauses, suspended: Sequence[Pause], now: int
) -> CycleState:
    """The cycle under a promise that never changes while it runs."""
    start, over = state.started_at, state.ran_until
    _promise(state, start, promise, pauses)
    _find_breach(state, start, now if over is None else over, suspended, last=True)
    _conclude(state, pauses, now)
    return state


def stopped_cycle(times: CycleTimes, promise: Promise, pauses: Pauses, number: int = 1) -> Cycle:
    """The same where the cycle reached its goal before the ticket was ever closed and reopened: it is met or missed.

    Most cycles of a portal's past are such, so this goes without a `CycleState`.
    """
    started_at, stopped_at, _, inferred = times
    due_at: int | None
    late_after: int | None
    if promise.goes_on_to_due:  # a closing comes after the stop, so nothing moves the due instant
        due_at = late_after = promise.calendar.due(started_at, promise.budget_ms)
    else:
        promise, due_at, late_after = _terms_of_stopped(promise, started_at, stopped_at, pauses)
    if late_after is None or stopped_at is None or stopped_at <= late_after:
        status, breached_at, onset = _MET, None, None
    else:
        status, breached_at, onset = _MISSED, late_after, _DUE
    fields = (
        status,
        number,
        promise,
        "",  # reason
        started_at,
        due_at,
        stopped_at,
        None,  # ended_at
        breached_at,
        None,  # at_risk_at
        None,  # next_at
        inferred,
        (),  # withdrawn
        onset,
        started_at,  # promised_at
        None,  # excuse
    )
    return cycle_of(fields)


def _terms_of_stopped(
    promise: Promise, started_at: int, stopped_at: int | None, pauses: Pauses
) -> tuple[Promise, int | None, int | None]:
    """The promise to a cycle that stopped, when it was due, and the last instant at which a stop is in time."""
    if promise.due_rule is not None:
        promise = promise.starting(started_at)
    due_at = _due_at(promise, started_at, stopped_at, pauses)
    if due_at is None or promise.late is _INSTANT:
        return promise, due_at, due_at
    return promise, due_at, promise.late_after(due_at)


def _turns(
    changes: Sequence[PromiseChange], start: int, over: int | None, suspended: Sequence[Pause], now: int
) -> list[tuple[int, PromiseChange]]:
    """The promise in force at the start, then every change that touched the running clock, each with its instant.

    A change made while the ticket was closed takes effect when it is reopened; one made at or after the end does
    not count; of several in one instant the last one counts.
    """
    turns = [(start, changes[0])]
    for change in changes[1:]:
        at = change.at
        if at > now:
            break
        at = start if at <= start else _takes_effect_at(at, suspended) if suspended else at
        if at != start and over is not None and at >= over:
            break
        if at == turns[-1][0]:
            turns.pop()
        turns.append((at, change))
    return turns


def _takes_effect_at(changed_at: int, suspended: Sequence[Pause]) -> int:
    for pause in suspended:
        if pause.covers(changed_at):
            return changed_at if pause.end is None else pause.end
    return changed_at


def _is_the_same(state: CycleState, change: PromiseChange) -> bool:
    """Whether a running clock goes on as it did: it owes the same as before, or it keeps what it owes. The promise that
    comes into force says so, or the one that ends."""
    current, promise = state.promise, change.promise
    if current is None or change.final:
        return False
    if promise is not None:
        started = promise if promise.due_rule is None else promise.starting(state.started_at)
        if started.owes_as(current):
            state.promise = state.last_promise = started
            return True
    return (promise or current).on_change.of(change.cause) is _KEEP


def _apply(state: CycleState, at: int, change: PromiseChange, pauses: Pauses, *, first: bool) -> None:
    promise = state.promise = change.promise
    state.reason = change.why
    if promise is None:
        state.ended_at = at
        return
    state.ended_at = None
    if not first and state.last_promise is not None and promise.on_change.of(change.cause) is _RESTART:
        state.started_at = at
    _promise(state, at, promise, pauses)
    if state.breached_at is not None and (state.late_after is None or state.late_after >= at):
        state.withdrawn += (Withdrawal(state.breached_at, at, change.why, change.by),)
        state.breached_at = state.onset = None


def _promise(state: CycleState, at: int, promise: Promise, pauses: Pauses) -> None:
    """From `at` on this is promised."""
    if promise.due_rule is not None:
        promise = promise.starting(state.started_at)
    state.promise = state.last_promise = promise
    state.promised_at = at
    due_at = state.due_at = state.late_after = _due_at(promise, state.started_at, state.ran_until, pauses)
    if due_at is not None and promise.late is not _INSTANT:
        state.late_after = promise.late_after(due_at)


def _find_breach(state: CycleState, at: int, until: int, suspended: Sequence[Pause], *, last: bool) -> None:
    """Whether it became late between two turns: at `max(due, change)`, never before the change.

    Where that is a reopening in whose instant the next change takes effect, the new promise decides.
    """
    late_after = state.late_after
    if state.promise is None or state.breached_at is not None or late_after is None or late_after >= until:
        return
    lateness = _lateness(late_after, at, suspended, state.ran_until)
    if lateness is not None and (last or lateness[0] < until):
        state.breached_at, state.onset = lateness


def _lateness(late_after: int, at: int, suspended: Sequence[Pause], over: int | None) -> tuple[int, Onset] | None:
    """When lateness began and by what. A budget used up in the very instant of closing is late from the reopening on;
    a clock that stopped while the ticket was closed, or with the reopening, when no time had run, is not late.

    `at` is a reopening too where the change was made while the ticket was closed.
    """
    began = max(late_after, at)
    for pause in suspended:
        if pause.end is not None and pause.covers(began):
            return (pause.end, _resumption(pause)) if over is None or pause.end < over else None
    if began == late_after:
        return began, _DUE
    resumed = next((pause for pause in suspended if pause.end == at), None)
    return began, Onset.CHANGE if resumed is None else _resumption(resumed)


def _resumption(pause: Pause) -> Onset:
    return Onset.REOPENING if pause.role is Role.CLOSED else Onset.RETURN


def _due_at(promise: Promise, started_at: int, over: int | None, pauses: Pauses) -> int | None:
    """Where the budget has run; an instant fixed at the start stays it as long as no pause takes business time."""
    due_at = reached(promise, promise.budget_ms, started_at, over, pauses)
    if promise.fixed_due_at is None or due_at is None:
        return due_at
    unmoved = due_at == promise.calendar.due(started_at, promise.budget_ms)
    return promise.fixed_due_at if unmoved else due_at


def _reached(promise: Promise, run_ms: int, state: CycleState, pauses: Pauses) -> int | None:
    return reached(promise, run_ms, state.started_at, state.ran_until, pauses)


def reached(promise: Promise, run_ms: int, started_at: int, over: int | None, pauses: Pauses) -> int | None:
    """The earliest instant at which `run_ms` of business time have run, or None where a pause that lasts comes first.

    What begins when the clock is over is no pause, and one that lasts then ends with it: the due instant of a
    stopped clock is where it would have come to, had nobody stopped it, and nothing later moves it.
    """
    if not run_ms:
        return started_at
    clock_pauses = pauses.of(promise)
    if not clock_pauses or (over is not None and clock_pauses[0][0] >= over):
        return promise.calendar.due(started_at, run_ms)
    return _reached_beside(clock_pauses, promise.calendar, run_ms, started_at, over)


def _reached_beside(
    clock_pauses: Sequence[Pause], calendar: Calendar, run_ms: int, started_at: int, over: int | None
) -> int | None:
    """The same beside pauses: each moves the instant on by its own business time."""
    last = clock_pauses[-1]
    business = calendar.measured(started_at, max(started_at, last[1] or last[0], over or 0))
    reached_beside = business.reached_beside(started_at, run_ms, clock_pauses, over)
    if reached_beside is None:
        return None
    running_from, goal = reached_beside
    if goal <= business.total:
        return business.reached(goal)
    return calendar.due(running_from, goal - business.length_before(running_from))


def _conclude(state: CycleState, pauses: Pauses, now: int) -> None:
    late = state.breached_at is not None
    if state.promise is None:  # `ended_at` is when it ended
        state.status = _MISSED if late else _NOT_APPLICABLE
    elif state.goal_at is not None:
        state.reason, state.stopped_at = "", state.goal_at
        state.status = _MISSED if late else _MET
    elif state.closed_at is not None:
        _end(state, state.promise, state.closed_at)
    else:
        state.reason = ""
        _live(state, state.promise, pauses, now)
    if state.status is _NOT_APPLICABLE:
        state.due_at = None


def _end(state: CycleState, promise: Promise, ended_at: int) -> None:
    definition = promise.definition
    state.reason, state.ended_at = definition.unreached(), ended_at
    if state.breached_at is not None:
        state.status = Status.MISSED
    elif definition.waits_for_a_reply and promise.close_without_reply is Unanswered.MISSED:
        state.status, state.breached_at, state.onset = Status.MISSED, ended_at, Onset.CLOSING
    else:
        state.status = _NOT_APPLICABLE


def _live(state: CycleState, promise: Promise, pauses: Pauses, now: int) -> None:
    """A clock that runs or stands still: what it is now, and when that changes by itself."""
    marks = [_reached(promise, threshold.run_ms, state, pauses) for threshold in promise.at_risk]
    state.at_risk_at = marks[0] if marks else None
    if state.breached_at is not None:
        state.status = Status.BREACHED
        return
    coming = [at for at in marks if at is not None and at > now]
    pause_change_at = pauses.next_change_at(promise)
    if pause_change_at is not None:
        coming.append(pause_change_at)
    if state.due_at is None:
        state.status = Status.PAUSED
    else:
        at_risk = state.at_risk_at is not None and state.at_risk_at <= now
        state.status = Status.AT_RISK if at_risk else _RUNNING
        if state.late_after is not None:
            coming.append(state.late_after + 1)
    state.next_at = min(coming, default=None)
