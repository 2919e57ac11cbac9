"""Counts for whoever watches: each is answered from an index, whatever the ledger holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def open_records(db: sqlite3.Connection) -> int:
    count: int = db.execute("select count(*) from records where open = 1").fetchone()[0]
    return count


def breaches(db: sqlite3.Connection) -> int:
    """Verdicts that are late and not done."""
    count: int = db.execute("select count(*) from verdicts where status = 'breached'").fetchone()[0]
    return count


def quarantined(db: sqlite3.Connection) -> dict[str, int]:
    """By the step that failed."""
    return {row["step"]: row["n"] for row in db.execute("select step, count(*) as n from quarantine group by step")}
