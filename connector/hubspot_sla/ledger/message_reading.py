"""How far the messages of each record have been read, and what kind of actor each id stands for.

None of it decides a verdict: what was read stands among the facts. It says what need not be read again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one record. `seen` is how its properties stood when its threads were last read, `activities_seen` when its
    activities were (""): never. `threads` is the newest message (epoch ms) of each thread as it was read then.
    `pending_until`: a message that the record tells of is not shown by any thread yet, and is looked for until then."""

    record_id: str
    seen: str = ""
    threads: Mapping[str, int] = field(default_factory=dict)
    activities_seen: str = ""
    pending_until: int | None = None


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, Reading]:
    """By record id; one of which nothing was ever read is absent."""
    readings: dict[str, Reading] = {}
    for ids in chunks(record_ids):
        query = (
            "select record_id, seen, threads, activities_seen, pending_until from message_reading"
            f" where object_type = ? and record_id in ({marks(ids)})"
        )
        for row in db.execute(query, (object_type, *ids)):
            readings[row["record_id"]] = Reading(
                row["record_id"],
                row["seen"],
                orjson.loads(row["threads"]),
                row["activities_seen"],
                row["pending_until"],
            )
    return readings


def save(db: sqlite3.Connection, object_type: str, readings: Iterable[Reading]) -> None:
    """In place of what was known."""
    db.executemany(
        "insert or replace into message_reading"
        " (object_type, record_id, seen, threads, activities_seen, pending_until) values (?,?,?,?,?,?)",
        [
            (
                object_type,
                one.record_id,
                one.seen,
                orjson.dumps(dict(one.threads)).decode(),
                one.activities_seen,
                one.pending_until,
            )
            for one in readings
        ],
    )


def pending(db: sqlite3.Connection, object_type: str, now: int) -> list[str]:
    """The records of which a message is looked for still."""
    query = "select record_id from message_reading where object_type = ? and pending_until > ? order by record_id"
    return [row["record_id"] for row in db.execute(query, (object_type, now))]


def actor_kinds(db: sqlite3.Connection, actor_ids: Iterable[str]) -> dict[str, str]:
    """The kinds of those that are known, by id."""
    kinds: dict[str, str] = {}
    for ids in chunks(actor_ids):
        query = f"select id, kind from actors where id in ({marks(ids)})"
        kinds |= {row["id"]: row["kind"] for row in db.execute(query, ids)}
    return kinds


def save_actors(db: sqlite3.Connection, kinds: Mapping[str, str], seen_at: int) -> None:
    """What HubSpot said of them; `seen_at` is epoch ms."""
    db.executemany(
        "insert or replace into actors (id, kind, seen_at) values (?,?,?)",
        [(id_, kind, seen_at) for id_, kind in kinds.items()],
    )
