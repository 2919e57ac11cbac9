"""Tiers that a source says and `ranks` in tiers.yaml lacks: each is an error of `sla check --portal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.unmatched import UnrankedTier
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.policy.mappings import Mappings

OBJECT_TYPES = {"company": "companies", "contact": "contacts"}


def unranked_problems(
    portal: Portal, mappings: Mappings, unranked_by_value: Mapping[str, UnrankedTier]
) -> list[Problem]:
    """One for each value: those that tickets have (`unranked_by_value`), then those that a property allows."""
    tiers = mappings.tiers
    problems = [_problem(mappings, value, _whom(tier)) for value, tier in sorted(unranked_by_value.items())]
    for _, about, name in tiers.property_sources:
        definition = portal.schema.properties(OBJECT_TYPES[about]).get(name)
        for option in () if definition is None else definition.options:
            if option.value not in tiers.ranks and option.value not in unranked_by_value:
                whom = f"the {about} property {name} can be so; no ticket is concerned yet"
                problems.append(_problem(mappings, option.value, whom))
    return problems


def _whom(tier: UnrankedTier) -> str:
    companies, tickets = len(tier.company_ids), tier.open_tickets
    return (
        f"{tier.source} says so of {companies} {'company' if companies == 1 else 'companies'}"
        f" with {tickets} open {'ticket' if tickets == 1 else 'tickets'}"
    )


def _problem(mappings: Mappings, value: str, whom: str) -> Problem:
    ranks = mappings.tiers.ranks
    close = nearest(value, ranks)
    hint = f"; {close}" if close.startswith("did you mean") else ""
    remedy = f"add it to `ranks`, or change it in HubSpot{hint}"
    message = f"the tier {value!r} is not ranked: {whom}"
    return mappings.tiers.document.problem(("ranks",), message, remedy, at_key=True, code=Code.TIER_NOT_RANKED)
