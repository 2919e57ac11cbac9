"""Which commands and jobs wrote to this ledger, when, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

KEPT = 500
"""How many runs of each command are kept: what they did is in the audit log."""
ERROR, KIND, EXIT_CODE = "error", "kind", "exit_code"
"""What the outcome of a failed run says beside what it did until then."""
REFUSED = "mappings_refused"
"""In the outcome of a run that went by the mappings before an edit: why the edited ones did not come into force."""
STOPPED = "stopped"
"""In the outcome of a run that left the rest to the next one because somebody wanted the end."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run (epoch ms); `ended_at` is None while it goes on, and for ever where its process was killed."""

    id: str
    command: str
    started_at: int
    ended_at: int | None
    outcome: Mapping[str, object]

    @property
    def error(self) -> str | None:
        text = self.outcome.get(ERROR)
        return None if text is None else str(text)

    @property
    def refused(self) -> str | None:
        text = self.outcome.get(REFUSED)
        return None if text is None else str(text)

    @property
    def exit_code(self) -> int:
        """What a process that failed of it ends with; 0 for a run that did not fail."""
        code = self.outcome.get(EXIT_CODE, 1)
        return 0 if self.error is None else code if isinstance(code, int) else 1

    @property
    def was_cut_short(self) -> bool:
        """Killed, or stopped before it was through."""
        return self.ended_at is None or bool(self.outcome.get(STOPPED))

    @property
    def took_ms(self) -> int | None:
        """0 also where HubSpot's clock was learned to be behind while it ran."""
        return None if self.ended_at is None else max(0, self.ended_at - self.started_at)


def begin(db: sqlite3.Connection, run_id: str, command: str, at: int) -> None:
    db.execute("insert into runs (id, command, started_at) values (?,?,?)", (run_id, command, at))


def end(db: sqlite3.Connection, run_id: str, at: int, outcome: Mapping[str, object]) -> None:
    db.execute(
        "update runs set ended_at = ?, outcome = ? where id = ?",
        (at, orjson.dumps(dict(outcome)).decode(), run_id),
    )


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
    """Write a run that has ended; what a flow has recorded of it stays, and `outcome` comes to it."""
    row = db.execute("select started_at, outcome from runs where id = ?", (run_id,)).fetchone()
    before = {} if row is None or row["outcome"] is None else orjson.loads(row["outcome"])
    began = started_at if row is None else row["started_at"]
    text = orjson.dumps({**before, **outcome}).decode()
    db.execute(
        "insert into runs (id, command, started_at, ended_at, outcome) values (?,?,?,?,?) on conflict (id) do update"
        " set command = excluded.command, ended_at = excluded.ended_at, outcome = excluded.outcome",
        (run_id, command, began, ended_at, text),
    )
    prune(db, command)


def last_whole(db: sqlite3.Connection) -> dict[str, int]:
    """When every command or job began the last time that nothing cut it short; none where its newest run was."""
    return {run.command: run.started_at for run in last(db) if not run.was_cut_short}


def last(db: sqlite3.Connection) -> list[Run]:
    """The newest run of every command, the newest of them first."""
    rows = db.execute(
        "select id, command, started_at, ended_at, outcome from runs"
        " where rowid in (select max(rowid) from runs group by command) order by rowid desc"
    )
    return [_read(row) for row in rows]


def last_success(db: sqlite3.Connection, command: str) -> Run | None:
    """The newest run that came to its end without an error."""
    rows = db.execute(
        "select id, command, started_at, ended_at, outcome from runs where command = ? and ended_at is not null"
        " order by rowid desc",
        (command,),
    )
    return next((run for row in rows if (run := _read(row)).error is None), None)


def _read(row: sqlite3.Row) -> Run:
    outcome = orjson.loads(row["outcome"]) if row["outcome"] else {}
    return Run(row["id"], row["command"], row["started_at"], row["ended_at"], outcome)


def prune(db: sqlite3.Connection, command: str, keep: int = KEPT) -> None:
    """Forget all but the newest runs of this command: an idle minute leaves a row, and a year has half a million."""
    db.execute(
        "delete from runs where command = ? and rowid <="
        " (select rowid from runs where command = ? order by rowid desc limit 1 offset ?)",
        (command, command, keep),
    )
