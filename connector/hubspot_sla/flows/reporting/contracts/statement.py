"""Contracts as commands ask for them: their list, one of them, and the statement of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.compose import About, composed
from hubspot_sla.flows.reporting.contracts.evidence import Sources
from hubspot_sla.flows.reporting.contracts.history import settled_through, window_of
from hubspot_sla.flows.reporting.contracts.waived import WaiverReasons
from hubspot_sla.flows.reporting.query import period_of
from hubspot_sla.flows.reporting.report import mappings_of, one_state
from hubspot_sla.flows.reporting.where import Conditions
from hubspot_sla.language.texts import texts_of
from hubspot_sla.ledger import names
from hubspot_sla.ledger.names import Named
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.policy.contracts import Contracts, WrittenContract
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.render.report.document import Document


@dataclass(frozen=True, slots=True)
class Asked:
    """`contract` is an id, or its party by name or id; `period` "" for the window of `now` (epoch ms). `reader`
    reads feeds."""

    contract: str
    period: str
    reader: FeedReader
    now: int


def statement(db: sqlite3.Connection, asked: Asked) -> Document:
    """Raises UsageProblem for a contract or a window that there is not."""
    with one_state(db):
        mappings = mappings_of(db)
        settled, notes = settled_window(db, mappings, asked)
        party = party_name(db, settled.written, asked.now)
        return composed(settled, About(party, asked.now, tuple(notes)), texts_of(mappings.portal.language))


def settled_window(db: sqlite3.Connection, mappings: Mappings, asked: Asked) -> tuple[Settled, list[str]]:
    """The window that was asked for, and what is to be said of its feeds."""
    versions = versions_of(db, mappings.contracts, asked.contract, asked.now)
    named = period_of(asked.period or None, None, None, versions[0].terms.zone, asked.now)
    named_feeds = {source.feed for each in versions for source in each.sources.values() if source.feed is not None}
    feeds, problems = asked.reader.read(mappings.contracts.feeds, sorted(named_feeds))
    conditions = Conditions(db, mappings.portal.dimensions)
    sources = Sources(db, conditions, feeds, WaiverReasons(db, mappings.waivers), asked.now)
    return settled_through(sources, versions, window_of(versions, named)), problems


def versions_of(db: sqlite3.Connection, contracts: Contracts, word: str, now: int) -> list[WrittenContract]:
    """Those of one contract, by its id or by its party. Raises UsageProblem for none, and for several contracts."""
    if word in contracts.ids:
        return contracts.versions(word)
    by_party = {
        each.terms.id
        for each in contracts.written
        if word.casefold() in (each.terms.party.key.casefold(), party_name(db, each, now).casefold())
    }
    if len(by_party) == 1:
        return contracts.versions(by_party.pop())
    if by_party:
        raise UsageProblem(f"{word!r} has several contracts", remedy=f"name one: {', '.join(sorted(by_party))}")
    if not contracts.written:
        raise UsageProblem("there are no contracts", remedy="write mappings/contracts.yaml, and run a sync")
    parties = [party_name(db, each, now) for each in contracts.written]
    raise UsageProblem(f"there is no contract {word!r}", remedy=nearest(word, [*contracts.ids, *parties]))


def party_name(db: sqlite3.Connection, written: WrittenContract, now: int) -> str:
    """The company's name in HubSpot, else its id; the vendor's name."""
    party = written.terms.party
    if party.side is Side.VENDOR:
        return party.key
    return names.as_of(db, Named.COMPANY, now).get(party.key, party.key)
