"""Conversations: threads, their messages and those who wrote them, read only.

Who an actor is says HubSpot's answer for its id; the prefix of the id only where there is none. Texts and addresses are
in the rows, because something may have to be recognised by them; whoever reads rows keeps neither.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.clock.messages import ActorKind, Direction, MessageKind
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import Halving, chunks
from hubspot_sla.hubspot.json_fields import Json, mapping, next_after, objects, text
from hubspot_sla.hubspot.response import word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.hubspot.transport import Transport

_ROOT: Final = "/conversations/v3/conversations"
THREAD_PAGE: Final = 500
MESSAGE_PAGE: Final = 100
ACTOR_BATCH: Final = 100
_TYPES: Final = {
    "AGENT": ActorKind.PERSON,
    "LLM": ActorKind.AI_AGENT,
    "BOT": ActorKind.BOT,
    "VISITOR": ActorKind.VISITOR,
    "EMAIL": ActorKind.EMAIL,
    "INTEGRATOR": ActorKind.INTEGRATION,
    "INTEGRATION": ActorKind.INTEGRATION,
    "SYSTEM": ActorKind.SYSTEM,
}
_PREFIXES: Final = {
    "A-": ActorKind.PERSON,
    "L-": ActorKind.AI_AGENT,
    "B-": ActorKind.BOT,
    "V-": ActorKind.VISITOR,
    "E-": ActorKind.EMAIL,
    "I-": ActorKind.INTEGRATION,
    "S-": ActorKind.SYSTEM,
}
_KINDS: Final = {
    "MESSAGE": MessageKind.MESSAGE,
    "COMMENT": MessageKind.COMMENT,
    "ASSIGNMENT": MessageKind.ASSIGNMENT,
    "THREAD_STATUS_CHANGE": MessageKind.STATUS,
    "THREAD_INBOX_CHANGE": MessageKind.STATUS,
    "WELCOME_MESSAGE": MessageKind.WELCOME,
}
Parsed = TypeVar("Parsed")
_DIRECTIONS: Final = {"INCOMING": Direction.INCOMING, "OUTGOING": Direction.OUTGOING}


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who writes; `address` and `name` are "" where HubSpot shows none."""

    id: str
    kind: ActorKind
    address: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """`ticket_id` is "" where none is told; `latest_at` None where no message is."""

    id: str
    ticket_id: str
    latest_at: int | None


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """One entry of a thread as HubSpot shows it. `at` is None where it has no readable time; `address` is the sender's,
    `text` its subject and text. `kind` is None for one that HubSpot has added since."""

    id: str
    thread_id: str
    at: int | None
    kind: MessageKind | None
    direction: Direction = Direction.NONE
    actor_id: str = ""
    address: str = ""
    channel: str = ""
    client: str = ""
    text: str = ""
    failed: bool = False
    archived: bool = False
    assigned_to: str = ""
    unreadable: bool = False

    @property
    def actor_ids(self) -> tuple[str, ...]:
        """Whoever must be known to say what this entry is."""
        return tuple(id_ for id_ in (self.actor_id, self.assigned_to) if id_)


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A page of threads; `after` leads to the next one."""

    threads: list[Thread]
    after: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of one thread, as HubSpot orders it: newest first."""

    entries: list[ThreadEntry]
    after: str | None


class Conversations:
    """Those of one portal. Needs the scope `conversations.read`. Every method raises the errors of
    `hubspot_sla.errors`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def threads_since(self, since_ms: int, after: str | None = None) -> ThreadPage:
        """A page of the portal's threads with a message after `since_ms`, each with its ticket."""
        query = [
            ("association", "TICKET"),
            ("latestMessageTimestampAfter", wire_time.to_wire(since_ms)),
            ("sort", "latestMessageTimestamp"),
        ]
        return self._threads(query, after)

    def threads_of(self, ticket_id: str) -> list[Thread]:
        """The threads of one ticket; usually one call."""
        threads: list[Thread] = []
        after: str | None = None
        while True:
            page = self._threads([("association", "TICKET"), ("associatedTicketId", ticket_id)], after)
            threads += page.threads
            after = page.after
            if not after:
                # A portal that ignores the filter answers with threads of others.
                return [each for each in threads if each.ticket_id in ("", ticket_id)]

    def entries(self, thread_id: str, after: str | None = None) -> EntryPage:
        """A page of one thread. NotFound and the like are raised as RejectedAnswer."""
        query: list[tuple[str, object]] = [("limit", MESSAGE_PAGE), *([("after", after)] if after else [])]
        body = self.transport.GET(f"{_ROOT}/threads/{thread_id}/messages", query_params=query).body
        return EntryPage([_entry(row, thread_id) for row in objects(body, "results")], next_after(body))

    def actors(self, actor_ids: Iterable[str]) -> dict[str, Actor]:
        """By id; one that HubSpot does not know, or refuses, is absent. 100 a call."""
        found: dict[str, Actor] = {}
        for ids in chunks(actor_ids, ACTOR_BATCH):
            for actors in Halving(self._actors).read(ids).parts:
                found.update((actor.id, actor) for actor in actors)
        return found

    def _actors(self, ids: Sequence[str]) -> list[Actor]:
        body = self.transport.POST(f"{_ROOT}/actors/batch/read", body={"inputs": list(ids)}).body
        return list(_readable(actor_of, objects(body, "results")))

    def _threads(self, query: list[tuple[str, str]], after: str | None) -> ThreadPage:
        paged: list[tuple[str, object]] = [*query, ("limit", THREAD_PAGE), *([("after", after)] if after else [])]
        body = self.transport.GET(f"{_ROOT}/threads", query_params=paged).body
        return ThreadPage(list(_readable(_thread, objects(body, "results"))), next_after(body))


