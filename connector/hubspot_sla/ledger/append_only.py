"""Tables whose rows are appended and never changed: SQLite itself refuses to update or delete them.

A guard against accidents, not against the owner of the file, who can remove it. An erasure lifts it on purpose, inside
its transaction.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


@contextmanager
def lifted(db: sqlite3.Connection) -> Iterator[None]:
    """For a block inside a transaction: these rows may be changed. An error takes back the whole transaction."""
    query = "select name, sql from sqlite_master where type = 'trigger' and name like '%\\_refuse\\_%' escape '\\'"
    guards = db.execute(query).fetchall()
    for name, _ in guards:
        db.execute(f"drop trigger {name}")
    yield
    for _, sql in guards:
        db.execute(sql)
