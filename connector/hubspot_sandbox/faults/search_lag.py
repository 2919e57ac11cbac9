"""The search index behind the times: searches that see the records as they were some seconds ago.

The database itself tells what a write replaced (a trigger keeps the old row), so nothing can be written past it. For
one search the rows that have not reached the index are put back, and afterwards everything is as it was. Nobody sees
that, because whoever looks at a portal holds its lock.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal, cast
from zlib import crc32

from pydantic import Field, PrivateAttr

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.rows import mapping, results
from hubspot_sandbox.instants import to_wire
from hubspot_sandbox.object_types import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer, Json
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record, Table
    from hubspot_sandbox.routes.call import Call

    Lag = Callable[[int], float]

SEARCH = "search"
_MS_PER_S = 1000
_NEVER_SEEN_MS = 1


class SearchLag(Outcome):
    """Searches see each record as it was `lag_s` ago by the portal's clock, up to `jitter_s` longer ago for some.

    With jitter, records appear out of order: a later change may be seen before an earlier one. `rows`: matched by what
    the index still holds, rows show the `stale` values, or the `current` ones, which may match no longer. `total`
    counts what the `stale` index finds, or already what the `current` one will.
    """

    fault: ClassVar[str] = "search_lag"
    lag_s: float = Field(default=30, ge=0)
    jitter_s: float = Field(default=0, ge=0)
    rows: Literal["stale", "current"] = "stale"
    total: Literal["stale", "current"] = "stale"
    _replaced: dict[str, Replaced] = PrivateAttr(default_factory=dict)

    def arm(self, portal: Portal) -> None:
        for kind in ALL:
            self._replaced[kind.name] = Replaced(portal, portal.table(kind), f"replaced_{kind.name}_{id(self)}")

    def disarm(self, portal: Portal) -> None:
        for replaced in self._replaced.values():
            replaced.drop()
        self._replaced.clear()

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if "object_type" not in call.params or not call.url.path.endswith(f"/{SEARCH}"):
            return handler(call)
        replaced = self._replaced[call.kind.name]
        unseen = replaced.unseen(call.now_ms, partial(self._lag_ms, struck.seed), self._longest_ms)
        with replaced.put_back(unseen) as current:
            answer = handler(call)
        if self.rows == "current":
            _show(answer, current)
        if self.total == "current":
            mapping(answer)["total"] = mapping(handler(call))["total"]
        return answer

    def _lag_ms(self, seed: int, record_id: int) -> float:
        """Always the same for one record."""
        chance = crc32(f"{seed}:{record_id}".encode()) / 2**32
        return (self.lag_s + chance * self.jitter_s) * _MS_PER_S

    @property
    def _longest_ms(self) -> float:
        return (self.lag_s + self.jitter_s) * _MS_PER_S


@dataclass(frozen=True, slots=True)
class _State:
    """All that a write changes of a record."""

    created_ms: int
    updated_ms: int
    archived_ms: int | None
    values: dict[str, str]

    @classmethod
    def of(cls, record: Record) -> _State:
        return cls(record.created_ms, record.updated_ms, record.archived_ms, dict(record.values))

    def give(self, record: Record) -> None:
        record.created_ms, record.updated_ms = self.created_ms, self.updated_ms
        record.archived_ms, record.values = self.archived_ms, self.values


class Replaced:
    """What writes to one table replaced since the fault was added."""

    def __init__(self, portal: Portal, table: Table, name: str) -> None:
        self._store = portal.store
        self._table = table
        self._name = name
        self._still = False
        clock = f"{name}_now"
        self._store.register(clock, 0, portal.clock.now_ms)
        self._store.register(f"{name}_on", 0, lambda: not self._still)
        self._store.run(
            f"CREATE TEMP TABLE {name} (seq INTEGER PRIMARY KEY, at_ms INTEGER, id INTEGER, created_ms, updated_ms, "
            "archived_ms, source, body)"
        )
        old = "OLD.created_ms, OLD.updated_ms, OLD.archived_ms, OLD.source, OLD.body"
        for event, record_id, before in (
            ("INSERT", "NEW.id", "NULL, NULL, NULL, NULL, NULL"),
            ("UPDATE", "OLD.id", old),
        ):
            self._store.run(
                f"CREATE TEMP TRIGGER {name}_{event} AFTER {event} ON main.{table.sql} WHEN {name}_on() BEGIN "
                f"INSERT INTO {name} (at_ms, id, created_ms, updated_ms, archived_ms, source, body) "
                f"VALUES ({clock}(), {record_id}, {before}); END"
            )

    def drop(self) -> None:
        """Watch no longer."""
        for event in ("INSERT", "UPDATE"):
            self._store.run(f"DROP TRIGGER temp.{self._name}_{event}")
        self._store.run(f"DROP TABLE temp.{self._name}")

    def unseen(self, now_ms: int, lag_ms: Lag, longest_ms: float) -> dict[int, _State | None]:
        """The records whose last writes have not reached the index, as it still has them; None: not at all."""
        self._store.run(f"DELETE FROM {self._name} WHERE at_ms + ? <= ?", longest_ms, now_ms)
        columns = "at_ms, id, created_ms, updated_ms, archived_ms, source, body"
        states: dict[int, _State | None] = {}
        for at_ms, *row in self._store.rows(f"SELECT {columns} FROM {self._name} ORDER BY seq"):
            if row[0] not in states and at_ms + lag_ms(row[0]) > now_ms:
                states[row[0]] = None if row[-1] is None else _State.of(self._table.unpacked(tuple(row)))
        return states

    @contextmanager
    def put_back(self, unseen: dict[int, _State | None]) -> Iterator[dict[int, Record]]:
        """Inside, the table is as the index has it; what is yielded holds the records again after that."""
        records_or_none = {
            record_id: self._table.find(record_id) or self._table.find(record_id, archived=True) for record_id in unseen
        }
        records = {record_id: record for record_id, record in records_or_none.items() if record is not None}
        current = {record_id: _State.of(record) for record_id, record in records.items()}
        try:
            self._give({record_id: unseen[record_id] or _hidden(current[record_id]) for record_id in records}, records)
            yield records
        finally:
            self._give(current, records)

    def _give(self, states: dict[int, _State], records: dict[int, Record]) -> None:
        if not states:
            return
        self._still = True
        with self._store.together():
            for record_id, state in states.items():
                names = _differing(records[record_id], state)
                state.give(records[record_id])
                self._table.save(records[record_id], names)
        self._still = False


def _differing(record: Record, state: _State) -> set[str]:
    """What the indexes must be told of: all when it comes or goes, else the few values that are not the same."""
    names = record.values.keys() | state.values.keys()
    if (record.archived_ms is None) != (state.archived_ms is None):
        return set(names)
    return {name for name in names if record.values.get(name) != state.values.get(name)}


def _hidden(state: _State) -> _State:
    """Searches do not see what is archived."""
    return _State(state.created_ms, state.updated_ms, _NEVER_SEEN_MS, state.values)


def _show(answer: Answer, current: dict[int, Record]) -> None:
    for row in results(answer):
        record = current.get(int(str(row["id"])))
        if record is not None:
            names = cast("Json", row["properties"])
            row["properties"] = {name: record.values.get(name) for name in names}
            row["updatedAt"] = to_wire(record.updated_ms)
