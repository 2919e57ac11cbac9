"""Feeds as they were last read, for what is provisional while one of them is down; and the rows that one has lost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from hubspot_sla.feeds.availability_file import Availability
from hubspot_sla.flows.reporting.contracts.sealed_evidence import feed_of
from hubspot_sla.ledger import feed_readings
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from hubspot_sla.feeds.availability_file import OutageRow, RequestRow, Row
    from hubspot_sla.ledger.feed_readings import FeedReading
    from hubspot_sla.policy.written_contracts import FeedPlace

EVER: Final = -(2**62)
"""Before all rows."""


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


def lost(was: Availability, now: Availability, since: int) -> Availability:
    """The rows of `was` that end after `since` (epoch ms), or values since then, that `now` lacks: time that was down
    and is up again, requests that are gone or fail no more, values of which there are none at that instant. An outage
    that grew, or was joined with another one, is not lost."""
    outages = [row for row in was.outages if row.end_at > since and not _is_down(row, now.outages)]
    there = {(row.start_at, row.end_at, row.key): row for row in now.requests}
    requests = [row for row in was.requests if row.end_at > since and not _is_there(row, there)]
    read = {(row.start_at, row.end_at, row.key) for row in now.values}
    values = [row for row in was.values if row.start_at >= since and (row.start_at, row.end_at, row.key) not in read]
    return Availability(tuple(outages), tuple(requests), values=tuple(values))


def with_rows(now: Availability, more: Availability) -> Availability:
    outages, requests = (*now.outages, *more.outages), (*now.requests, *more.requests)
    return Availability(outages, requests, now.keys, (*now.values, *more.values), now.columns)


def lost_text(feed: str, rows: Availability) -> str:
    every: tuple[Row, ...] = (*rows.outages, *rows.requests, *rows.values)
    first, number = min(row.start_at for row in every), len(every)
    counted = "1 row" if number == 1 else f"{number} rows"
    return f"the feed {feed} lacks {counted} that it had when it was read before, the first of {wire(first)}"


def _is_down(row: OutageRow, now: Iterable[OutageRow]) -> bool:
    """Whether all of its time is down still, of the same kind and for no fewer users."""
    at = row.start_at
    like = (each for each in now if (each.key, each.kind) == (row.key, row.kind) and each.affected >= row.affected)
    for each in sorted(like, key=lambda one: one.start_at):
        if each.start_at <= at:
            at = max(at, each.end_at)
    return at >= row.end_at


def _is_there(row: RequestRow, there: Mapping[tuple[int, int, str], RequestRow]) -> bool:
    now = there.get((row.start_at, row.end_at, row.key))
    return now is not None and now.number >= row.number and now.failed >= row.failed
