"""How decisions are told: the audit entry of one, and the whole story of a verdict, with how its time was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.explain import story
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import Kind
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.verdict import Status
from hubspot_sla.flows.judging.verdict_json import Body, of_action, of_cycle, of_rung, of_verdict, said
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.segments import Segment
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.clock.verdict import Cycle, Verdict
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.decide import Decision, Judgement
    from hubspot_sla.flows.records.ticket_facts import TicketFacts
    from hubspot_sla.policy.customers import CompanyView, ContactView
    from hubspot_sla.policy.policy_set import Match


def told_verdict(judgement: Judgement, verdict: Verdict, now: int) -> Body:
    """One verdict with everything that can be said of it as of `now`, for people and programs that ask.

    Beside what is kept: `kind`, `metric`, `place`, `at_risk_at`, `next_at`; `elapsed_s` and `paused_s` (business
    seconds), `late_by_s` (on the wall) and `late_by_business_s`; `hands`: whose the counted and the paused time was;
    every cycle with the same; and the segments, cut at opening and closing hours.
    """
    timeline = judgement.timeline
    pauses = Pauses.at(timeline, now)
    body = of_verdict(verdict)
    body.update(kind=verdict.kind.value, metric=verdict.metric)
    if verdict.clock.place:
        body["place"] = verdict.clock.place
    shown = verdict.cycle
    if shown.started_at is None:
        return body
    for name in ("at_risk_at", "next_at"):
        if getattr(shown, name) is not None:
            body[name] = wire(getattr(shown, name))
    by_the_hour = segments(timeline, shown, now, hours=True, pauses=pauses)
    body.update(_spent(shown, by_the_hour, now))
    body["cycles"] = [_told_cycle(timeline, cycle, now, pauses) for cycle in verdict.cycles]
    body["segments"] = [of_segment(segment) for segment in by_the_hour]
    return body


def _told_cycle(timeline: Timeline, cycle: Cycle, now: int, pauses: Pauses) -> Body:
    return {**of_cycle(cycle), **_spent(cycle, segments(timeline, cycle, now, pauses=pauses), now)}


def _spent(cycle: Cycle, cycle_segments: Sequence[Segment], now: int) -> Body:
    found = spent(cycle, cycle_segments, now)
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
    return said(body)


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
        "rungs": [of_rung(one) for one in decision.climb.news],
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
    pauses = Pauses.at(timeline, now)
    return "\n".join(
        story(verdict, segments(timeline, verdict.cycle, now, pauses=pauses))
        for verdict in verdicts
        if verdict.status is not Status.NO_SLA
    )


def inputs(case: TicketFacts) -> Body:
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
