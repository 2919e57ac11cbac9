"""What a receipt shows of the mappings without proving it: the policies that applied and why, and the customer's rows
in tables of tiers. Nothing of other policies, conditions and customers. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.records.record_facts import in_force
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.conditions import All, Any, Asks, Not
from hubspot_sla.policy.tier_sources.table_source import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.judging.agreements import Agreement
    from hubspot_sla.policy.conditions import Condition, Subject
    from hubspot_sla.policy.customers import CompanyView

Body = dict[str, object]


def policies(agreed: Sequence[Agreement], versions: Sequence[Version]) -> list[Body]:
    """Each policy that ever applied to the record, as it was when it first did, with what was asked and answered."""
    found: dict[tuple[int, str, str], Body] = {}
    for agreement in agreed:
        number = in_force(versions, agreement.at) + 1
        for key, match in agreement.matches.items():
            if match.policy is None or (number, key.key, match.policy.id) in found:
                continue
            found[number, key.key, match.policy.id] = {
                "policy": match.policy.id,
                "agreement": key.key,
                "mappings": number,
                "since": wire(agreement.at),
                "from": match.policy.from_text,
                "to": match.policy.to_text,
                "when": list(_answers(match.policy.when, agreement.subject_in_words)),
            }
    return list(found.values())


def _answers(condition: Condition, subject: Subject) -> Iterator[Body]:
    """What made the condition hold: of several members the one that did, by the value that the record has."""
    match condition:
        case Asks():
            values = subject.values(condition.about, condition.name)
            held = next((value for value in values if condition.wanted.accepts(value)), values[0])
            yield {"asks": condition.word, "is": held or ""}
        case All():
            for part in condition.conditions:
                yield from _answers(part, subject)
        case Any():
            for part in condition.conditions:
                if part.reason_against(subject) is None:
                    yield from _answers(part, subject)
                    break
        case Not():
            yield {"not": list(_asked(condition, subject))}


def _asked(condition: Not, subject: Subject) -> Iterator[Body]:
    """What the record has in place of what a policy excludes."""
    for part in condition.parts():
        for value in dict.fromkeys(subject.values(part.about, part.name)):
            yield {"asks": part.word, "is": value or ""}


def tier_rows(versions: Sequence[Version], companies: Sequence[CompanyView]) -> list[Body]:
    """The rows about these companies in every table of every version, each once."""
    rows: dict[tuple[str, ...], None] = {}
    for version in versions:
        for source in version.mappings.tiers.sources:
            if not isinstance(source, TableSource) or source.table is None:
                continue
            for company in companies:
                for term in source.table.terms.get(company.id, ()):
                    rows[source.name, company.id, term.tier, term.from_text, term.to_text] = None
    return [
        {"source": source, "company": company, "tier": tier, "from": since, "to": until}
        for source, company, tier, since, until in rows
    ]
