"""The SQLite database a portal lives in: a private temporary one, or a file to look into.

The temporary one stays in memory while it is small and spills to disk when it is not, so that a million tickets take
bounded memory. Nobody but the portal writes to it, so nothing is fsynced: a sandbox that dies is started again.
Whoever uses it holds the portal's lock.
"""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Row = tuple[Any, ...]
_TEMPORARY = ""
_CACHE_KIB = 65_536
_STATEMENTS_KEPT = 512


class Store:
    """One connection. `path` None is the temporary database; a file is made anew and must not be there yet."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None and path.exists():
            raise FileExistsError(f"{path} exists; a sandbox begins with an empty database")
        self._db = sqlite3.connect(
            _TEMPORARY if path is None else path,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_STATEMENTS_KEPT,
        )
        weakref.finalize(self, self._db.close)
        self._depth = 0
        for pragma in ("journal_mode = MEMORY" if path is None else "journal_mode = WAL", "synchronous = OFF"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    def run(self, sql: str, *values: object) -> None:
        """One statement that answers nothing."""
        self._db.execute(sql, values)

    def run_many(self, sql: str, rows: Iterable[Iterable[object]]) -> None:
        """The same statement for many rows."""
        self._db.executemany(sql, (tuple(row) for row in rows))

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Everything a query finds."""
        return self._db.execute(sql, values).fetchall()

    def each(self, sql: str, *values: object) -> Iterator[Row]:
        """The same one after the other, for more than one wants to hold at once."""
        yield from self._db.execute(sql, values)

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row a query finds."""
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def number(self, sql: str, *values: object) -> int:
        """The one number a query finds; 0 for NULL or nothing."""
        row = self.row(sql, *values)
        return int(row[0] or 0) if row else 0

    def register(self, name: str, arguments: int, function: Callable[..., str | float | None]) -> None:
        """Make a pure Python function known to SQL."""
        self._db.create_function(name, arguments, function, deterministic=True)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Writes inside cost one commit. What was written stays, also when the block ends with an error."""
        if self._depth == 0:
            self._db.execute("BEGIN")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")
