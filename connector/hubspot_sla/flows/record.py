"""How verdicts and decisions are written down: JSON with instants in ISO 8601, nothing that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.actions import CreateTask, WriteProperties
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict
    from hubspot_sla.flows.case import Case
    from hubspot_sla.flows.decide import Decision
    from hubspot_sla.plan.actions import Action

Body = dict[str, object]


def of_verdict(verdict: Verdict) -> Body:
    """One verdict; absent keys are null."""
    promise = verdict.promise
    body: Body = {
        "status": verdict.status.value,
        "policy": promise.policy if promise else None,
        "target": promise.target if promise else None,
        "calendar": promise.calendar.name if promise else None,
        "started_at": _instant(verdict.started_at),
        "due_at": _instant(verdict.due_at),
        "stopped_at": _instant(verdict.stopped_at),
        "breached_at": _instant(verdict.breached_at),
        "first_stopped_at": _instant(verdict.first_stopped_at) if verdict.reopened else None,
        "reopened": verdict.reopened or None,
        "reason": verdict.reason or None,
        "withdrawn": [
            {"breached_at": wire(undone.breached_at), "withdrawn_at": wire(undone.withdrawn_at), "why": undone.why}
            for undone in verdict.withdrawn
        ]
        or None,
    }
    return {key: value for key, value in body.items() if value is not None}


def of_decision(decision: Decision) -> Body:
    """The audit entry of a verdict: by what, from which facts, what it was, what it is, what is to be done."""
    last = decision.judgement.agreed[-1]
    return {
        "version": last.version.mappings.version,
        "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
        "policy": last.match.policy.id if last.match.policy else None,
        "inputs": inputs(decision.case),
        "before": dict(decision.before),
        "after": dict(decision.verdicts),
        "plan": [of_action(action) for action in decision.actions],
    }


def inputs(case: Case) -> Body:
    """The facts a verdict rests on, enough to compute it again."""
    return {
        "created": case.inputs.get("createdate"),
        "facts": [[fact.name, wire(fact.at), fact.value] for fact in case.facts],
        "companies": [
            {
                "id": company.id,
                "primary": company.primary,
                "properties": {
                    name: [[wire(at), value] for at, value in history]
                    for name, history in company.property_history.items()
                },
            }
            for company in case.companies
        ],
    }


def of_action(action: Action) -> Body:
    match action:
        case WriteProperties():
            held = {name: value for name, value in action.before.items() if value}
            return {"key": action.key, "changes": dict(action.changes), "before": held}
        case CreateTask():
            return {
                "key": action.key,
                "subject": action.subject,
                "body": action.body,
                "due_at": wire(action.due_at),
                "owner_id": action.owner_id,
            }


def _instant(at: int | None) -> str | None:
    return None if at is None else wire(at)
