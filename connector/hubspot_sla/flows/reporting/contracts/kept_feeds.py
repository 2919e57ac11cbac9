"""Feeds as they were last read, for what is provisional while one of them is down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.feeds.availability_file import Availability
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_of
from hubspot_sla.ledger import feed_readings
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from hubspot_sla.ledger.feed_readings import FeedReading
    from hubspot_sla.policy.written_contracts import FeedPlace


@dataclass(frozen=True)
class KeptFeed:
    """One feed as the ledger keeps it. A row that it had once and has lost is kept until a window is closed without
    it."""

    reading: FeedReading

    @cached_property
    def rows(self) -> Availability:
        return feed_of(self.reading.content)

    def said(self, reason: str, *, counts: bool) -> str:
        """That it cannot be read now, for this reason; `counts`: it counts as it was kept."""
        kept = self.reading
        since = "" if kept.down_since is None else f" since {wire(kept.down_since)}"
        how = "counts as it was last read" if counts else "was last read"
        return f"the feed {kept.feed} is down{since} and {how} at {wire(kept.read_at)}: {reason}"


def kept_feeds(db: sqlite3.Connection, places: Mapping[str, FeedPlace]) -> dict[str, KeptFeed]:
    """By name, those that were read from where contracts.yaml says that they lie."""
    return {
        name: KeptFeed(reading)
        for name, reading in feed_readings.every(db).items()
        if name in places and reading.place == place_text(places[name])
    }


def place_text(place: FeedPlace) -> str:
    return place.url or place.file


def with_rows(now: Availability, more: Availability) -> Availability:
    outages, requests = (*now.outages, *more.outages), (*now.requests, *more.requests)
    return Availability(outages, requests, now.keys, (*now.values, *more.values), now.columns)
