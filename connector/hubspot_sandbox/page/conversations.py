"""The conversations of a ticket on its page: who wrote what, and a form to write as any of them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten
from typing import TYPE_CHECKING

from hubspot_sandbox import conversations, refusals
from hubspot_sandbox.actors import actor_json
from hubspot_sandbox.conversation_model import (
    AGENT,
    ASSIGNMENT,
    CHANNELS,
    CLOSED,
    COMMENT,
    MAIL,
    MESSAGE,
    OPEN,
    STATUS_CHANGE,
    WELCOME,
)
from hubspot_sandbox.page.formatting import Formatter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.conversation_model import Message, Thread
    from hubspot_sandbox.portal import Portal

MOST_ENTRIES = 30
_LONGEST_TEXT = 600
CUSTOMER, _COMMENT, _NEW = "customer", "comment ", "new "
_KINDS = {
    "AGENT": "agent",
    "BOT": "bot",
    "LLM": "AI agent",
    "INTEGRATOR": "app",
    "VISITOR": "customer",
    "EMAIL": "customer",
    "SYSTEM": "HubSpot",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as people read it; `style` is in, out, comment or change."""

    who: str
    kind: str
    at: str
    distance: str
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A thread with its last entries, oldest first, and how many there were before them."""

    id: str
    channel: str
    closed: bool
    assigned: str
    entries: list[Entry]
    earlier: int

    @property
    def other_status(self) -> str:
        """What a button makes of it."""
        return OPEN if self.closed else CLOSED


class Conversations:
    """Looks up what the page of one ticket shows of them."""

    def __init__(self, portal: Portal, ticket_id: int) -> None:
        self._portal = portal
        self._ticket_id = ticket_id
        self._formatter = Formatter(portal)

    def threads(self) -> list[Conversation]:
        """Those that are not archived, in order of id."""
        return [self._conversation(thread) for thread in conversations.threads_of(self._portal, self._ticket_id)]

    def places(self) -> list[tuple[str, str]]:
        """Where somebody may write: (value, label)."""
        known = [(thread.id, f"{thread.channel} {thread.id}") for thread in self.threads()]
        return [*known, *((f"{_NEW}{channel_id}", f"New: {name}") for channel_id, name in CHANNELS.items())]

    def writers(self) -> list[tuple[str, str]]:
        """As whom somebody may write: (value, label)."""
        agents = [
            (f"{AGENT}{owner.user_id}", f"{owner.first_name} {owner.last_name}".strip() or owner.email)
            for owner in self._portal.owners.values()
        ]
        others = [(actor.id, actor.name) for actor in self._portal.conversations.actors.values()]
        return [
            (CUSTOMER, "The customer"),
            *((value, f"{name}, {self._kind(value)}") for value, name in (*agents, *others)),
            *((f"{_COMMENT}{value}", f"{name}, as a comment") for value, name in agents),
        ]

    def _conversation(self, thread: Thread) -> Conversation:
        messages = conversations.messages_of(self._portal, thread)
        return Conversation(
            id=str(thread.id),
            channel=CHANNELS[thread.channel_id],
            closed=thread.status == CLOSED,
            assigned=self._name(thread.assigned_to) if thread.assigned_to else "",
            entries=[self._entry(message) for message in messages[-MOST_ENTRIES:]],
            earlier=max(0, len(messages) - MOST_ENTRIES),
        )

    def _entry(self, message: Message) -> Entry:
        style = {MESSAGE: "in" if message.incoming else "out", WELCOME: "out", COMMENT: "comment"}
        return Entry(
            who=self._name(message.author.actor),
            kind=self._kind(message.author.actor),
            at=self._formatter.instant(message.at_ms),
            distance=self._formatter.distance(message.at_ms),
            text=shorten(message.text, _LONGEST_TEXT, placeholder=" ...") or self._change(message),
            style=style.get(message.type, "change"),
        )

    def _change(self, message: Message) -> str:
        if message.type == STATUS_CHANGE:
            return "Closed the thread" if message.new_status == CLOSED else "Opened the thread again"
        if message.type == ASSIGNMENT:
            return f"Assigned to {self._name(message.assigned_to)}" if message.assigned_to else "Assigned to nobody"
        return "No text was kept" if message.type == MESSAGE else "Moved to another inbox"

    def _name(self, actor_id: str) -> str:
        actor = actor_json(self._portal, actor_id) or {}
        return str(actor.get("name") or actor.get("email") or actor_id)

    def _kind(self, actor_id: str) -> str:
        actor = actor_json(self._portal, actor_id) or {}
        return _KINDS.get(str(actor.get("type")), "unknown")


def write(portal: Portal, ticket_id: str, form: Mapping[str, str]) -> None:
    """What the form asks for: a message or a comment, in a thread of the ticket or a new one. May raise `Refused`."""
    writer, place, text = form.get("writer", ""), form.get("place", ""), form.get("text", "")
    if writer not in dict(Conversations(portal, int(ticket_id)).writers()):
        raise refusals.invalid("nobody writes as that")
    thread = _thread(portal, ticket_id, place)
    if writer.startswith(_COMMENT):
        portal.write_comment(thread, writer.removeprefix(_COMMENT), text)
    else:
        portal.write_message(thread, "" if writer == CUSTOMER else writer, text)


def set_status(portal: Portal, ticket_id: str, thread_id: str, status: str) -> None:
    """Close a thread of the ticket, or open it again. May raise `Refused`."""
    portal.set_thread_status(_thread(portal, ticket_id, thread_id), status)


def _thread(portal: Portal, ticket_id: str, place: str) -> str:
    """The thread of that place, made if it is to be new. Raises `Refused` 404 for one of another ticket."""
    channel_id = place.removeprefix(_NEW)
    if place.startswith(_NEW):
        return portal.start_thread(ticket_id, channel_id=channel_id if channel_id in CHANNELS else MAIL)
    if place not in portal.threads_of(ticket_id):
        raise refusals.no_such_record()
    return place
