"""Rows that could not be judged or written, with the reason; the rest goes on without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


def put(db: sqlite3.Connection, reasons: Mapping[str, str], *, what: str, run_id: str, at: int) -> None:
    """Ticket id to reason; `what` is the step that failed. The first instant stays when it fails again."""
    db.executemany(
        "insert into quarantine (ticket_id, what, reason, since, run_id) values (?,?,?,?,?) on conflict do update set"
        " reason = excluded.reason, run_id = excluded.run_id",
        [(ticket_id, what, reason, at, run_id) for ticket_id, reason in reasons.items()],
    )


def release(db: sqlite3.Connection, ticket_ids: Iterable[str], *, what: str) -> None:
    db.executemany(
        "delete from quarantine where ticket_id = ? and what = ?",
        ((ticket_id, what) for ticket_id in ticket_ids),
    )


def every(db: sqlite3.Connection) -> list[dict[str, object]]:
    return [dict(row) for row in db.execute("select * from quarantine order by since, ticket_id")]
