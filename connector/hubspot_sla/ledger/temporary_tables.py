"""Tables of one transaction: in no file of the ledger, and gone with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import marks

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


def copy(db: sqlite3.Connection, other: sqlite3.Connection) -> None:
    """The temporary tables and views of one connection, also for another one of the same ledger."""
    made = db.execute("select type, name, sql from temp.sqlite_schema where sql is not null order by rowid").fetchall()
    with writing(other):
        for kind, name, text in made:
            other.execute(text.replace("CREATE", "create temp", 1))
            if kind == "table":
                columns = [row[0] for row in db.execute("select name from pragma_table_info(?, 'temp')", (name,))]
                rows = db.execute(f"select {', '.join(columns)} from temp.{name}")  # not those that are worked out
                other.executemany(f"insert into temp.{name} ({', '.join(columns)}) values ({marks(columns)})", rows)
