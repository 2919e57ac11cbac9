"""Records of one type by the value of one property, so that a search need not read a million of them.

An index is made when a search first asks for its property and kept up from then on. It holds live records that have
a value, each under a key: a number, an instant in milliseconds, the text as it is, or the text in lower case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hubspot_sandbox.store import Row, Store

Key = float | str
NUMBER, INSTANT, EXACT, FOLDED = "number", "instant", "exact", "folded"
_KEYS: dict[str, Callable[[str], Key]] = {NUMBER: float, INSTANT: parse_instant, EXACT: str, FOLDED: str.lower}


def key_of(style: str, text: str) -> Key:
    """The key of a value. Raises ValueError for one that is no number or no instant."""
    return _KEYS[style](text)


class PropertyIndex:
    """`table` is its name in SQL, with columns `id` and `key`."""

    __slots__ = ("_store", "_style", "table")

    def __init__(self, store: Store, table: str, style: str) -> None:
        self.table = table
        self._store = store
        self._style = style
        store.run(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, key NOT NULL)")
        store.run(f"CREATE INDEX {table}_by_key ON {table} (key)")

    def put(self, record_id: int, text: str | None) -> None:
        """The record has that value now; None takes it out."""
        key = self._key(text)
        if key is None:
            self._store.run(f"DELETE FROM {self.table} WHERE id = ?", record_id)
        else:
            self._store.run(f"INSERT OR REPLACE INTO {self.table} VALUES (?, ?)", record_id, key)

    def put_many(self, pairs: Iterable[Row]) -> None:
        """The same for records that are not in it yet."""
        keyed = ((record_id, self._key(text)) for record_id, text in pairs)
        rows = (row for row in keyed if row[1] is not None)
        self._store.run_many(f"INSERT OR REPLACE INTO {self.table} VALUES (?, ?)", rows)

    def having(self, keys: Sequence[Key]) -> list[int]:
        """Ids under any of the keys, ascending."""
        marks = ", ".join("?" * len(keys))
        rows = self._store.rows(f"SELECT id FROM {self.table} WHERE key IN ({marks}) ORDER BY id", *keys)
        return [row[0] for row in rows]

    def above(self, key: Key) -> list[int]:
        """Ids under any greater key, ascending."""
        return [row[0] for row in self._store.rows(f"SELECT id FROM {self.table} WHERE key > ? ORDER BY id", key)]

    def _key(self, text: str | None) -> Key | None:
        try:
            return None if text is None else key_of(self._style, text)
        except ValueError:
            return None  # the property changed its type; this index serves nobody any more
