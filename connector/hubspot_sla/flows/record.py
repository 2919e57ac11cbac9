"""How verdicts and decisions are written down: JSON with instants in ISO 8601, nothing that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import story
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.spells import Spells
from hubspot_sla.clock.verdict import Status
from hubspot_sla.plan.actions import CreateTask, WriteProperties
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Cycle, Verdict, Withdrawal
    from hubspot_sla.flows.agree import Agreement
    from hubspot_sla.flows.case import Case
    from hubspot_sla.flows.decide import Decision, Judgement
    from hubspot_sla.plan.actions import Action
    from hubspot_sla.policy.book import Match
    from hubspot_sla.policy.tiers import CompanyView, ContactView

Body = dict[str, object]


def of_verdict(verdict: Verdict) -> Body:
    """One verdict as it is kept and compared; absent keys are null. Nothing in it changes by the mere passing of
    time."""
    promise = verdict.promise
    body: Body = {
        "status": verdict.status.value,
        "policy": promise.policy if promise else None,
        "target": promise.target if promise else None,
        "calendar": promise.calendar.name if promise else None,
        **_instants(verdict),
        "cycle": verdict.cycle if verdict.cycles else None,
        "cycles": [_cycle(cycle) for cycle in verdict.cycles] or None,
        "first_stopped_at": _instant(verdict.first_stopped_at) if verdict.reopened else None,
        "reopened": verdict.reopened or None,
        "reason": verdict.reason or None,
        "inferred": verdict.inferred or None,
        "withdrawn": [_withdrawal(undone) for undone in verdict.withdrawn] or None,
    }
    return _said(body)


def _instants(verdict: Verdict | Cycle) -> Body:
    names = ("started_at", "due_at", "stopped_at", "ended_at", "breached_at")
    return {name: _instant(getattr(verdict, name)) for name in names}


def _cycle(cycle: Cycle) -> Body:
    body: Body = {
        "number": cycle.number,
        "status": cycle.status.value,
        "target": cycle.promise.target if cycle.promise else None,
        **_instants(cycle),
        "reason": cycle.reason or None,
        "inferred": cycle.inferred or None,
        "withdrawn": [_withdrawal(undone) for undone in cycle.withdrawn] or None,
    }
    return _said(body)


def _withdrawal(undone: Withdrawal) -> Body:
    instants = {"breached_at": wire(undone.breached_at), "withdrawn_at": wire(undone.withdrawn_at)}
    return _said({**instants, "why": undone.why, "by": undone.by or None})


def _said(body: Body) -> Body:
    return {key: value for key, value in body.items() if value is not None}


def told_verdict(judgement: Judgement, verdict: Verdict, now: int) -> Body:
    """One verdict with everything that can be said of it as of `now`, for people and programs that ask.

    Beside what is kept: `kind`, `metric`, `place`, `at_risk_at`, `next_at`; `elapsed_s` and `paused_s` (business
    seconds), `late_by_s` (on the wall) and `late_by_business_s`; `hands`: whose the counted and the paused time was;
    every cycle with the same; and the segments, cut at opening and closing hours.
    """
    timeline = judgement.timeline
    spells = Spells(timeline)
    body = of_verdict(verdict)
    body.update(kind=verdict.kind.value, metric=verdict.metric.value)
    if verdict.place:
        body["place"] = verdict.place
    if verdict.started_at is None:
        return body
    for name in ("at_risk_at", "next_at"):
        if getattr(verdict, name) is not None:
            body[name] = wire(getattr(verdict, name))
    told = segments(timeline, verdict, now, hours=True, spells=spells)
    body.update(_spent(verdict, told, now))
    body["cycles"] = [_told_cycle(timeline, cycle, now, spells) for cycle in verdict.every_cycle]
    body["segments"] = [of_segment(segment) for segment in told]
    return body


def _told_cycle(timeline: Timeline, cycle: Cycle, now: int, spells: Spells) -> Body:
    return {**_cycle(cycle), **_spent(cycle, segments(timeline, cycle, now, spells=spells), now)}


def _spent(verdict: Verdict | Cycle, told: Sequence[Segment], now: int) -> Body:
    found = spent(verdict, told, now)
    return {
        "elapsed_s": _seconds(found.elapsed_ms),
        "paused_s": _seconds(found.paused_ms),
        "late_by_s": _seconds(found.late_by_ms),
        "late_by_business_s": _seconds(found.late_ms),
        "hands": {whose: _seconds(ms) for whose, ms in found.hands.items()},
    }


def of_segment(segment: Segment) -> Body:
    """`[from, to)`, what the clock did, why, and whose time it was."""
    body: Body = {
        "from": wire(segment.start),
        "to": wire(segment.end),
        "state": segment.state.value,
        "late": segment.late or None,
        "why": segment.why,
        "whose": segment.whose,
        "by": segment.by or None,
        "business_s": _seconds(segment.counted_ms),
    }
    return _said(body)


def _seconds(ms: int) -> int | float:
    """Whole where they are: a fraction is never rounded away."""
    return ms // 1000 if ms % 1000 == 0 else ms / 1000


def of_decision(decision: Decision) -> Body:
    """The audit entry of a verdict: by what, from which facts, what it was, what it is, what is to be done."""
    judgement = decision.judgement
    last = judgement.agreed[-1]
    return {
        "version": last.version.mappings.version,
        "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
        **policies(last),
        "told": told_story(judgement.timeline, judgement.verdicts, decision.at),
        "inputs": inputs(decision.case),
        "before": dict(decision.before),
        "after": dict(decision.verdicts),
        "plan": [of_action(action) for action in decision.actions],
    }


def policies(last: Agreement) -> Body:
    """The policy that applies and why the ones before it do not; those of other kinds under `agreements`."""
    body: Body = {
        "policy": last.match.policy.id if last.match.policy else None,
        "rejected": _rejected(last.match),
    }
    others = {kind.value: match for kind, match in last.matches.items() if kind is not Kind.SLA}
    if others:
        body["agreements"] = {
            kind: {"policy": match.policy.id if match.policy else None, "rejected": _rejected(match)}
            for kind, match in others.items()
        }
    return body


def _rejected(match: Match) -> list[Body]:
    return [{"policy": name, "why": why} for name, why in match.rejected]


def told_story(timeline: Timeline, verdicts: Iterable[Verdict], now: int) -> str:
    """The explanation of all verdicts as plain text, for the audit entry and for a note on the ticket."""
    spells = Spells(timeline)
    return "\n".join(
        story(verdict, segments(timeline, verdict, now, spells=spells))
        for verdict in verdicts
        if verdict.status is not Status.NO_SLA
    )


def inputs(case: Case) -> Body:
    """The facts a verdict rests on, enough to compute it again."""
    return {
        "created": case.inputs.get("createdate"),
        "facts": [[fact.name, wire(fact.at), fact.value] for fact in case.facts],
        "companies": [
            {"id": company.id, "primary": company.primary, "properties": _told(company)} for company in case.companies
        ],
        "contacts": [{"id": contact.id, "properties": _told(contact)} for contact in case.contacts],
    }


def _told(view: CompanyView | ContactView) -> dict[str, list[list[str | None]]]:
    return {name: [[wire(at), value] for at, value in history] for name, history in view.property_history.items()}


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
