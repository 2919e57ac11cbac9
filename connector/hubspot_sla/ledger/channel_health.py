"""The health of channels: one that fails is left alone for a while, one that is gone until its address changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

FIRST_WAIT_MS = 60_000
LONGEST_WAIT_MS = 60 * 60_000


@dataclass(frozen=True, slots=True)
class Standing:
    """`again_at`: when it may be tried again (epoch ms). `gone`: the fingerprint of the address that was no more."""

    failures: int = 0
    again_at: int | None = None
    gone: str | None = None
    reason: str | None = None


def load(db: sqlite3.Connection) -> dict[str, Standing]:
    """By name; a target that always took what it got is absent."""
    rows = db.execute("select name, failures, again_at, gone, reason from channels")
    return {row["name"]: Standing(row["failures"], row["again_at"], row["gone"], row["reason"]) for row in rows}


def failed(db: sqlite3.Connection, name: str, reason: str, *, at: int, asked_ms: int | None = None) -> int:
    """Leave it alone: a minute, then two, up to an hour, and as long as it asked for; until when."""
    failures = load(db).get(name, Standing()).failures
    again_at = at + max(min(FIRST_WAIT_MS << min(failures, 16), LONGEST_WAIT_MS), asked_ms or 0)
    _save(db, name, Standing(failures + 1, again_at, None, reason), at)
    return again_at


def lost(db: sqlite3.Connection, name: str, fingerprint: str, reason: str, *, at: int) -> None:
    """It is no more, as long as its address is the one of this fingerprint."""
    _save(db, name, Standing(gone=fingerprint, reason=reason), at)


def recovered(db: sqlite3.Connection, name: str) -> None:
    db.execute("delete from channels where name = ?", (name,))


def _save(db: sqlite3.Connection, name: str, standing: Standing, at: int) -> None:
    db.execute(
        "insert or replace into channels (name, failures, again_at, gone, reason, at) values (?,?,?,?,?,?)",
        (name, standing.failures, standing.again_at, standing.gone, standing.reason, at),
    )
