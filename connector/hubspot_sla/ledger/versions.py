"""Every version of the mappings this worker has judged by, whole, so that any verdict can be recomputed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """`texts` are the files of mappings/ by name; `portal_ids` is what their labels stood for in the portal."""

    version: str
    effective_at: int
    texts: Mapping[str, str]
    portal_ids: Mapping[str, Mapping[str, object]]


def add(db: sqlite3.Connection, loaded: PolicyVersion) -> int:
    """The number it gets: 1 for the first, and so on."""
    texts = zlib.compress(orjson.dumps(dict(loaded.texts), option=orjson.OPT_SORT_KEYS))
    added = db.execute(
        "insert into policy_versions (version, effective_at, texts, portal_ids) values (?,?,?,?) returning seq",
        (loaded.version, loaded.effective_at, texts, orjson.dumps(dict(loaded.portal_ids)).decode()),
    )
    number: int = added.fetchone()[0]
    return number


def every(db: sqlite3.Connection) -> list[PolicyVersion]:
    """Oldest first; each was in force until the next."""
    return after(db, 0)


def after(db: sqlite3.Connection, number: int) -> list[PolicyVersion]:
    """Those behind the first `number`, oldest first."""
    query = "select version, effective_at, texts, portal_ids from policy_versions order by seq limit -1 offset ?"
    return [_read(row) for row in db.execute(query, (number,))]


def latest(db: sqlite3.Connection) -> PolicyVersion | None:
    row = db.execute("select * from policy_versions order by seq desc limit 1").fetchone()
    return None if row is None else _read(row)


def latest_effective_at(db: sqlite3.Connection) -> int | None:
    """Since when the newest version is in force, in epoch ms."""
    row = db.execute("select effective_at from policy_versions order by seq desc limit 1").fetchone()
    return None if row is None else int(row[0])


def _read(row: sqlite3.Row) -> PolicyVersion:
    texts = orjson.loads(zlib.decompress(row["texts"]))
    return PolicyVersion(row["version"], row["effective_at"], texts, orjson.loads(row["portal_ids"]))
