"""Messages as facts: each is kept under a name of its own, so that whatever is read again is known by it. Pure.

A fact holds ids, instants, kinds and flags, no text and no address. What a source says otherwise later is kept beside
what it said first, as the next edition of the same message; the newest counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.clock.messages import ActorKind, Direction, MessageKind, SourceMessage
from hubspot_sla.ledger.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MESSAGE_PREFIX: Final = "message:"
"""No property of HubSpot can have a name like this."""
THREADS_READ: Final = "messages.threads"
"""The name of the facts that say until when the threads of a record are known; the value is READ, or why they could not
be read."""
READ: Final = "read"
SOURCE: Final = "MESSAGES"
_EDITION: Final = "#"
_TEXTS: Final = (
    ("direction", "direction"),
    ("actor", "actor"),
    ("channel", "channel"),
    ("thread", "thread"),
    ("client", "client"),
    ("automatic", "automatic"),
    ("outside", "outside"),
    ("assigned_to", "assigned_to"),
    ("defect", "defect"),
)


def facts_of_messages(messages: Iterable[SourceMessage], known: Iterable[Fact]) -> list[Fact]:
    """Those that are new, and new editions of those that are not what they were. `known` are the facts of the record
    so far. What was recognised when a message was first read stays: an edit of the mappings counts from its load."""
    newest = _newest_editions(known)
    found: list[Fact] = []
    for message in messages:
        if message.id not in newest:
            found.append(Fact(f"{MESSAGE_PREFIX}{message.id}", message.at, _value(message), SOURCE))
            continue
        edition, fact = newest[message.id]
        before = _message(message.id, fact)
        now = replace(message, automatic=before.automatic, outside=before.outside)
        if now != (replace(before, at=now.at) if now.defect else before):
            name = f"{MESSAGE_PREFIX}{message.id}{_EDITION}{edition + 1}"
            found.append(Fact(name, now.at, _value(now), SOURCE))
    return found


def messages_in(facts: Iterable[Fact]) -> list[SourceMessage]:
    """Every message that the facts of one record tell of, by its newest edition."""
    return [_message(id_, fact) for id_, (_, fact) in _newest_editions(facts).items()]


def threads_read_until(facts: Iterable[Fact]) -> int | None:
    """Until when the threads of a record are known; None: they were never read."""
    return max((fact.at for fact in facts if fact.name == THREADS_READ and fact.value == READ), default=None)


def why_unread(facts: Iterable[Fact]) -> str:
    """Why the threads could not be read when that was last tried; "" where they could, or nobody tried."""
    tries = [fact for fact in facts if fact.name == THREADS_READ]
    last = max(tries, key=lambda fact: fact.at, default=None)
    return "" if last is None or last.value in (None, READ) else str(last.value)


def _newest_editions(facts: Iterable[Fact]) -> dict[str, tuple[int, Fact]]:
    newest: dict[str, tuple[int, Fact]] = {}
    for fact in facts:
        if fact.name.startswith(MESSAGE_PREFIX):
            id_, _, edition = fact.name.removeprefix(MESSAGE_PREFIX).partition(_EDITION)
            number = int(edition) if edition.isdecimal() else 1
            if id_ not in newest or newest[id_][0] < number:
                newest[id_] = number, fact
    return newest


def _value(message: SourceMessage) -> str:
    """What says nothing is left out."""
    body: dict[str, object] = {"kind": message.kind.value, "actor_kind": message.actor_kind.value}
    body |= {key: str(value) for key, name in _TEXTS if (value := getattr(message, name))}
    if message.assigned_kind is not None:
        body["assigned_kind"] = message.assigned_kind.value
    body |= {name: True for name in ("failed", "connected") if getattr(message, name)}
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def _message(id_: str, fact: Fact) -> SourceMessage:
    body: Mapping[str, Any] = orjson.loads(fact.value or "{}")
    texts: dict[str, Any] = {name: body[key] for key, name in _TEXTS if key in body and key != "direction"}
    assigned = body.get("assigned_kind")
    return SourceMessage(
        id=id_,
        at=fact.at,
        kind=MessageKind(body["kind"]),
        actor_kind=ActorKind(body["actor_kind"]),
        direction=Direction(body.get("direction", "")),
        assigned_kind=None if assigned is None else ActorKind(assigned),
        failed=body.get("failed", False),
        connected=body.get("connected", False),
        **texts,
    )


def read_fact(at: int, reason: str = READ) -> Fact:
    """The threads of a record are known until `at`, or could not be read then for this reason."""
    return Fact(THREADS_READ, at, reason, SOURCE)


def only_properties(facts: Sequence[Fact]) -> list[Fact]:
    """The facts that are values of properties."""
    return [fact for fact in facts if not is_of_messages(fact)]


def is_of_messages(fact: Fact) -> bool:
    """Whether it is no value of a property."""
    return is_message(fact) or fact.name == THREADS_READ


def is_message(fact: Fact) -> bool:
    """Whether it is a message, or an edition of one."""
    return fact.name.startswith(MESSAGE_PREFIX)
