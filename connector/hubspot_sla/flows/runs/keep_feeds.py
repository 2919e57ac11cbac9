"""A copy of what each feed of a contract said when it was last read: the jobs that look at contracts keep it, so that
a feed that is down, or has lost rows, is held against what it said before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.contracts.kept_feeds import kept_feeds, place_text, with_rows
from hubspot_sla.flows.reporting.contracts.lost_rows import EVER, lost
from hubspot_sla.flows.reporting.contracts.sealed import window_of
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_text
from hubspot_sla.flows.reporting.contracts.statement import feeds_named
from hubspot_sla.ledger import contract_closings, feed_readings
from hubspot_sla.ledger.feed_readings import FeedReading

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
    from hubspot_sla.flows.reporting.contracts.kept_feeds import KeptFeed
    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.policy.mappings import Mappings

_ENDS_OF_TIME = 2**62


def keep(ledger: Ledger, mappings: Mappings, reader: FeedReader, now: int) -> None:
    """Read every feed that a contract is measured by, and keep it as of `now` (epoch ms). Nothing is written where no
    feed is named."""
    db, contracts = ledger.db, mappings.contracts
    sealed_by_feed = _sealed_until(db, mappings)
    feeds, down = reader.by_name(contracts.feeds, sealed_by_feed)
    kept = kept_feeds(db, contracts.feeds)
    news = [
        FeedReading(name, place_text(contracts.feeds[name]), _content(rows, kept.get(name), sealed_by_feed[name]), now)
        for name, rows in feeds.items()
    ]
    news += [
        replace(kept[name].reading, down_since=now, reason=reason)
        for name, reason in down.items()
        if name in kept and kept[name].reading.down_since is None
    ]
    gone = feed_readings.every(db).keys() - sealed_by_feed.keys()
    if news or gone:
        with ledger.transaction() as transaction:
            feed_readings.save(transaction, news)
            feed_readings.forget(transaction, gone)


def _sealed_until(db: sqlite3.Connection, mappings: Mappings) -> dict[str, int]:
    """By feed, until when every contract that it measures is closed (epoch ms)."""
    until: dict[str, int] = {}
    for contract in mappings.contracts.ids:
        closings = contract_closings.editions(db, contract)
        sealed = window_of(closings[-1]).end_at if closings else EVER
        for feed in feeds_named(mappings.contracts.versions(contract)):
            until[feed] = min(sealed, until.get(feed, sealed))
    return until


def _content(rows: Availability, before: KeptFeed | None, sealed_until: int) -> str:
    """As it was read, with what it has lost of what is not closed yet."""
    if before is not None:
        rows = with_rows(rows, lost(before.rows, rows, sealed_until))
    return feed_text(rows, EVER, _ENDS_OF_TIME)
