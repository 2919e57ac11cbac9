"""The runs of jobs: one row each, whether a flow keeps it or the worker does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest run of one command (epoch ms). `error` is what it failed of; None where it did not, or goes on."""

    started_at: int
    ended_at: int | None
    outcome: Mapping[str, object]

    @property
    def error(self) -> str | None:
        said = self.outcome.get("error")
        return None if said is None else str(said)


def is_kept(db: sqlite3.Connection, run_id: str, command: str) -> bool:
    """Whether a flow has written this run to its end under this name."""
    query = "select 1 from runs where id = ? and command = ? and ended_at is not null"
    return db.execute(query, (run_id, command)).fetchone() is not None


def keep(
    db: sqlite3.Connection,
    run_id: str,
    command: str,
    *,
    started_at: int,
    ended_at: int,
    outcome: Mapping[str, object],
) -> None:
    """Write a run that has ended; what a flow has told of it stays, and `outcome` comes to it."""
    row = db.execute("select started_at, outcome from runs where id = ?", (run_id,)).fetchone()
    before = {} if row is None or row["outcome"] is None else orjson.loads(row["outcome"])
    began = started_at if row is None else row["started_at"]
    told = orjson.dumps({**before, **outcome}).decode()
    db.execute(
        "insert into runs (id, command, started_at, ended_at, outcome) values (?,?,?,?,?) on conflict (id) do update"
        " set command = excluded.command, ended_at = excluded.ended_at, outcome = excluded.outcome",
        (run_id, command, began, ended_at, told),
    )


def last(db: sqlite3.Connection) -> dict[str, LastRun]:
    """The newest run of every command."""
    rows = db.execute("select command, max(started_at) as started_at, ended_at, outcome from runs group by command")
    return {
        row["command"]: LastRun(row["started_at"], row["ended_at"], orjson.loads(row["outcome"] or "{}"))
        for row in rows
    }
