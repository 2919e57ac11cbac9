"""The mappings' words against the portal: pipelines, stages, and every property that is read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context.context import Context
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, ok, problem, warn
from hubspot_sla.flows.inspection.unranked import unranked_of_open
from hubspot_sla.flows.reading.own_properties import plan_setup
from hubspot_sla.policy.ignore_comments import without_ignored
from hubspot_sla.policy.portal_check import property_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.hubspot.schema import Property
    from hubspot_sla.plan.properties import Written
    from hubspot_sla.policy.portal import PortalMap


def pipelines(examined: Examined) -> Iterator[Finding]:
    """Every pipeline and stage of portal.yaml is there, and every stage of a mapped pipeline has a role."""
    mappings, there, known = examined.mappings, examined.pipelines(), examined.known()
    problems = mappings.check(there, known)
    for place in problems:
        yield problem("pipelines", place)
    texts = texts_offline(examined.settings)
    for place in without_ignored(mappings.warnings(there, known), texts, judge_comments=False):
        yield problem("pipelines", place, Level.WARN)
    if not problems:
        mapped = [rules for portal_map in mappings.portals for rules in portal_map.stages.values()]
        stages, total = sum(map(len, mapped)), sum(map(len, there.values()))
        yield ok("pipelines", f"{len(mapped)} of {total} are mapped, with {stages} stages")


def read_properties(examined: Examined) -> Iterator[Finding]:
    """Every property that the mappings look at exists, is of a type that can be used, and has the values they name."""
    mappings = examined.mappings
    companies = examined.properties("companies") if mappings.company_properties else {}
    contacts = examined.properties("contacts") if mappings.contact_properties else {}
    problems = [
        problem
        for object_type in mappings.object_types
        for problem in property_problems(
            mappings.of(object_type), examined.properties(object_type), companies, contacts
        )
    ]
    for place in problems:
        yield problem("properties read", place)
    if not problems:
        yield ok("properties read", "all there, of the right type, with the values that policies name")


def tiers(examined: Examined) -> Iterator[Finding]:
    """Every tier that open tickets have, and every one that a property allows, is ranked."""
    ledger = examined.ledger_or_none
    problems = unranked_of_open(examined.mappings, examined.properties, ledger.db if ledger else None)
    for place in problems:
        yield problem("tiers", place)
    if not problems:
        yield ok("tiers", f"{len(examined.mappings.tiers.ranks)} ranked, and no other is in use")


def written_properties(examined: Examined) -> Iterator[Finding]:
    """Ours are there, as `sla setup` makes them, and can be written."""
    mappings = examined.mappings
    problems = [
        place
        for portal in mappings.portals
        for place in written_problems(
            portal,
            examined.properties(portal.object_type),
            mappings.of(portal.object_type).written_properties,
        )
    ]
    for place in problems:
        yield problem("properties written", place)
    plan = plan_setup(Context(examined.settings, examined.ledger, examined.portal), examined.mappings)
    for drift in plan.drifted:
        yield warn("properties written", drift, "correct it in HubSpot, or archive it there and run `sla setup`")
    if plan.missing:
        yield warn("properties written", f"not there yet: {_few(plan.missing)}", "run `sla setup`")
    for object_type, names in plan.gone.items():
        message = f"archived in HubSpot, and not used by any policy: {_few(list(names))} on {object_type}"
        yield warn("properties written", message, "run `sla setup`: it is written no more then")
    if not (problems or plan.drifted or plan.missing or plan.gone):
        counts = ", ".join(f"{number} on {object_type}" for object_type, number in plan.counts.items())
        yield ok("properties written", f"{counts}: all as setup makes them")


def written_problems(
    portal_map: PortalMap, properties: Mapping[str, Property], ours: Iterable[Written]
) -> Iterator[Problem]:
    """Names in portal.yaml under which we would write to what cannot be written."""
    for written in ours:
        target = properties.get(portal_map.written.of(written.key))
        if target is not None and (target.read_only or target.calculated):
            path = ("written", "names", written.key)
            message = f"{portal_map.singular} property {target.name!r} cannot be written: HubSpot keeps it itself"
            yield portal_map.document.problem(path, message, "give this one a name of its own")


def _few(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
