"""One thread read page by page, and who the actors in it are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.messages import ActorKind
from hubspot_sla.errors import AccessDenied, RequestRejected, ScopeMissing
from hubspot_sla.flows.records.message_recognition import OURS, kept_id
from hubspot_sla.hubspot.conversations import Actor
from hubspot_sla.ledger import message_reading

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hubspot_sla.hubspot.conversations import ThreadEntry
    from hubspot_sla.hubspot.portal_conversations import Conversations
    from hubspot_sla.policy.messages import Recognition

THREAD_GONE: Final = "a thread of it can no longer be read"
THREAD_REFUSED: Final = "HubSpot does not let one of its threads be read"
_NOT_FOUND: Final = 404
_NAMED: Final = (ActorKind.PERSON, ActorKind.AI_AGENT, ActorKind.BOT)


@dataclass(frozen=True, slots=True)
class ThreadToRead:
    """Of one record. `known` are the ids of the messages that were read of it; none where all of it is to be read
    again."""

    id: str
    record_id: str
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class ThreadRead:
    """All entries that were read; `unread` says why there are no more of them, "" where there are none to be had."""

    thread: ThreadToRead
    entries: Sequence[ThreadEntry] = ()
    unread: str = ""


def read_thread(conversations: Conversations, thread: ThreadToRead) -> ThreadRead:
    """Pages from the newest on, until one shows what is known; the whole thread where they come in no order. A thread
    that is gone, or refused by itself, stops no other one. ScopeMissing: none can be read."""
    entries: list[ThreadEntry] = []
    after: str | None = None
    in_order = True
    while True:
        try:
            page = conversations.entries(thread.id, after)
        except ScopeMissing:
            raise
        except (AccessDenied, RequestRejected) as refused:
            unread = THREAD_GONE if refused.status == _NOT_FOUND else THREAD_REFUSED
            return ThreadRead(thread, entries, unread)
        earlier = [entry.at for entry in entries[-1:] if entry.at is not None]
        instants = [*earlier, *(entry.at for entry in page.entries if entry.at is not None)]
        in_order = in_order and instants == sorted(instants, reverse=True)
        entries += page.entries
        after = page.after
        if not after or (in_order and any(entry.id in thread.known for entry in page.entries)):
            return ThreadRead(thread, entries)


@dataclass(slots=True)
class ActorsRead:
    """Who wrote, by actor id: as it was said before, or else as HubSpot says now. `new` are those asked for now."""

    db: sqlite3.Connection
    conversations: Conversations
    recognition: Recognition
    by_id: dict[str, Actor] = field(default_factory=dict)
    new: dict[str, Actor] = field(default_factory=dict)

    def learn(self, entries: Sequence[ThreadEntry]) -> None:
        """Those of these entries. Who is known by an address alone is not asked for: such an id holds it."""
        ids = dict.fromkeys(id_ for entry in entries for id_ in entry.actor_ids if kept_id(id_) == id_)
        unknown = [id_ for id_ in ids if id_ not in self.by_id]
        kinds = {id_: ActorKind(kind) for id_, kind in message_reading.actor_kinds(self.db, unknown).items()}
        to_be_recognised = self._to_be_recognised(entries)
        known = {id_: kind for id_, kind in kinds.items() if kind in OURS or id_ not in to_be_recognised}
        self.by_id.update((id_, Actor(id_, kind)) for id_, kind in known.items())
        found = self.conversations.actors(id_ for id_ in unknown if id_ not in known)
        self.by_id |= found
        self.new |= found

    def _to_be_recognised(self, entries: Iterable[ThreadEntry]) -> set[str]:
        """Whose address, which is not kept, is asked for again: a message without one may come from outside."""
        if not self.recognition.outside:
            return set()
        return {entry.actor_id for entry in entries if not entry.address}

    @property
    def names(self) -> dict[str, str]:
        """Of those asked for now, by id; no visitor is named."""
        return {id_: actor.name for id_, actor in self.new.items() if actor.kind in _NAMED and actor.name}
