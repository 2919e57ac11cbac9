"""What escalations.yaml leans on beyond the file: the people it names, and the targets that its rungs tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import ScopeMissing
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, ok, problem
from hubspot_sla.flows.sending.channel_settings import Unusable, resolved, said_in
from hubspot_sla.flows.sending.channel_test import Seen, seen
from hubspot_sla.ledger import channel_health as standings
from hubspot_sla.policy.escalation_check import owner_problems, owners_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.policy.yaml_reader import Document


def people(examined: Examined) -> Iterator[Finding]:
    """Everybody who is named is an owner in HubSpot, not deactivated, and the leads go in no circle."""
    escalations = examined.mappings.policy_set.escalations
    if not escalations.people:
        yield ok("people", "escalations.yaml names nobody")
        return
    try:
        owners = list(examined.portal.owners.every())
    except ScopeMissing:
        yield Finding("people", Level.SKIPPED, "the token may not read the owners; `scopes` says what it lacks")
        return
    problems = owner_problems(escalations, owners_named(escalations.people, owners))
    for found in problems:
        yield problem("people", found)
    if not problems:
        yield ok("people", f"all {len(escalations.people)} whom escalations.yaml names are owners")


def targets(examined: Examined) -> Iterator[Finding]:
    """Every target has its variables, with an address in them, and takes what it gets as far as the ledger knows."""
    policy_set = examined.mappings.policy_set
    document, named = policy_set.escalations.document, said_in(policy_set)
    if document is None or not named:
        yield ok("targets", "escalations.yaml notifies nobody")
        return
    known = standings.load(examined.ledger_or_none.db) if examined.ledger_or_none else {}
    fine = []
    for name, target in resolved(named, examined.settings.variables).items():
        looked = seen(name, target, known.get(name))
        if isinstance(target, Unusable):
            yield problem("targets", _at(document, looked, target.problem.remedy))
        elif looked.gone:
            remedy = f"give it another address, then try it: `sla notify {name}`"
            yield problem("targets", _at(document, looked, remedy))
        elif looked.problem:
            yield problem("targets", _at(document, looked, f"try it: `sla notify {name}`"), Level.WARN)
        else:
            fine.append(name)
    if fine:
        yield ok("targets", f"{', '.join(fine)}; `sla notify TARGET` sends a test")


def _at(document: Document, looked: Seen, remedy: str) -> Problem:
    """At the line that names the target."""
    said = looked.problem if looked.name in looked.problem else f"the target {looked.name} is {looked.problem}"
    return document.problem(("targets", looked.name), said, remedy, at_key=True)
