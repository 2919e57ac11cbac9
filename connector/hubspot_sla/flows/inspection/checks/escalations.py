"""What escalations.yaml needs beyond the file: the people it names, and the channels that its rungs notify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, ok, problem
from hubspot_sla.flows.sending.channel_settings import UnusableChannel, declared_in, resolve
from hubspot_sla.flows.sending.channel_test import ChannelState, state_of
from hubspot_sla.ledger import channel_health
from hubspot_sla.policy.contract_owners import contract_owner_problems, contract_owners
from hubspot_sla.policy.escalation_check import owner_problems, owners_named
from hubspot_sla.policy.escalation_documents import path_of_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.policy.yaml_document import Document


def people(examined: Examined) -> Iterator[Finding]:
    """Everybody who is named is an owner in HubSpot, not deactivated, and the leads go in no circle. So is whoever
    looks after a contract that has rungs."""
    mappings = examined.mappings
    escalations, owners_of_contracts = mappings.policy_set.escalations, contract_owners(mappings)
    named = {*escalations.people, *owners_of_contracts}
    if not named:
        yield ok("people", "escalations.yaml names nobody")
        return
    try:
        owners = list(examined.portal.owners.every())
    except AccessDenied as denied:
        yield Finding("people", Level.SKIPPED, f"the token may not read the owners: {denied.message}")
        return
    ids = owners_named(named, owners)
    problems = [*owner_problems(escalations, ids), *contract_owner_problems(mappings, ids)]
    for place in problems:
        yield problem("people", place)
    if not problems:
        where = "escalations.yaml and contracts.yaml name" if owners_of_contracts else "escalations.yaml names"
        yield ok("people", f"all {len(named)} whom {where} are owners")


def channels(examined: Examined) -> Iterator[Finding]:
    """Every channel has its variables, with an address in them, and takes what it gets as far as the ledger knows."""
    policy_set = examined.mappings.policy_set
    document, declared = policy_set.escalations.document, declared_in(policy_set)
    if document is None or not declared:
        yield ok("channels", "escalations.yaml notifies nobody")
        return
    standings = channel_health.load(examined.ledger_or_none.db) if examined.ledger_or_none else {}
    ready = []
    for name, channel in resolve(declared, examined.settings.variables).items():
        state = state_of(name, channel, standings.get(name))
        if isinstance(channel, UnusableChannel):
            yield problem("channels", _at(document, state, channel.problem.remedy))
        elif state.gone:
            remedy = f"give it another address, then try it: `sla notify {name}`"
            yield problem("channels", _at(document, state, remedy))
        elif state.problem:
            yield problem("channels", _at(document, state, f"try it: `sla notify {name}`"), Level.WARN)
        else:
            ready.append(name)
    if ready:
        yield ok("channels", f"{', '.join(ready)}; `sla notify CHANNEL` sends a test")


def _at(document: Document, state: ChannelState, remedy: str) -> Problem:
    """At the line that names the channel."""
    message = state.problem if state.name in state.problem else f"the channel {state.name} is {state.problem}"
    return document.problem(path_of_channel(document, state.name), message, remedy, at_key=True)
