"""What the audit log held by some instant, or by one of its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hubspot_sla.ledger.audit import DECIDED
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class Told(NamedTuple):
    """An entry about a record: its number, and what it says without its texts."""

    entry: int
    body: dict[str, Any]


def newest_entry(db: sqlite3.Connection, at: int) -> int:
    """The number of the newest entry as of `at` (epoch ms) or before; 0 where there is none. Where the clock had run
    ahead, what was written by the corrected clock counts."""
    newest: int | None = db.execute("select max(seq) from audit where at <= ?", (at,)).fetchone()[0]
    return newest or 0


def versions(db: sqlite3.Connection, entry: int) -> int:
    """How many versions of the mappings had come into force by this entry."""
    number: int = db.execute("select count(*) from audit where kind = 'policy' and seq <= ?", (entry,)).fetchone()[0]
    return number


def go_live_at(db: sqlite3.Connection, entry: int) -> int | None:
    """When the portal went live (epoch ms), as it was known by this entry; None before it was set up."""
    query = "select body from audit where kind = 'setup' and seq <= ? order by seq desc limit 1"
    row = db.execute(query, (entry,)).fetchone()
    return None if row is None else int(orjson.loads(row["body"])["go_live_at"])


def is_of_first_form(db: sqlite3.Connection, entry: int) -> bool:
    """Whether any decision after this entry, or at it, says everything itself and names no rows: what was known by then
    cannot be told of all records at once."""
    query = f"select 1 from audit where kind in ({marks(DECIDED)}) and typeof(hash) = 'text' and seq >= ? limit 1"
    return db.execute(query, (*DECIDED, entry)).fetchone() is not None


def last_told(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], entry: int) -> dict[str, Told]:
    """What had been said by this entry about each of these records, by id; one that nothing was decided about is
    absent."""
    found: dict[str, Told] = {}
    for ids in chunks(record_ids):
        newest = (
            f"select record_id, max(seq) as seq, max(kind in ({marks(DECIDED)})) as decided from audit"
            f" where object_type = ? and record_id in ({marks(ids)}) and kind in ({marks(DECIDED)}, 'facts')"
            " and seq <= ? group by record_id"
        )
        query = f"select told.*, body from ({newest}) as told join audit on audit.seq = told.seq"
        for row in db.execute(query, (*DECIDED, object_type, *ids, *DECIDED, entry)):
            if row["decided"]:
                found[row["record_id"]] = Told(row["seq"], orjson.loads(row["body"]))
    return found


def newest_instant(db: sqlite3.Connection) -> int | None:
    """Of the newest entry (epoch ms); None where there is none."""
    newest: int | None = db.execute("select max(at) from audit").fetchone()[0]
    return newest
