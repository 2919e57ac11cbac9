"""One state of the ledger, read by one connection, or by several: SQLite works for all at the same time.

SQLite lets other threads run while it looks for a row, so that two questions over a million rows take two processors. A
worker may write meanwhile; what both read is what stood there when they began.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES: Final = 3
"""Somebody may write between the two beginnings; three times in a row is rare, and then one connection does it all."""


@contextmanager
def one_state(db: sqlite3.Connection) -> Iterator[None]:
    """Within it everything is read from one state of the ledger, whatever a worker writes meanwhile."""
    db.execute("begin")
    try:
        yield
    finally:
        db.rollback()


@contextmanager
def writes_beside(path: Path) -> Iterator[Callable[[], bool]]:
    """Whether anybody has written to the ledger since it was entered, asked within it. For processes, each of which
    begins by itself."""
    address = f"{path.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as watching:
        before = _data_version(watching)
        yield lambda: _data_version(watching) != before


@contextmanager
def one_state_twice(db: sqlite3.Connection, worth_it: int) -> Iterator[sqlite3.Connection | None]:
    """As `one_state`. What it gives reads that state too, in any thread; None where there are fewer than `worth_it`
    outcomes, and of a ledger in no file."""
    path = db.execute("select file from pragma_database_list where name = 'main'").fetchone()[0]
    newest = db.execute("select max(id) from outcomes").fetchone()[0] or 0
    if not path or newest < worth_it:
        with one_state(db):
            yield None
        return
    address = f"{Path(path).as_uri()}?mode=rw"  # no file is made where it has gone
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)) as second:
        second.row_factory = sqlite3.Row
        second.execute("pragma query_only = on")
        is_same = _begun_alike(db, second)
        try:
            yield second if is_same else None
        finally:
            db.rollback()
            second.rollback()


def _begun_alike(db: sqlite3.Connection, second: sqlite3.Connection) -> bool:
    """Begin both. False: somebody wrote in between each time, and only `db` is to be used."""
    for _ in range(TRIES):
        before = _data_version(second)
        for one in (db, second):
            one.execute("begin")
            one.execute("select 1 from sqlite_schema limit 1").fetchone()  # that is when it chooses what it reads
        if _data_version(second) == before:  # which only changes where another connection has written
            return True
        for one in (db, second):
            one.rollback()
    db.execute("begin")
    return False


def _data_version(db: sqlite3.Connection) -> int:
    return int(db.execute("pragma data_version").fetchone()[0])
