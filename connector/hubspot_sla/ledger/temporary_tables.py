"""Tables of one transaction: in no file of the ledger, and gone with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence


def temporary(db: sqlite3.Connection, name: str, query: str, values: Sequence[object]) -> None:
    """A temporary table with what the query finds, also where the connection may only read."""
    with writing(db):
        db.execute(f"drop table if exists temp.{name}")
        db.execute(f"create temp table {name} as {query}", values)


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """Within it temporary tables may be written, also where the connection may only read."""
    was_closed = db.execute("pragma query_only").fetchone()[0]
    db.execute("pragma query_only = off")
    try:
        yield
    finally:
        db.execute(f"pragma query_only = {was_closed}")
