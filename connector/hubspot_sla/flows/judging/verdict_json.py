"""How verdicts and actions are kept: JSON with instants in ISO 8601, nothing that says nothing, nothing that ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.verdict import LATE
from hubspot_sla.plan.actions import AddNote, CompleteTask, CreateTask, Notify, SetProperties, WriteProperties
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Cycle, Verdict, Withdrawal
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.plan.ladder import Reached

Body = dict[str, object]


def of_verdict(verdict: Verdict) -> Body:
    """One verdict as it is kept and compared; absent keys are null. Nothing in it changes by the mere passing of
    time."""
    shown = verdict.cycle
    promise, several = shown.promise, len(verdict.cycles) > 1
    body: Body = {
        "status": verdict.status.value,
        "policy": promise.policy if promise else None,
        "target": promise.target if promise else None,
        "calendar": promise.calendar.name if promise else None,
        **_instants(shown),
        "cycle": shown.number if several else None,
        "cycles": [of_cycle(cycle) for cycle in verdict.cycles] if several else None,
        "first_stopped_at": _instant(verdict.first_stopped_at) if verdict.reopened else None,
        "reopened": verdict.reopened or None,
        "reason": shown.reason or None,
        "inferred": shown.inferred or None,
        "withdrawn": [_withdrawal(undone) for undone in shown.withdrawn] or None,
    }
    return without_none(body)


def _instants(cycle: Cycle) -> Body:
    return {
        "started_at": _instant(cycle.started_at),
        "due_at": _instant(cycle.due_at),
        "stopped_at": _instant(cycle.stopped_at),
        "ended_at": _instant(cycle.ended_at),
        "breached_at": _instant(cycle.breached_at),
    }


def of_cycle(cycle: Cycle) -> Body:
    body: Body = {
        "number": cycle.number,
        "status": cycle.status.value,
        "target": cycle.promise.target if cycle.promise else None,
        **_instants(cycle),
        "reason": cycle.reason or None,
        "inferred": cycle.inferred or None,
        "withdrawn": [_withdrawal(undone) for undone in cycle.withdrawn] or None,
    }
    return without_none(body)


def metric_of(clock: str) -> str:
    """The metric of a clock by its key."""
    return str(Clock.of(clock).metric)


def late_cycles(body: Body) -> set[int]:
    """The numbers of the cycles that a kept verdict calls late."""
    cycles = body.get("cycles")
    cycle_bodies: list[Any] = cycles if isinstance(cycles, list) else [{"number": 1, "status": body.get("status")}]
    return {int(cycle["number"]) for cycle in cycle_bodies if cycle["status"] in LATE}


def _withdrawal(undone: Withdrawal) -> Body:
    instants = {"breached_at": wire(undone.breached_at), "withdrawn_at": wire(undone.withdrawn_at)}
    return without_none({**instants, "why": undone.why, "by": undone.by or None})


def without_none(body: Body) -> Body:
    """The body without what says nothing."""
    return {key: value for key, value in body.items() if value is not None}


def of_action(action: Action) -> Body:
    match action:
        case WriteProperties():
            values_before = {name: value for name, value in action.before.items() if value}
            body: Body = {"key": action.key, "changes": dict(action.changes)}
            return {**body, "before": values_before} if values_before else body
        case CreateTask():
            return {
                "key": action.key,
                "subject": action.subject,
                "body": action.body,
                "due_at": wire(action.due_at),
                "owner_id": action.owner_id,
                **({"lead_id": action.lead_id} if action.lead_id else {}),
                "rung_key": action.rung,
            }
        case SetProperties():
            return {"key": action.key, "changes": dict(action.changes), "rung_key": action.rung}
        case AddNote():
            return {"key": action.key, "html": action.html, "at": wire(action.at), "rung_key": action.rung}
        case Notify():
            return {"key": action.key, "target": action.channel, "rung_key": action.rung, **action.facts}
        case CompleteTask():
            return {"key": action.key, "task_key": action.task_key, "task_id": action.task_id}


def of_rung(reached: Reached) -> Body:
    """A rung and what became of it, as in the audit entry and the explanation."""
    body: Body = {
        "key": reached.key,
        "clock": reached.clock,
        "cycle": reached.cycle,
        "ladder": reached.ladder,
        "rung": reached.rung,
        "nth": reached.nth if reached.nth > 1 else None,
        "level": reached.level,
        "state": reached.outcome.value,
        "due_at": wire(reached.due_at),
        "at": wire(reached.at),
        "reason": reached.reason or None,
    }
    return without_none(body)


def _instant(at: int | None) -> str | None:
    return None if at is None else wire(at)
