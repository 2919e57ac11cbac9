"""Records, their histories, and the table that holds those of one object type.

This is the only module that knows how records are stored; everything above asks a `Table`.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from hubspot_sla.sandbox.index import OrderedIndex
from hubspot_sla.sandbox.wire import to_wire

Measure = Callable[[str], float]


class Version(NamedTuple):
    """One value a property had from `at_ms` on; an empty value is a cleared one."""

    value: str
    at_ms: int
    source: str
    source_id: str | None = None


@dataclass(slots=True)
class Record:
    """One object. `values` holds what is set; `past` only properties that changed after creation, oldest first.

    A property that is set and has no past has had that one value since creation, which most have: it costs no memory.
    """

    id: int
    created_ms: int
    updated_ms: int
    values: dict[str, str]
    source: str = "CRM_UI"
    past: dict[str, list[Version]] = field(default_factory=dict)
    archived_ms: int | None = None

    def versions(self, name: str) -> list[Version]:
        """All values of a property, newest first."""
        past = self.past.get(name)
        if past is not None:
            return past[::-1]
        value = self.values.get(name)
        return [] if value is None else [Version(value, self.created_ms, self.source)]

    def put(self, name: str, version: Version) -> None:
        """Remember a version; the value is that of the latest instant."""
        past = self.past.get(name)
        if past is None:
            past = self.past[name] = self.versions(name)
        insort(past, version, key=attrgetter("at_ms"))
        if past[-1].value:
            self.values[name] = past[-1].value
        else:
            self.values.pop(name, None)


class Table:
    """The records of one type, in order of id. `version` rises with every write."""

    def __init__(self, first_id: int, modified: str) -> None:
        self.version = 0
        self._next_id = first_id
        self._modified = modified
        self._records: dict[int, Record] = {}
        self._order: list[int] = []
        self._indexes: dict[str, tuple[OrderedIndex, Measure]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        """Live records, in order of id."""
        return (record for record in map(self._records.__getitem__, self._order) if record.archived_ms is None)

    def take_id(self) -> int:
        """An id nobody had."""
        self._next_id += 1
        return self._next_id - 1

    def find(self, record_id: int, *, archived: bool = False) -> Record | None:
        """The live record of that id, or the archived one."""
        record = self._records.get(record_id)
        return record if record is not None and (record.archived_ms is not None) == archived else None

    def page(self, after: int, limit: int, *, archived: bool = False) -> tuple[list[Record], int | None]:
        """Up to `limit` records from id `after` on, and the id the next page begins at."""
        found: list[Record] = []
        for at in range(bisect_left(self._order, after), len(self._order)):
            record = self._records[self._order[at]]
            if (record.archived_ms is not None) != archived:
                continue
            if len(found) == limit:
                return found, record.id
            found.append(record)
        return found, None

    def add(self, record: Record) -> None:
        """Put a new record in; its `hs_lastmodifieddate` becomes its `updated_ms`."""
        record.values[self._modified] = to_wire(record.updated_ms)
        self._records[record.id] = record
        insort(self._order, record.id)
        self._next_id = max(self._next_id, record.id + 1)
        self._enter(record)

    def write(self, record: Record, versions: Mapping[str, Version], *, modified_ms: int | None) -> set[str]:
        """Apply versions that differ from what is there; answers the names whose value changed.

        `modified_ms` None leaves the modification time alone, as HubSpot does for what it calculates itself.
        """
        self._leave(record)
        before = {name: record.values.get(name) for name in versions}
        for name, version in versions.items():
            if version.value != (before[name] or ""):
                record.put(name, version)
        if modified_ms is not None:
            record.updated_ms = max(record.updated_ms, modified_ms)
            record.values[self._modified] = to_wire(record.updated_ms)
        self._enter(record)
        return {name for name, value in before.items() if record.values.get(name) != value}

    def archive(self, record: Record, at_ms: int) -> None:
        """Into the recycle bin: out of lists, searches and plain reads."""
        self._leave(record)
        record.archived_ms = at_ms
        self.version += 1

    def index(self, name: str, measure: Measure) -> OrderedIndex:
        """The index of a numeric property, built when first asked for and kept up from then on."""
        known = self._indexes.get(name)
        if known is None:
            pairs = ((measure(r.values[name]), r.id) for r in self if name in r.values)
            known = self._indexes[name] = (OrderedIndex(pairs), measure)
        return known[0]

    def _leave(self, record: Record) -> None:
        for name, (index, measure) in self._indexes.items():
            if name in record.values:
                index.remove(measure(record.values[name]), record.id)

    def _enter(self, record: Record) -> None:
        self.version += 1
        for name, (index, measure) in self._indexes.items():
            if name in record.values:
                index.add(measure(record.values[name]), record.id)
