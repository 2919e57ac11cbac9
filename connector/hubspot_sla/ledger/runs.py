"""Which commands wrote to this ledger, when, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

KEPT = 500
"""How many runs of each command are kept: what they did is in the audit log."""


def begin(db: sqlite3.Connection, run_id: str, command: str, at: int) -> None:
    db.execute("insert into runs (id, command, started_at) values (?,?,?)", (run_id, command, at))


def end(db: sqlite3.Connection, run_id: str, at: int, outcome: Mapping[str, object]) -> None:
    db.execute(
        "update runs set ended_at = ?, outcome = ? where id = ?",
        (at, orjson.dumps(dict(outcome)).decode(), run_id),
    )


def prune(db: sqlite3.Connection, command: str, keep: int = KEPT) -> None:
    """Forget all but the newest runs of this command: an idle minute leaves a row, and a year has half a million."""
    db.execute(
        "delete from runs where command = ? and rowid <="
        " (select rowid from runs where command = ? order by rowid desc limit 1 offset ?)",
        (command, command, keep),
    )
