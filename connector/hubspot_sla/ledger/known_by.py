"""What the audit log held by some instant, or by one of its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


def newest_entry(db: sqlite3.Connection, at: int) -> int:
    """The number of the newest entry as of `at` (epoch ms) or before; 0 where there is none. Where the clock had run
    ahead, what was written by the corrected clock counts."""
    newest: int | None = db.execute("select max(seq) from audit where at <= ?", (at,)).fetchone()[0]
    return newest or 0


def versions(db: sqlite3.Connection, entry: int) -> int:
    """How many versions of the mappings had come into force by this entry."""
    number: int = db.execute("select count(*) from audit where kind = 'policy' and seq <= ?", (entry,)).fetchone()[0]
    return number


def newest_instant(db: sqlite3.Connection) -> int | None:
    """Of the newest entry (epoch ms); None where there is none."""
    newest: int | None = db.execute("select max(at) from audit").fetchone()[0]
    return newest
