"""Conversations: threads, their messages and those who wrote them, as HubSpot answers them.

Who an actor is says HubSpot's answer for its id; the prefix of the id only where there is none. Texts and addresses are
in the rows, because something may have to be recognised by them; whoever reads rows keeps neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.messages import ActorKind, Direction, MessageKind
from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.json_fields import Json, mapping, objects, text
from hubspot_sla.hubspot.response import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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


def read_entry(row: Json, thread_id: str) -> ThreadEntry:
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


def thread_of(row: Json) -> Thread:
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
        yield from (read_entry(row, thread_id) for row in objects(thread, "messages"))