def _readable(parse: Callable[[Json], Parsed], rows: Iterable[Json]) -> Iterator[Parsed]:
    """Without those that have no id: nothing can be asked about them."""
    for row in rows:
        with suppress(ValueError):
            yield parse(row)


def kind_of(actor_id: str) -> ActorKind:
    """By the prefix of an id alone."""
    return _PREFIXES.get(actor_id[:2], ActorKind.UNKNOWN)


def address_in(actor_id: str) -> str:
    """That of somebody who is known by it alone; "" for everybody else."""
    return actor_id[2:] if kind_of(actor_id) is ActorKind.EMAIL else ""


def actor_id_of(user_id: str) -> str:
    """Under which a user of the portal writes."""
    return f"A-{user_id}"


def actor_of(row: Json) -> Actor:
    """One that HubSpot answered for. A type that it has added since is no known kind."""
    id_, type_ = text(row, "id"), word(row, "type")
    kind = _TYPES.get(type_ or "", ActorKind.UNKNOWN) if type_ else kind_of(id_)
    return Actor(id_, kind, word(row, "email") or "", word(row, "name") or "")


def _entry(row: Json, thread_id: str) -> ThreadEntry:
    """One that cannot be read stands for itself, and leaves its neighbours alone."""
    try:
        return entry_of(row, thread_id)
    except ValueError:  # its text may hold what somebody wrote
        id_ = word(row, "id") or f"{thread_id}.unreadable"
        return ThreadEntry(id_, thread_id, None, None, unreadable=True)


def entry_of(row: Json, thread_id: str) -> ThreadEntry:
    """One entry of a thread. ValueError: it has no id, or a part of it is of another type than HubSpot documents."""
    senders = objects(row, "senders")
    sender: Json = senders[0] if senders else {}
    return ThreadEntry(
        id=text(row, "id"),
        thread_id=thread_id,
        at=_instant(row),
        kind=_KINDS.get(word(row, "type") or ""),
        direction=_DIRECTIONS.get(word(row, "direction") or "", Direction.NONE),
        actor_id=word(sender, "actorId") or word(row, "createdBy") or "",
        address=word(mapping(sender, "deliveryIdentifier"), "value") or "",
        channel=word(row, "channelId") or "",
        client=word(mapping(row, "client"), "clientType") or "",
        text="\n".join(part for name in ("subject", "text") if (part := word(row, name))),
        failed=word(mapping(row, "status"), "statusType") == "FAILED",
        archived=row.get("archived") is True,
        assigned_to=word(row, "assignedTo") or "",
    )


def _instant(row: Json) -> int | None:
    try:
        return wire_time.parse(word(row, "createdAt"))
    except ValueError:
        return None


def _thread(row: Json) -> Thread:
    """ValueError: it has no id."""
    ticket_id = word(mapping(row, "threadAssociations"), "associatedTicketId") or ""
    try:
        latest_at = wire_time.parse(word(row, "latestMessageTimestamp"))
    except ValueError:
        latest_at = None
    return Thread(text(row, "id"), ticket_id, latest_at)


def entries_in(rows: Iterable[Json]) -> Iterator[ThreadEntry]:
    """Those of threads in HubSpot's shape, each with its messages under `messages`, as a file holds them. ValueError: a
    thread has no id."""
    for thread in rows:
        thread_id = text(thread, "id")
        yield from (_entry(row, thread_id) for row in objects(thread, "messages"))
