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
    _, shown, cycles, reopened, first_stopped_at = verdict
    promise = shown.promise
    body: Body = {"status": str(shown.status)}
    if promise is not None:
        body.update(policy=promise.policy, target=promise.target, calendar=promise.calendar.name)
    _add_instants(body, shown)
    if len(cycles) > 1:
        body["cycle"] = shown.number
        body["cycles"] = [of_cycle(cycle) for cycle in cycles]
    if reopened:
        if first_stopped_at is not None:
            body["first_stopped_at"] = wire(first_stopped_at)
        body["reopened"] = reopened
    _add_remarks(body, shown)
    return body


def of_cycle(cycle: Cycle) -> Body:
    body: Body = {"number": cycle.number, "status": str(cycle.status)}
    if cycle.promise is not None:
        body["target"] = cycle.promise.target
    _add_instants(body, cycle)
    _add_remarks(body, cycle)
    return body


def _add_instants(body: Body, cycle: Cycle) -> None:
    _, _, _, _, started_at, due_at, stopped_at, ended_at, breached_at, *_ = cycle
    if started_at is not None:
        body["started_at"] = wire(started_at)
    if due_at is not None:
        body["due_at"] = wire(due_at)
    if stopped_at is not None:
        body["stopped_at"] = wire(stopped_at)
    if ended_at is not None:
        body["ended_at"] = wire(ended_at)
    if breached_at is not None:
        body["breached_at"] = wire(breached_at)


def _add_remarks(body: Body, cycle: Cycle) -> None:
    """What a cycle says of itself beside its status and its instants, if anything."""
    if cycle.reason:
        body["reason"] = cycle.reason
    if cycle.inferred:
        body["inferred"] = True
    if cycle.withdrawn:
        body["withdrawn"] = [_withdrawal(undone) for undone in cycle.withdrawn]


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
