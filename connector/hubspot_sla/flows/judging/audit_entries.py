"""Audit entries about records: what was decided and what it rests on, named by ids and instants.

Facts, companies and contacts are not copied: the entry names them, and its digest covers them
(`ledger/audit_references.py`). The explanation of a verdict is not kept either: `sla explain` computes it again from
the same facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.flows.judging.verdict_json import Body, of_action, of_rung
from hubspot_sla.flows.records.hubspot_facts import created_at
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.outbox import Kind
from hubspot_sla.plan.actions import Notify
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.flows.judging.decide import Decision
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.ledger.outbox import OutboxItem
    from hubspot_sla.plan.actions import Action

COMPANIES = "companies"
MESSAGE_SOURCE = "message source"
"""The cause of a verdict that changed because a source showed a message later than it was written."""


def of_decision(decision: Decision) -> Entry:
    """A new verdict, (kind `plan`) what is to be done though the verdict stands, or (`restatement`) an outcome that is
    another one though it stands; as of the instant of the judgement.

    `after` holds the verdicts that changed, `before` what they were where a message that was shown late changed them;
    `dropped` the clocks on which there is none any more."""
    last = decision.judgement.agreed[-1]
    body: Body = {
        "mappings": decision.mappings,
        "tier": {"tier": last.tier.tier, "source": last.tier.source},
        **_policies(last),
        **references(decision.record),
        "after": {
            clock: verdict for clock, verdict in decision.verdicts.items() if decision.before.get(clock) != verdict
        },
        "before": _replaced(decision) if decision.shown_late else {},
        "dropped": sorted(decision.before.keys() - decision.verdicts.keys()),
        "cause": _cause(decision),
        "restated": [
            {"clock": one.clock, "cycle": one.cycle, "cause": one.cause.value, "author": one.author}
            for one in decision.restated
        ],
        "rungs": [of_rung(rung) for rung in decision.escalation.news],
        "plan": [planned(action) for action in decision.actions],
    }
    to_be_done = decision.actions or decision.escalation.news
    kind = "verdict" if decision.changed else "plan" if to_be_done else "restatement"
    without_empty = {key: value for key, value in body.items() if value not in ({}, [], None)}
    return Entry(kind, without_empty, decision.record.ref, decision.at)


def _cause(decision: Decision) -> str | None:
    """Why a verdict changed, where neither time nor anything about the record changed it."""
    if decision.by_other_rules:
        return f"clock rules {decision.rules_before} -> {CLOCK_RULES}"
    if decision.correction is not None:
        return decision.correction.cause
    return MESSAGE_SOURCE if decision.shown_late and decision.changed else None


def _replaced(decision: Decision) -> dict[str, Body]:
    """The verdicts that stood before, of the clocks on which there are others now."""
    return {
        clock: dict(verdict) for clock, verdict in decision.before.items() if decision.verdicts.get(clock) != verdict
    }


def _policies(last: Agreement) -> Body:
    """The id of the policy that applies, of each agreement that there are policies of."""
    others = {key.key: match for key, match in last.matches.items() if match is not last.match}
    body: Body = {"policy": last.match.policy.id if last.match.policy else None}
    if others:
        body["agreements"] = {
            key: {"policy": match.policy.id if match.policy else None} for key, match in others.items()
        }
    return body


def planned(action: Action) -> Body:
    """An action as the entry that asks for it holds it."""
    if isinstance(action, Notify):
        return {"key": action.key, "channel": action.channel, "rung_key": action.rung, "facts": dict(action.facts)}
    return of_action(action)


def references(case: RecordFacts) -> Body:
    """What the verdicts on a record rest on beside the mappings. Of companies the id and whether it is the primary
    one."""
    created = created_at(case.inputs, case.ref.object_type)
    body: Body = {
        "created": None if created is None else wire(created),
        "companies": [[company.id, int(company.primary)] for company in case.companies] or None,
        "contacts": [contact.id for contact in case.contacts] or None,
        "absorbed": [absorbed.ref.record_id for absorbed in case.absorbed] or None,
        "merged_into": case.merged_into or None,
    }
    return {key: value for key, value in body.items() if value is not None}


def of_company(company_id: str) -> Entry:
    """Values of a company were seen for the first time."""
    return Entry("company", {"companies": [[company_id]]}, RecordRef(COMPANIES, company_id))


def of_facts(record: RecordRef, case: RecordFacts | None, contacts: Iterable[str] = ()) -> Entry:
    """Facts of a record were seen for the first time, and no verdict changed; `case` where it could be judged."""
    return Entry("facts", references(case) if case else {"contacts": list(contacts)}, record)


def of_item(kind: str, item: OutboxItem, **more: object) -> Entry:
    """What became of something that was sent. What it says stands in the entry that asked for it: `entry` is the number
    of that; something that an earlier version asked for is told whole."""
    what: Body = dict(item.body) if item.entry is None else {"entry": item.entry}
    if item.kind is not Kind.PROPERTIES:  # one record has one of these, whatever the entry
        what["key"] = item.key
    return Entry(kind, {**what, **more}, item.record)
