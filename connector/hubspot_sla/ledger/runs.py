"""Which commands wrote to this ledger, when, and how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


def begin(db: sqlite3.Connection, run_id: str, command: str, at: int) -> None:
    db.execute("insert into runs (id, command, started_at) values (?,?,?)", (run_id, command, at))


def end(db: sqlite3.Connection, run_id: str, at: int, outcome: Mapping[str, object]) -> None:
    db.execute(
        "update runs set ended_at = ?, outcome = ? where id = ?",
        (at, orjson.dumps(dict(outcome)).decode(), run_id),
    )
