"""Records, their histories, and the table that holds those of one object type.

This is the only module that knows how records are stored; everything above asks a `Table`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

import orjson

from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.property_index import PropertyIndex

if TYPE_CHECKING:
    from hubspot_sandbox.ids import Ids
    from hubspot_sandbox.store import Row, Store

_COLUMNS = "id, created_ms, updated_ms, archived_ms, source, body, past"
_STRIDE = 500
CALCULATED = "CALCULATED"
"""The source of what HubSpot sets by itself."""


class Version(NamedTuple):
    """One value a property had from `at_ms` on; an empty value is a cleared one."""

    value: str
    at_ms: int
    source: str
    source_id: str | None = None


class Record:
    """One object. `values` holds what is set; `past` only properties that changed after creation, oldest first.

    A property that is set and has no past has had that one value since creation, which most have: it costs no room.
    Reading histories costs more than all else, so they stay as they were stored until somebody asks for one.
    """

    __slots__ = (
        "__weakref__",
        "_packed",
        "_past",
        "_rows",
        "archived_ms",
        "created_ms",
        "id",
        "source",
        "updated_ms",
        "values",
    )

    def __init__(
        self,
        id: int,  # noqa: A002 - what it is called everywhere
        created_ms: int,
        updated_ms: int,
        values: dict[str, str],
        source: str = "CRM_UI",
        past: dict[str, list[Version]] | None = None,
        archived_ms: int | None = None,
        *,
        packed: str = "",
    ) -> None:
        self.id = id
        self.created_ms = created_ms
        self.updated_ms = updated_ms
        self.values = values
        self.source = source
        self.archived_ms = archived_ms
        self._past = {} if past is None else past
        self._rows: dict[str, list[list[Any]]] = {}
        self._packed = packed

    @property
    def past(self) -> dict[str, list[Version]]:
        """The histories of all properties that have one."""
        self._open()
        for name in list(self._rows):
            self._history(name)
        return self._past

    def packed_past(self) -> str:
        """The same as it is stored."""
        return self._packed or orjson.dumps(self._rows | self._past, default=tuple).decode()

    def versions(self, name: str) -> list[Version]:
        """All values of a property, newest first."""
        past = self._history(name)
        if past is not None:
            return past[::-1]
        value = self.values.get(name)
        return [] if value is None else [Version(value, self.created_ms, self.source)]

    def put(self, name: str, version: Version) -> None:
        """Remember a version; the value is that of the latest instant."""
        past = self._history(name)
        if past is None:
            past = self._past[name] = self.versions(name)
        insort(past, version, key=attrgetter("at_ms"))
        if past[-1].value:
            self.values[name] = past[-1].value
        else:
            self.values.pop(name, None)

    def _history(self, name: str) -> list[Version] | None:
        """Ready to be changed."""
        self._open()
        rows = self._rows.pop(name, None)
        if rows is not None:
            self._past[name] = [Version(*row) for row in rows]
        return self._past.get(name)

    def _open(self) -> None:
        if self._packed:
            self._rows, self._packed = orjson.loads(self._packed), ""

    def take(self, versions: Mapping[str, Version], *, modified: str, modified_ms: int | None) -> set[str]:
        """Put versions that differ from what is there; answers the names whose value changed.

        `modified` names the property that tells the last modification; `modified_ms` None leaves it alone.
        """
        before = {name: self.values.get(name) for name in versions}
        for name, version in versions.items():
            if version.value != (before[name] or ""):
                self.put(name, version)
        if modified_ms is not None:
            self.updated_ms = max(self.updated_ms, modified_ms)
            self.values[modified] = to_wire(self.updated_ms)
        return {name for name, value in before.items() if self.values.get(name) != value}


def versions_of(changes: Mapping[str, str | None], at_ms: int, source: str) -> dict[str, Version]:
    """Changes of one instant as versions; None clears."""
    return {name: Version(value or "", at_ms, source) for name, value in changes.items()}


Observer = Callable[[str, Record, Iterable[str]], None]


def _unseen(_action: str, _record: Record, _names: Iterable[str]) -> None:
    """Nobody watches."""


class Table:
    """The records of one type, in order of id. `version` rises with every write.

    A record that somebody holds is the same object for everybody, so that two writers never overwrite each other;
    one that nobody holds is only in the database. `observer` is told of every write: ("create" | "update" | "archive",
    the record, the names that were written, without those HubSpot calculates).
    """

    def __init__(self, store: Store, name: str, ids: Ids, modified: str) -> None:
        self.version = 0
        self.observer: Observer = _unseen
        self.sql = f"records_{name}"
        self._store = store
        self._ids = ids
        self._modified = modified
        self._held: WeakValueDictionary[int, Record] = WeakValueDictionary()
        self._indexes: dict[tuple[str, str], PropertyIndex] = {}
        store.run(
            f"CREATE TABLE {self.sql} (id INTEGER PRIMARY KEY, created_ms INTEGER NOT NULL, "
            "updated_ms INTEGER NOT NULL, archived_ms INTEGER, source TEXT NOT NULL, body TEXT NOT NULL, "
            "past TEXT NOT NULL)"
        )
        store.run(f"CREATE INDEX {self.sql}_modified ON {self.sql} (updated_ms) WHERE archived_ms IS NULL")
        store.run(f"CREATE INDEX {self.sql}_archived ON {self.sql} (id) WHERE archived_ms IS NOT NULL")

    def __len__(self) -> int:
        return self._store.number(f"SELECT count(*) FROM {self.sql}")

    def __iter__(self) -> Iterator[Record]:
        """Live records, in order of id."""
        after: int | None = 0
        while after is not None:
            records, after = self.page(after, _STRIDE)
            yield from records

    def ids(self) -> list[int]:
        """Ids of the live records, ascending."""
        return [row[0] for row in self._store.rows(f"SELECT id FROM {self.sql} WHERE archived_ms IS NULL ORDER BY id")]

    def take_id(self) -> int:
        """An id nobody had."""
        return self._ids.take()

    def reserve(self, record_id: int) -> None:
        """This id is in use, by a record that brought it along."""
        self._ids.reserve(record_id)

    def find(self, record_id: int, *, archived: bool = False) -> Record | None:
        """The live record of that id, or the archived one."""
        record = self._held.get(record_id)
        if record is None:
            row = self._store.row(f"SELECT {_COLUMNS} FROM {self.sql} WHERE id = ?", record_id)
            record = None if row is None else self._record(row)
        return record if record is not None and (record.archived_ms is not None) == archived else None

    def page(self, after: int, limit: int, *, archived: bool = False) -> tuple[list[Record], int | None]:
        """Up to `limit` records from id `after` on, and the id the next page begins at."""
        state = "IS NOT NULL" if archived else "IS NULL"
        rows = self._store.rows(
            f"SELECT {_COLUMNS} FROM {self.sql} WHERE id >= ? AND archived_ms {state} ORDER BY id LIMIT ?",
            after,
            limit + 1,
        )
        return [self._record(row) for row in rows[:limit]], rows[limit][0] if len(rows) > limit else None

    def add(self, record: Record) -> None:
        """Put a new record in; its `hs_lastmodifieddate` becomes its `updated_ms`."""
        self.add_many([record])
        self._held[record.id] = record
        self.observer("create", record, record.values)

    def add_many(self, records: Iterable[Record]) -> None:
        """Put many new records in, some hundreds at a time, and tell no observer."""
        remaining = iter(records)
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        while chunk := list(islice(remaining, _STRIDE)):
            for record in chunk:
                record.values[self._modified] = to_wire(record.updated_ms)
                self.reserve(record.id)
            self._store.run_many(f"INSERT OR REPLACE INTO {self.sql} VALUES ({marks})", map(_row, chunk))
            for (name, _), index in self._indexes.items():
                index.put_many((record.id, record.values.get(name)) for record in chunk if record.archived_ms is None)
            self.version += 1

    def write(self, record: Record, versions: Mapping[str, Version], *, modified_ms: int | None) -> set[str]:
        """Apply versions that differ from what is there; answers the names whose value changed.

        `modified_ms` None leaves the modification time alone, as HubSpot does for what it calculates itself.
        """
        changed = record.take(versions, modified=self._modified, modified_ms=modified_ms)
        self.save(record, changed)
        written = [name for name, version in versions.items() if version.source != CALCULATED]
        if written:
            self.observer("update", record, written)
        return changed

    def save(self, record: Record, changed: Iterable[str]) -> None:
        """Store a record whose properties of these names were changed by hand."""
        self._store.run(
            f"UPDATE {self.sql} SET created_ms = ?2, updated_ms = ?3, archived_ms = ?4, source = ?5, body = ?6, "
            "past = ?7 WHERE id = ?1",
            *_row(record),
        )
        names = frozenset(changed)
        for (name, _), index in self._indexes.items():
            if name in names:
                index.put(record.id, None if record.archived_ms is not None else record.values.get(name))
        self.version += 1

    def archive(self, record: Record, at_ms: int) -> None:
        """Into the recycle bin: out of lists, searches and plain reads."""
        record.archived_ms = at_ms
        self._store.run(f"UPDATE {self.sql} SET archived_ms = ? WHERE id = ?", at_ms, record.id)
        for index in self._indexes.values():
            index.put(record.id, None)
        self.version += 1
        self.observer("archive", record, ())

    def remove(self, record: Record) -> None:
        """Out of everything, the recycle bin too, as a record that was merged into another."""
        self._store.run(f"DELETE FROM {self.sql} WHERE id = ?", record.id)
        self._held.pop(record.id, None)
        for index in self._indexes.values():
            index.put(record.id, None)
        self.version += 1
        self.observer("archive", record, ())

    def index(self, name: str, style: str) -> PropertyIndex:
        """The index of a property, made when first asked for. `style` is one of those of `index`."""
        index = self._indexes.get((name, style))
        if index is None:
            index = PropertyIndex(self._store, f"{self.sql}_index_{len(self._indexes)}", style)
            with self._store.together():
                index.put_many(self._each(name))
            self._indexes[name, style] = index
        return index

    def _each(self, name: str) -> Iterator[Row]:
        """(id, value) of the live records that have the property, without making records of them."""
        value = f"json_extract(body, '$.\"{name}\"')"
        return self._store.each(f"SELECT id, {value} FROM {self.sql} WHERE archived_ms IS NULL AND {value} IS NOT NULL")

    def column(self, name: str) -> str | None:
        """The column that holds a property, of the few that have one: those need no index."""
        return {"hs_object_id": "id", self._modified: "updated_ms"}.get(name)

    def unpacked(self, row: Row) -> Record:
        """The record a row of the database holds, in the order of its columns; nobody else holds this one."""
        record_id, created_ms, updated_ms, archived_ms, source, body, *past = row
        values = orjson.loads(body)
        return Record(record_id, created_ms, updated_ms, values, source, None, archived_ms, packed="".join(past))

    def _record(self, row: Row) -> Record:
        record = self._held.get(row[0])
        if record is None:
            record = self._held[row[0]] = self.unpacked(row)
        return record


def _row(record: Record) -> Row:
    body = orjson.dumps(record.values).decode()
    times = record.created_ms, record.updated_ms, record.archived_ms
    return record.id, *times, record.source, body, record.packed_past()
