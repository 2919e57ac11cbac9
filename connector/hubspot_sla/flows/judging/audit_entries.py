"""What the audit log says of a decision: by what, from which facts, and what is to be done. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.judging.explanations import policies, story_of
from hubspot_sla.flows.judging.verdict_json import Body, of_action, of_rung
from hubspot_sla.plan.instants import wire

if TYPE_CHECKING:
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.policy.customers import CompanyView, ContactView


def of_decision(decision: Decision) -> Body:
    """The audit entry of a verdict: by what, from which facts, what it was, what it is, what is to be done."""
    judgement = decision.judgement
    last = judgement.agreed[-1]
    return {
        "version": last.version.mappings.version,
        "tier": {"tier": last.tier.tier, "source": last.tier.source, "why": last.tier.why},
        **policies(last),
        "told": story_of(judgement.timeline, judgement.verdicts, decision.at),
        "inputs": inputs(decision.record),
        "before": dict(decision.before),
        "after": dict(decision.verdicts),
        "rungs": [of_rung(rung) for rung in decision.escalation.news],
        "plan": [of_action(action) for action in decision.actions],
    }


def inputs(record: RecordFacts) -> Body:
    """The facts a verdict rests on, enough to compute it again."""
    return {
        "created": record.inputs.get("createdate"),
        "facts": [[fact.name, wire(fact.at), fact.value] for fact in record.facts],
        "companies": [
            {"id": company.id, "primary": company.primary, "properties": _told(company)} for company in record.companies
        ],
        "contacts": [{"id": contact.id, "properties": _told(contact)} for contact in record.contacts],
    }


def _told(view: CompanyView | ContactView) -> dict[str, list[list[str | None]]]:
    return {name: [[wire(at), value] for at, value in history] for name, history in view.property_history.items()}
