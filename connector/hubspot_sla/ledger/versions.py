"""Every version of the mappings this worker has judged by, whole, so that any verdict can be recomputed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import calendar_data

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """`texts` are the files of mappings/ by name; `portal_ids` is what their labels stood for in the portal;
    `calendar_data` what the zones and holidays that they name meant, by name."""

    version: str
    effective_at: int
    texts: Mapping[str, str]
    portal_ids: Mapping[str, Mapping[str, object]]
    calendar_data: Mapping[str, bytes] = field(default_factory=dict)


def add(db: sqlite3.Connection, loaded: PolicyVersion) -> int:
    """The number it gets: 1 for the first, and so on."""
    texts = zlib.compress(orjson.dumps(dict(loaded.texts), option=orjson.OPT_SORT_KEYS))
    added = db.execute(
        "insert into policy_versions (version, effective_at, texts, portal_ids) values (?,?,?,?) returning seq",
        (loaded.version, loaded.effective_at, texts, orjson.dumps(dict(loaded.portal_ids)).decode()),
    )
    number: int = added.fetchone()[0]
    calendar_data.save(db, number, loaded.calendar_data)
    return number


def every(db: sqlite3.Connection) -> list[PolicyVersion]:
    """Oldest first; each was in force until the next."""
    return after(db, 0)


def after(db: sqlite3.Connection, number: int) -> list[PolicyVersion]:
    """Those behind the first `number`, oldest first."""
    query = "select * from policy_versions order by seq limit -1 offset ?"
    return _read(db, db.execute(query, (number,)).fetchall())


def latest(db: sqlite3.Connection) -> PolicyVersion | None:
    newest = _read(db, db.execute("select * from policy_versions order by seq desc limit 1").fetchall())
    return newest[0] if newest else None


def latest_effective_at(db: sqlite3.Connection) -> int | None:
    """Since when the newest version is in force, in epoch ms."""
    row = db.execute("select effective_at from policy_versions order by seq desc limit 1").fetchone()
    return None if row is None else int(row[0])


def _read(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[PolicyVersion]:
    kept = calendar_data.of_versions(db, [row["seq"] for row in rows])
    return [
        PolicyVersion(
            row["version"],
            row["effective_at"],
            orjson.loads(zlib.decompress(row["texts"])),
            orjson.loads(row["portal_ids"]),
            kept[row["seq"]],
        )
        for row in rows
    ]
