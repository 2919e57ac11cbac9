"""What each feed of contracts.yaml said when it was last read: one row a feed, which a job that reads it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class FeedReading:
    """`place` is the file or the address that was read, `content` its rows as JSON, `read_at` when (epoch ms).
    `down_since` is when it first could not be read after that, `reason` why; None and "" where it could."""

    feed: str
    place: str
    content: str
    read_at: int
    down_since: int | None = None
    reason: str = ""


def save(db: sqlite3.Connection, readings: Iterable[FeedReading]) -> None:
    db.executemany(
        "insert into feed_readings (feed, place, content, read_at, down_since, reason) values (?,?,?,?,?,?)"
        " on conflict (feed) do update set place = excluded.place, content = excluded.content,"
        " read_at = excluded.read_at, down_since = excluded.down_since, reason = excluded.reason",
        [(each.feed, each.place, each.content, each.read_at, each.down_since, each.reason) for each in readings],
    )


def forget(db: sqlite3.Connection, feeds: Iterable[str]) -> None:
    """Those that contracts.yaml names no more."""
    db.executemany("delete from feed_readings where feed = ?", [(feed,) for feed in feeds])


def every(db: sqlite3.Connection) -> dict[str, FeedReading]:
    """By the name of the feed."""
    query = "select feed, place, content, read_at, down_since, reason from feed_readings order by feed"
    return {row["feed"]: FeedReading(*row) for row in db.execute(query)}
