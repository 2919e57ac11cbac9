"""One reading of messages under way: which threads and activities must be asked for, and what has come of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.clock.messages import MessageKind
from hubspot_sla.flows.reading.messages_read import MessagesRead
from hubspot_sla.flows.reading.thread_listing import ThreadListing
from hubspot_sla.flows.reading.thread_reading import (
    THREAD_GONE,
    THREAD_REFUSED,
    ActorsRead,
    ThreadToRead,
    read_thread,
)
from hubspot_sla.flows.records import hubspot_facts
from hubspot_sla.flows.records.message_facts import (
    facts_of_messages,
    messages_in,
    read_fact,
    threads_read_until,
    why_unread,
)
from hubspot_sla.flows.records.message_recognition import DELETED, WAITED_FOR, message_of_activity, message_of_entry
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.objects.profile import MERGED_FROM
from hubspot_sla.ledger import facts
from hubspot_sla.ledger.message_reading import Reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from hubspot_sla.clock.messages import SourceMessage
    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.conversations import Thread
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.record_rows import CrmRecord
    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.policy.messages import MessageWords

NEVER: Final = Reading("")
OWED: Final = "[]"
"""In place of how the times of a record stood: its threads could not be read, and never were."""
PENDING_MS: Final = 10 * 60_000
"""So long a message is looked for that a record tells of and no thread shows; then it is left to the sweep."""
SAME_MS: Final = 5_000
"""The times of a message on its record and in its thread may differ by a little."""
BEFORE_CREATION_MS: Final = 10 * 60_000
"""A ticket is made of a message that is a little older than it."""


@dataclass(slots=True)
class MessageScope:
    """What is read in one run, of one object type. `words` is what the newest mappings say of messages; `activities`
    are the kinds of activities that a policy needs."""

    db: sqlite3.Connection
    portal: Portal
    vocabulary: Vocabulary
    words: MessageWords
    activities: Sequence[str]
    now: Callable[[], int]
    everything: bool = False
    """Whether all of each record is read again, as the sweep does."""
    listing: ThreadListing = field(init=False)

    def __post_init__(self) -> None:
        self.listing = ThreadListing(self.db, self.portal.conversations, self.object_type)

    @property
    def object_type(self) -> str:
        return self.vocabulary.object_type

    def seen(self, row: CrmRecord) -> str:
        """How the times of its messages stand, and which records went into it: their threads are its own since."""
        absorbed = row.properties.get(MERGED_FROM)
        times = [row.properties.get(name) or "" for name in self.times]
        return orjson.dumps([*times, absorbed] if absorbed else times).decode()

    def has_absorbed(self, row: CrmRecord, reading: Reading) -> bool:
        """Whether records went into it since its threads were read."""
        absorbed = row.properties.get(MERGED_FROM)
        return bool(absorbed) and absorbed not in orjson.loads(reading.seen or "[]")

    def is_newer(self, record_id: str, reading: Reading) -> bool:
        """Whether a listed thread has a message that was not read."""
        threads = self.listing.threads_of(record_id)
        return any((thread.latest_at or 0) > reading.threads.get(thread.id, 0) for thread in threads.values())

    @property
    def nothing_seen(self) -> str:
        """As `seen`, of a record on which nobody has written."""
        return orjson.dumps(["" for _ in self.times]).decode()

    @property
    def times(self) -> Sequence[str]:
        return self.vocabulary.message_times

    def activities_seen(self, row: CrmRecord) -> str:
        """When it last changed, what counts its activities, and which kinds of them are read."""
        moved = [row.properties.get(name) or "" for name in self.vocabulary.profile.activities_moved]
        return orjson.dumps([row.updated_at_ms, *moved, *self.activities]).decode()


class MessageWork:
    """One reading under way: what is known of the records, and what has been found."""

    def __init__(self, scope: MessageScope, readings: Mapping[str, Reading], rows: Mapping[str, CrmRecord]) -> None:
        self.scope = scope
        self.rows = rows
        self.known = facts.recall(scope.db, scope.object_type, {*rows, *readings})
        self.readings = dict(readings)
        self.started_at = scope.now()
        self.messages: defaultdict[str, list[SourceMessage]] = defaultdict(list)
        self.actors = ActorsRead(scope.db, scope.portal.conversations, scope.words.recognition)
        self.read_threads_of: set[str] = set()
        self.asked: set[str] = set()
        self.unread: dict[str, str] = {}
        self.unlogged: set[str] = set()

    # threads

    def read_threads(self, rows: Sequence[CrmRecord], *, whole: bool) -> None:
        if not whole and not self.scope.everything:
            self._list(rows)
        by_record: dict[str, list[Thread]] = {}
        unlisted = [row.id for row in rows if self._must_ask(row)]
        conversations = self.scope.portal.conversations
        flight = self.scope.portal.transport.flight
        asked = flight.map(lambda id_: (id_, conversations.threads_of(id_)), unlisted)
        by_record.update(asked)
        for row in rows:
            by_record.setdefault(row.id, list(self.scope.listing.threads_of(row.id).values()))
        self._read(by_record, asked=set(unlisted))

    def read_listed(self, pending: Sequence[str]) -> None:
        listing = self.scope.listing
        if pending and listing.since is None:
            listing.reach_back_to(listing.usually_since(self.started_at - PENDING_MS), self.started_at)
        known = [(id_, one) for id_, one in self.readings.items() if one.seen not in ("", OWED)]
        newer = [id_ for id_, one in known if self.scope.is_newer(id_, one)]
        self._read({id_: list(listing.threads_of(id_).values()) for id_ in newer}, asked=set())

    def owe(self, rows: Sequence[CrmRecord]) -> None:
        """Note of which records nothing could be read, so that it is made good once it can be."""
        for row in rows:
            reading = self.readings.get(row.id, Reading(row.id))
            if not reading.seen:
                self.readings[row.id] = replace(reading, seen=OWED)

    def _list(self, rows: Sequence[CrmRecord]) -> None:
        """Far enough back for what is new; and for records of which nothing was ever read, where that takes fewer calls
        than asking for each of them."""
        listing = self.scope.listing
        since = listing.usually_since(min(self._written_at(row) for row in rows) - 1)
        older = [at for row in rows if (at := self._needs_since(row)) < since]
        if len(older) > 1:
            listing.reach_back_to(min(older), self.started_at, len(older))
        listing.reach_back_to(since, self.started_at)

    def _written_at(self, row: CrmRecord) -> int:
        """As `_told_at`; now where nobody has written."""
        return self._told_at(row) or self.started_at

    def _told_at(self, row: CrmRecord) -> int:
        """The newest message that its properties tell of; 0 for none."""
        return max((_instant(row.properties.get(name)) for name in self.scope.vocabulary.messages), default=0)

    def _needs_since(self, row: CrmRecord) -> int:
        """From when on all of its threads must be listed for none to be overlooked."""
        if self.readings.get(row.id, NEVER).seen not in ("", OWED):
            return self._written_at(row) - 1
        created_at = hubspot_facts.created_at(row.properties, self.scope.object_type)
        return (created_at or 0) - BEFORE_CREATION_MS

    def _must_ask(self, row: CrmRecord) -> bool:
        """Whether the list does not say which threads it has."""
        scope, reading = self.scope, self.readings.get(row.id, NEVER)
        if scope.everything or scope.has_absorbed(row, reading):
            return True
        if not scope.listing.covers(self._needs_since(row)):
            return True
        if scope.is_newer(row.id, reading):
            return False
        return self._written_at(row) > max(reading.threads.values(), default=0)

    def _read(self, by_record: Mapping[str, Sequence[Thread]], *, asked: set[str]) -> None:
        wanted: list[ThreadToRead] = []
        for record_id, threads in by_record.items():
            known = self._known_threads(record_id)
            newest = self.readings.get(record_id, NEVER).threads
            if record_id in asked and newest.keys() - {thread.id for thread in threads}:
                self.unread[record_id] = THREAD_GONE
            for thread in threads:
                unread = thread.latest_at is None or thread.latest_at > newest.get(thread.id, -1)
                if unread or self.scope.everything:
                    ids = frozenset[str]() if self.scope.everything else known[thread.id]
                    wanted.append(ThreadToRead(thread.id, record_id, ids))
        portal = self.scope.portal
        threads_read = list(portal.transport.flight.map(partial(read_thread, portal.conversations), wanted))
        self.actors.learn([entry for one in threads_read for entry in one.entries])
        recognition = self.scope.words.recognition
        for one in threads_read:
            record_id = one.thread.record_id
            if one.unread:
                self.unread[record_id] = one.unread
            self.messages[record_id] += [
                message_of_entry(entry, self.actors.by_id, recognition, self.started_at) for entry in one.entries
            ]
        self.read_threads_of.update(by_record)
        self.asked |= asked

    def _known_threads(self, record_id: str) -> defaultdict[str, frozenset[str]]:
        """The ids of the messages that are known, by thread."""
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for message in messages_in(self.known.get(record_id, ())):
            ids[message.thread].add(message.id)
        return defaultdict(frozenset, {thread: frozenset(of_thread) for thread, of_thread in ids.items()})

    # activities

    def read_activities(self, kind: str, rows: Sequence[CrmRecord]) -> None:
        """Those of one kind."""
        activities, recognition = self.scope.portal.activities, self.scope.words.recognition
        logged = activities.ids_on(kind, self.scope.object_type, [row.id for row in rows])
        self.unlogged.update(row.id for row in rows if row.id not in logged)
        known = {id_: self._known_activities(id_, kind) for id_ in logged}
        found = activities.read(
            kind,
            (
                one
                for id_, on_record in logged.items()
                for one in on_record
                if self.scope.everything or one not in known[id_]
            ),
        )
        for record_id, on_record in logged.items():
            self.messages[record_id] += [
                message_of_activity(found[id_], recognition, self.started_at) for id_ in on_record if id_ in found
            ]

    def note_activities(self, rows: Sequence[CrmRecord]) -> None:
        """All kinds were read, of all of these records but those that could not be asked about."""
        for row in (row for row in rows if row.id not in self.unlogged):
            reading = self.readings.get(row.id, Reading(row.id))
            self.readings[row.id] = replace(reading, activities_seen=self.scope.activities_seen(row))

    def _known_activities(self, record_id: str, kind: str) -> set[str]:
        """Those that need not be read again: they have happened."""
        prefix = f"{kind.removesuffix('s')}:"
        messages = messages_in(self.known.get(record_id, ()))
        happened = (one.id for one in messages if one.defect not in WAITED_FOR)
        return {id_.removeprefix(prefix) for id_ in happened if id_.startswith(prefix)}

    # what came of it

    def result(self, resting: Mapping[str, str]) -> MessagesRead:
        found: dict[str, list[Fact]] = {}
        for record_id in {*self.messages, *self.read_threads_of}:
            news = facts_of_messages(self.messages[record_id], self.known.get(record_id, ()))
            if record_id in self.read_threads_of:
                self._note_reading(record_id)
                news += self._read_facts(record_id, news)
            if news:
                found[record_id] = news
        return MessagesRead(
            found,
            [self.readings[id_] for id_ in sorted({*self.rows, *self.read_threads_of}) if id_ in self.readings],
            {id_: actor.kind.value for id_, actor in self.actors.new.items()},
            self.actors.names,
            dict(resting),
        )

    def _read_facts(self, record_id: str, news: Sequence[Fact]) -> list[Fact]:
        """Until when the threads are known, where anything rests on it, and why they are not known whole."""
        known = self.known.get(record_id, ())
        until, row = threads_read_until(known), self.rows.get(record_id)
        before, reason = why_unread(known), self.unread.get(record_id, "")
        if before == THREAD_GONE and record_id not in self.asked:
            reason = reason or before  # nobody has looked whether it is back
        lagging = self._lags(record_id)
        found: list[Fact] = []
        if reason == THREAD_REFUSED:
            pass
        elif lagging is not None:  # known up to that message, which the record's properties stand in for
            found += [read_fact(lagging - 1)] if until is None or lagging - 1 > until else []
        elif until is None or news or (before and not reason) or (row and self._written_at(row) > until):
            found.append(read_fact(self.started_at))
        if reason and (found or reason != before):
            found.append(read_fact(self.started_at + 1, reason))
        return found

    def _note_reading(self, record_id: str) -> None:
        reading, row = self.readings.get(record_id, Reading(record_id)), self.rows.get(record_id)
        newest = dict(reading.threads)
        for message in self.messages[record_id]:
            if message.kind is MessageKind.MESSAGE and message.thread and message.defect in ("", DELETED):
                newest[message.thread] = max(newest.get(message.thread, 0), message.at)
        seen = reading.seen if row is None else self.scope.seen(row)
        lagging = self._lags(record_id, newest)
        pending_until = None if lagging is None else min(lagging, self.started_at) + PENDING_MS
        self.readings[record_id] = replace(reading, seen=seen, threads=newest, pending_until=pending_until)

    def _lags(self, record_id: str, newest: Mapping[str, int] | None = None) -> int | None:
        """The newest message that the record tells of, where no thread shows it."""
        row = self.rows.get(record_id)
        if row is None:
            return None
        threads = self.readings[record_id].threads if newest is None else newest
        written_at = self._told_at(row)
        return written_at if written_at and written_at - max(threads.values(), default=0) > SAME_MS else None


def _instant(text: str | None) -> int:
    try:
        return wire_time.parse(text) or 0
    except ValueError:
        return 0
