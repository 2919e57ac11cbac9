"""The records that a sweep has been shown so far, in a temporary table: a million of them need no memory, and a sweep
that is interrupted leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


def begin(db: sqlite3.Connection) -> None:
    """Nothing has been shown yet."""
    db.execute("create temp table if not exists listed (id text primary key) without rowid")
    db.execute("create temp table if not exists absorbed (id text primary key, survivor text not null) without rowid")
    db.execute("delete from temp.listed")
    db.execute("delete from temp.absorbed")


def note(db: sqlite3.Connection, record_ids: Iterable[str], absorbed: Mapping[str, str]) -> None:
    """These are there; `absorbed` is the id of a merged record to that of the one it went into."""
    db.executemany("insert or ignore into temp.listed (id) values (?)", [(id_,) for id_ in record_ids])
    db.executemany("insert or replace into temp.absorbed (id, survivor) values (?,?)", absorbed.items())


def missing(db: sqlite3.Connection, object_type: str, after: str, limit: int) -> list[str]:
    """Records of the ledger past `after` that were not shown, in the order of their ids; none known to be gone."""
    query = (
        "select record_id from records where gone is null and object_type = ? and record_id > ?"
        " and record_id not in (select id from temp.listed) order by record_id limit ?"
    )
    return [row["record_id"] for row in db.execute(query, (object_type, after, limit))]


def survivors(db: sqlite3.Connection, record_ids: Iterable[str]) -> dict[str, str]:
    """Those of these records that went in a merge, and into which."""
    survivor_of: dict[str, str] = {}
    for ids in chunks(record_ids):
        for row in db.execute(f"select id, survivor from temp.absorbed where id in ({marks(ids)})", ids):
            survivor_of[row["id"]] = row["survivor"]
    return survivor_of
