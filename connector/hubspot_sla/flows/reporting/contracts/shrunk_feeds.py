"""Feeds that lack rows which were sealed before: what was down once is not taken back in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.feeds.availability_file import Availability
from hubspot_sla.flows.reporting.contracts.kept_feeds import EVER, lost, lost_text
from hubspot_sla.flows.reporting.contracts.sealed import window_of
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_of
from hubspot_sla.ledger import contract_closings
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed
    from hubspot_sla.ledger.contract_closings import ContractClosing


def shrunk(
    db: sqlite3.Connection, contract: str, feeds: Mapping[str, Availability], kept: Mapping[str, KeptFeed]
) -> Iterator[str]:
    """Of each feed what it lacks of the rows that the newest seal of the contract has; a row that was changed counts
    as one that is lacking. Then what it lacks of those that it had when it was read before, after the last closed
    window."""
    editions = contract_closings.editions(db, contract)
    yield from _since_sealed(db, editions, feeds)
    until = window_of(editions[-1]).end_at if editions else EVER
    for name in sorted(feeds.keys() & kept.keys()):
        rows = lost(kept[name].rows, feeds[name], until)
        if rows != Availability():
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
                was, now = feed_of(text), feeds[name]
                outages, requests = set(was.outages) - set(now.outages), set(was.requests) - set(now.requests)
                values = set(was.values) - set(now.values)
                lost = [*(row.start_at for row in outages), *(row.start_at for row in requests)]
                lost += [row.start_at for row in values]
                if lost:
                    first = wire(min(lost))
                    rows = "1 row" if len(lost) == 1 else f"{len(lost)} rows"
                    yield f"the feed {name} lacks {rows} that were sealed with {closing.period}, the first of {first}"
