"""Whether contracts can be measured and their rungs be done: feeds that answer, companies that are there, and
tasks that hang on nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import AccessDenied
from hubspot_sla.flows.inspection.checks.finding import Finding, Level, ok, warn
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.kept_feeds import kept_feeds
from hubspot_sla.flows.reporting.contracts.occasions import version_in_force
from hubspot_sla.flows.reporting.contracts.other_forms import other_forms, without_rows
from hubspot_sla.flows.reporting.contracts.shrunk_feeds import shrunk
from hubspot_sla.flows.reporting.contracts.statement import feeds_named
from hubspot_sla.ledger import markers
from hubspot_sla.plan.contract_rungs import ladder_for
from hubspot_sla.plan.rung_actions.task import MakeTask

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.inspection.checks.examined import Examined
    from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed
    from hubspot_sla.policy.written_contracts import Contracts

CHECK, FEEDS = "contracts", "feeds"


def feeds(examined: Examined) -> Iterator[Finding]:
    """Every feed that a contract is measured by, read now; nothing where there is none."""
    settings, contracts, db = examined.settings, examined.mappings.contracts, examined.ledger.db
    names = sorted({name for contract in contracts.ids for name in feeds_named(contracts.versions(contract))})
    if not names:
        return
    found, down = FeedReader(settings.mappings, settings.secret).by_name(contracts.feeds, names)
    kept = kept_feeds(db, contracts.feeds)
    for name, reason in down.items():
        message = kept[name].said(reason, counts=True) if name in kept else reason
        yield warn(FEEDS, message, "mend it: a window that it measures cannot be closed without")
    problems = {text for contract in contracts.ids for text in _lost(db, contracts, contract, found, kept)}
    for text in sorted(problems):
        yield warn(FEEDS, text, "ask whoever keeps it; a window that lacks them is closed with --with-unknown")
    current = [version_in_force(contracts.versions(contract), examined.now) for contract in contracts.ids]
    others = other_forms(current, found)
    for text in others:
        yield warn(FEEDS, text, "measure it by a feed of that form: else its window is closed with --with-unknown")
    if not down and not problems and not others:
        number = "1 feed can be read" if len(names) == 1 else f"{len(names)} feeds can be read"
        yield ok(FEEDS, "; ".join([number, *without_rows(current, found)]))


def _lost(
    db: sqlite3.Connection,
    contracts: Contracts,
    contract: str,
    found: Mapping[str, Availability],
    kept: Mapping[str, KeptFeed],
) -> Iterator[str]:
    named = feeds_named(contracts.versions(contract))
    yield from shrunk(db, contract, {name: found[name] for name in named if name in found}, kept)


def rungs(examined: Examined) -> Iterator[Finding]:
    """Nothing where escalations.yaml hangs no rungs on contracts."""
    making = _making_tasks(examined)
    if not examined.mappings.policy_set.escalations.contracts:
        return
    customers = {terms.party.key: terms.id for terms in making if terms.party.side is Side.CUSTOMER}
    try:
        unknown = customers.keys() - examined.portal.customers.companies(customers, ()).keys() if customers else set()
    except AccessDenied as denied:
        yield Finding(CHECK, Level.SKIPPED, f"the token may not read companies: {denied.message}")
        unknown = set()
    for company in sorted(unknown):
        message = f"HubSpot has no company {company}, so tasks of the contract {customers[company]} hang on nothing"
        yield warn(CHECK, message, "correct `customer` in contracts.yaml")
    loose = [terms.id for terms in making if terms.party.side is Side.VENDOR or terms.party.key in unknown]
    if loose and not markers.is_unique(examined.ledger.db, "tasks"):
        message = f"this portal keeps no unique key on tasks, so none is made for {', '.join(loose)}"
        yield warn(CHECK, message, "notify a channel from the rungs of these contracts")
    elif not unknown:
        number = "1 contract" if len(making) == 1 else f"{len(making)} contracts"
        yield ok(
            CHECK, f"the rungs of {number} can make their tasks" if making else "no rung of a contract makes tasks"
        )


def _making_tasks(examined: Examined) -> list[Contract]:
    """The contracts whose rungs make tasks."""
    mappings = examined.mappings
    found = []
    for contract in mappings.contracts.ids:
        terms = mappings.contracts.versions(contract)[-1].terms
        ladder = ladder_for(mappings.policy_set.escalations.contracts, contract, str(terms.party.side))
        asked = [action for rung in ladder.rungs for action in rung.actions] if ladder is not None else []
        if any(isinstance(action, MakeTask) for action in asked):
            found.append(terms)
    return found
