"""A log that goes on: what it tells of the time after the portal's clock waits, and happens when the clock gets there.

Everything happens in order of time, with the log's own timestamps, however far the clock jumps. What clients have
written stays. A clock that is set back takes nothing back, and a record a client archived is left alone.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import orjson

from hubspot_sandbox.conversation_files import keep
from hubspot_sandbox.conversation_store import message_of, thread_of
from hubspot_sandbox.object_types import TICKETS, object_type
from hubspot_sandbox.record_timeline import Moment, apply
from hubspot_sandbox.records import Record, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sandbox.conversation_model import Message, Thread
    from hubspot_sandbox.object_types import ObjectType
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.record_timeline import Timeline
    from hubspot_sandbox.store import Row

_AT_ONCE = 500
_BIRTH, _CHANGE, _ENTRY = 0, 1, 2
Pending = tuple[int, int, str, int, int, bytes]


class Replay:
    """The changes that are still to come, in the portal's database. Whoever uses it holds the portal's lock."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._store = portal.store
        self._numbers = 0
        self._next_ms: float = inf
        self._store.run(
            "CREATE TABLE pending (at_ms INTEGER, number INTEGER, type TEXT NOT NULL, record_id INTEGER NOT NULL, "
            "action INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (at_ms, number)) WITHOUT ROWID"
        )

    def __len__(self) -> int:
        """How many changes are still to come."""
        return self._store.number("SELECT count(*) FROM pending")

    def await_timeline(self, timeline: Timeline, links: list[tuple[int, int]], after_ms: float) -> None:
        """What a timeline tells of the time after `after_ms` is to come, its beginning included.

        `links` are (type id, other id), made when the record is.
        """
        self._store.run_many("INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?)", self._rows(timeline, links, after_ms))

    def await_entries(self, thread: Thread, entries: Iterable[Message]) -> None:
        """Entries of a thread that are to come, oldest first."""
        self._store.run_many("INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?)", self._entries(thread, entries))

    def _entries(self, thread: Thread, entries: Iterable[Message]) -> Iterator[Pending]:
        for entry in entries:
            self._numbers += 1
            self._next_ms = min(self._next_ms, entry.at_ms)
            body = orjson.dumps([thread, entry])
            yield entry.at_ms, self._numbers, TICKETS.name, thread.ticket_id or 0, _ENTRY, body

    def _rows(self, timeline: Timeline, links: list[tuple[int, int]], after_ms: float) -> Iterator[Pending]:
        first = timeline.first
        if first.created_ms > after_ms:
            birth = orjson.dumps([first.values, first.past, links], default=tuple)
            yield self._row(first.created_ms, timeline, _BIRTH, birth)
        fixed_names = sorted(timeline.fixed_names)
        for moment in timeline.moments:
            if moment.at_ms > after_ms:
                change = [moment.changes, moment.bumps, moment.archives, fixed_names]
                yield self._row(moment.at_ms, timeline, _CHANGE, orjson.dumps(change, default=tuple))

    def _row(self, at_ms: int, timeline: Timeline, action: int, body: bytes) -> Pending:
        self._numbers += 1
        self._next_ms = min(self._next_ms, at_ms)
        return at_ms, self._numbers, timeline.kind.name, timeline.first.id, action, body

    def catch_up(self) -> int:
        """Let everything happen up to the portal's clock; answers how much did."""
        now_ms, happened = self._portal.clock.now_ms(), 0
        if self._next_ms > now_ms:
            return 0
        with self._store.together():
            while rows := self._due(now_ms):
                for row in rows:
                    self._happen(*row)
                last_ms, last_number = rows[-1][:2]
                self._store.run("DELETE FROM pending WHERE (at_ms, number) <= (?, ?)", last_ms, last_number)
                happened += len(rows)
        following = self._store.row("SELECT min(at_ms) FROM pending")
        self._next_ms = following[0] if following and following[0] is not None else inf
        return happened

    def _due(self, now_ms: int) -> list[Row]:
        return self._store.rows(
            f"SELECT at_ms, number, type, record_id, action, body FROM pending WHERE at_ms <= ? "
            f"ORDER BY at_ms, number LIMIT {_AT_ONCE}",
            now_ms,
        )

    def _happen(self, at_ms: int, _number: int, type_name: str, record_id: int, action: int, body: bytes) -> None:
        kind = object_type(type_name)
        self._portal.settle(at_ms)
        if action == _ENTRY:
            thread, entry = orjson.loads(body)
            keep(self._portal.conversations, thread_of(thread), [message_of(entry)])
            return
        if action == _BIRTH:
            self._bear(kind, record_id, at_ms, body)
        else:
            self._change(kind, record_id, at_ms, body)
        record = self._portal.table(kind).find(record_id)
        if record is not None:
            self._portal.follow(kind, record, at_ms)

    def _bear(self, kind: ObjectType, record_id: int, at_ms: int, body: bytes) -> None:
        values, past, links = orjson.loads(body)
        versions = {name: [Version(*row) for row in rows] for name, rows in past.items()}
        self._portal.table(kind).add(Record(record_id, at_ms, at_ms, values, past=versions))
        links_of_record = [(self._portal.links.types.get(type_id), record_id, other_id) for type_id, other_id in links]
        existing = [row for row in links_of_record if self._portal.table(row[0].target).find(row[2]) is not None]
        self._portal.links.link_many(existing)
        for link, _, other_id in existing:
            self._portal.follow_link(link, record_id, other_id, at_ms=at_ms)

    def _change(self, kind: ObjectType, record_id: int, at_ms: int, body: bytes) -> None:
        changes, bumps, archives, fixed_names = orjson.loads(body)
        table = self._portal.table(kind)
        record = table.find(record_id)
        if record is None:
            return
        if archives:
            table.archive(record, at_ms)
            return
        moment = Moment(at_ms, {name: Version(*row) for name, row in changes.items()}, bumps)
        table.write(
            record, apply(self._portal, kind, record, moment, fixed_names), modified_ms=at_ms if bumps else None
        )
