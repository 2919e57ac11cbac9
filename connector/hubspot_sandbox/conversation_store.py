"""Where conversations are kept: the threads and messages of one portal, in its database.

A ticket without a stored thread may still have one that is read off its message properties; `conversations` knows both.
Whoever calls holds the portal's lock.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from hubspot_sandbox.conversation_model import MESSAGE, STANDARD_ACTORS, Actor, Message, Party, Thread
from hubspot_sandbox.ids import SequentialIds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hubspot_sandbox.store import Row, Store

_FIRST_THREAD_ID = 4_000_000_001
"""Below the ids of threads that are read off tickets."""
_THREADS, _MESSAGES = "conversation_threads", "conversation_messages"


class ConversationStore:
    """`delay_ms` is how long after its own time the message of an id shows, `unknown` which actors nobody knows; faults
    set both for one request."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids = SequentialIds(_FIRST_THREAD_ID)
        self._count = 0
        self.actors: dict[str, Actor] = {actor.id: actor for actor in STANDARD_ACTORS}
        self.delay_ms: Callable[[str], float] | None = None
        self.unknown: Callable[[str], bool] | None = None
        store.run(
            f"CREATE TABLE {_THREADS} (id INTEGER PRIMARY KEY, ticket_id INTEGER, latest_ms INTEGER, "
            "archived_ms INTEGER, body TEXT NOT NULL)"
        )
        store.run(f"CREATE INDEX {_THREADS}_ticket ON {_THREADS} (ticket_id)")
        store.run(f"CREATE INDEX {_THREADS}_latest ON {_THREADS} (latest_ms)")
        store.run(
            f"CREATE TABLE {_MESSAGES} (thread_id INTEGER, number INTEGER, at_ms INTEGER NOT NULL, body TEXT NOT NULL, "
            "PRIMARY KEY (thread_id, number)) WITHOUT ROWID"
        )
        store.run(f"CREATE INDEX {_MESSAGES}_time ON {_MESSAGES} (thread_id, at_ms, number)")

    def __len__(self) -> int:
        return self._count

    def take_id(self) -> int:
        """An id that no thread had, not one that a file brought along either."""
        while self.find(taken := self._ids.take()) is not None:
            pass
        return taken

    def put(self, thread: Thread) -> None:
        """Keep a thread, new or changed."""
        if self.find(thread.id) is None:
            self._count += 1
        body = orjson.dumps(thread).decode()
        row = thread.id, thread.ticket_id, thread.latest_ms, thread.archived_ms, body
        self._store.run(f"INSERT OR REPLACE INTO {_THREADS} VALUES (?, ?, ?, ?, ?)", *row)

    def find(self, thread_id: int) -> Thread | None:
        """The thread of that id, archived or not."""
        row = self._store.row(f"SELECT body FROM {_THREADS} WHERE id = ?", thread_id) if self._count else None
        return None if row is None else _thread(row)

    def of_ticket(self, ticket_id: int) -> list[Thread]:
        """The threads of a ticket in order of id, archived ones too."""
        if not self._count:
            return []
        rows = self._store.rows(f"SELECT body FROM {_THREADS} WHERE ticket_id = ? ORDER BY id", ticket_id)
        return [_thread(row) for row in rows]

    def from_id(self, thread_id: int) -> Iterator[Thread]:
        """Every thread from that id on, in order of id."""
        return map(_thread, self._store.each(f"SELECT body FROM {_THREADS} WHERE id >= ? ORDER BY id", thread_id))

    def later_than(self, since_ms: int) -> Iterator[Thread]:
        """Every thread whose latest message is later than an instant."""
        rows = self._store.rows(f"SELECT body FROM {_THREADS} WHERE latest_ms > ? ORDER BY id", since_ms)
        return map(_thread, rows)

    def move_to_ticket(self, ticket_id: int, survivor_id: int) -> None:
        """The threads of a ticket are another's now."""
        for thread in self.of_ticket(ticket_id):
            self.put(replace(thread, ticket_id=survivor_id))

    def add(self, thread: Thread, messages: Iterable[Message]) -> tuple[Thread, int]:
        """Append messages, which get the next numbers; answers the thread as it is kept, and the last number."""
        number = self._store.number(f"SELECT max(number) FROM {_MESSAGES} WHERE thread_id = ?", thread.id)
        added = list(messages)
        rows = [
            (thread.id, at, message.at_ms, orjson.dumps(message).decode())
            for at, message in enumerate(added, start=number + 1)
        ]
        self._store.run_many(f"INSERT INTO {_MESSAGES} VALUES (?, ?, ?, ?)", rows)
        thread = _with_instants(thread, added)
        self.put(thread)
        return thread, number + len(rows)

    def change(self, thread_id: int, message: Message) -> None:
        """Keep a message that is there already as it is now."""
        body = orjson.dumps(message).decode()
        self._store.run(
            f"UPDATE {_MESSAGES} SET body = ? WHERE thread_id = ? AND number = ?", body, thread_id, message.number
        )

    def message(self, thread_id: int, number: int) -> Message | None:
        """One message of a thread."""
        row = self._store.row(
            f"SELECT body, number FROM {_MESSAGES} WHERE thread_id = ? AND number = ?", thread_id, number
        )
        return None if row is None else _message(row)

    def messages(self, thread_id: int) -> list[Message]:
        """All messages of a thread, by time."""
        rows = self._store.rows(
            f"SELECT body, number FROM {_MESSAGES} WHERE thread_id = ? ORDER BY at_ms, number", thread_id
        )
        return [_message(row) for row in rows]

    def page(self, thread_id: int, start: int, limit: int, *, newest_first: bool) -> list[Message]:
        """Up to `limit` messages by time, from the one of number `start` on; 0 begins at the beginning."""
        order, side = ("DESC", "<=") if newest_first else ("ASC", ">=")
        first = self.message(thread_id, start) if start else None
        bound, values = "", [thread_id]
        if first is not None:
            bound, values = f"AND (at_ms, number) {side} (?, ?)", [thread_id, first.at_ms, first.number]
        ordered = f"{bound} ORDER BY at_ms {order}, number {order} LIMIT ?"
        select = f"SELECT body, number FROM {_MESSAGES} WHERE thread_id = ? {ordered}"
        rows = self._store.rows(select, *values, limit)
        return [_message(row) for row in rows]

    @contextmanager
    def delayed(self, delay_ms: Callable[[str], float]) -> Iterator[None]:
        """Inside, a message shows only so long after its own time."""
        before, self.delay_ms = self.delay_ms, delay_ms
        try:
            yield
        finally:
            self.delay_ms = before

    @contextmanager
    def without_actors(self, unknown: Callable[[str], bool]) -> Iterator[None]:
        """Inside, nobody knows some actors."""
        before, self.unknown = self.unknown, unknown
        try:
            yield
        finally:
            self.unknown = before


def _with_instants(thread: Thread, added: list[Message]) -> Thread:
    """The thread after messages: only real ones move its instants."""
    real = [message for message in added if message.type == MESSAGE]
    received = [message.at_ms for message in real if message.incoming]
    sent = [message.at_ms for message in real if not message.incoming]
    return replace(
        thread,
        latest_ms=_latest(thread.latest_ms, [message.at_ms for message in real]),
        latest_received_ms=_latest(thread.latest_received_ms, received),
        latest_sent_ms=_latest(thread.latest_sent_ms, sent),
    )


def _latest(before: int | None, instants: list[int]) -> int | None:
    return max([*instants, *([] if before is None else [before])], default=None)


def _thread(row: Row) -> Thread:
    return thread_of(orjson.loads(row[0]))


def _message(row: Row) -> Message:
    return message_of({**orjson.loads(row[0]), "number": row[1]})


def thread_of(fields: dict[str, Any]) -> Thread:
    """A thread as it was written down."""
    return Thread(**fields)


def message_of(fields: dict[str, Any]) -> Message:
    """A message as it was written down."""
    parties = tuple(Party(**party) for party in fields["recipients"])
    return Message(**{**fields, "author": Party(**fields["author"]), "recipients": parties})
