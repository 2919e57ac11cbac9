"""Feeds that lack rows which were sealed before: what was down once is not taken back in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.contracts.lost_rows import EVER, lost, lost_text
from hubspot_sla.flows.reporting.contracts.sealed import window_of
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_of
from hubspot_sla.ledger import contract_closings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed
    from hubspot_sla.ledger.contract_closings import ContractClosing


def shrunk(
    db: sqlite3.Connection, contract: str, feeds: Mapping[str, Availability], kept: Mapping[str, KeptFeed]
) -> Iterator[str]:
    """Of each feed what it lacks of the rows that the newest seal of the contract has. Then what it lacks of those that
    it had when it was read before, after the last closed window."""
    editions = contract_closings.editions(db, contract)
    yield from _since_sealed(db, editions, feeds)
    until = window_of(editions[-1]).end_at if editions else EVER
    for name in sorted(feeds.keys() & kept.keys()):
        rows = lost(kept[name].rows, feeds[name], until)
        if rows.rows:
            yield lost_text(name, rows)


def _since_sealed(
    db: sqlite3.Connection, editions: Sequence[ContractClosing], feeds: Mapping[str, Availability]
) -> Iterator[str]:
    sought = set(feeds)
    for closing in reversed(editions):
        if not sought:
            return
        for name, text in contract_closings.feeds(db, closing).items():
            if name in sought:
                sought.discard(name)
                rows = lost(feed_of(text), feeds[name], EVER, sealed=True)
                if rows.rows:
                    yield lost_text(name, rows, closing.period)
