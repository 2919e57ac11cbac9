"""Threads, messages and those who write them, as the portal keeps them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

INBOX_ID, INBOX_NAME = "650001", "Support inbox"
CHANNELS = {"1000": "Chat", "1001": "Forms", "1002": "Email", "1007": "WhatsApp"}
CHANNEL_ACCOUNTS = {"1000": "750002", "1001": "750003", "1002": "750001", "1007": "750004"}
"""One account for each channel, in the one inbox there is."""
CHANNEL_OF_SOURCE = {"CHAT": "1000", "FORM": "1001", "EMAIL": "1002"}
"""The channel of a ticket's first thread, by its `source_type`."""
MAIL = "1002"

MESSAGE, COMMENT, WELCOME, ASSIGNMENT = "MESSAGE", "COMMENT", "WELCOME_MESSAGE", "ASSIGNMENT"
STATUS_CHANGE, INBOX_CHANGE = "THREAD_STATUS_CHANGE", "THREAD_INBOX_CHANGE"
OPEN, CLOSED = "OPEN", "CLOSED"
INCOMING, OUTGOING = "INCOMING", "OUTGOING"

AGENT, BOT, AI_AGENT, INTEGRATOR = "A-", "B-", "L-", "I-"
VISITOR, EMAIL_ACTOR, SYSTEM = "V-", "E-", "S-"
HUBSPOT = "S-hubspot"
"""The actor of what HubSpot does by itself."""
TYPES = {
    AGENT: "AGENT",
    BOT: "BOT",
    AI_AGENT: "LLM",
    INTEGRATOR: "INTEGRATOR",
    VISITOR: "VISITOR",
    EMAIL_ACTOR: "EMAIL",
    SYSTEM: "SYSTEM",
}
"""The type that HubSpot answers for an actor, by the first letter of its id."""
CUSTOMERS = (VISITOR, EMAIL_ACTOR)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who writes and is neither owner nor contact: a bot, the AI agent, an integration."""

    id: str
    type: str
    name: str


STANDARD_ACTORS = (
    Actor("B-3100001", "BOT", "Help bot"),
    Actor("L-3200001", "LLM", "Customer agent"),
    Actor("I-2900001", "INTEGRATOR", "Support connector"),
    Actor(HUBSPOT, "SYSTEM", "HubSpot"),
)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody a message came from or went to. `address` is an e-mail address, "" where none is known."""

    actor: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a thread. `number` counts from one within it, in the order in which entries were added.

    `direction` is "" for all that is no message, `status` for all that HubSpot keeps none of. The last fields belong to
    assignments, status changes and moves between inboxes.
    """

    number: int
    at_ms: int
    type: str = MESSAGE
    author: Party = Party(HUBSPOT)
    recipients: tuple[Party, ...] = ()
    direction: str = ""
    client: str = "HUBSPOT"
    app_id: int | None = None
    status: str = ""
    text: str = ""
    rich_text: str = ""
    subject: str = ""
    channel_id: str = MAIL
    truncation: str = "NOT_TRUNCATED"
    in_reply_to: str = ""
    assigned_from: str = ""
    assigned_to: str = ""
    new_status: str = ""
    from_inbox: str = ""
    to_inbox: str = ""
    archived: bool = False

    @property
    def incoming(self) -> bool:
        """Whether a customer wrote it."""
        return self.direction == INCOMING


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation without its messages. The instants are those of its messages (`MESSAGE`), None before there is
    one: comments, assignments and changes of status do not move them.

    `stored` is False for the thread that is read off a ticket's message properties.
    """

    id: int
    ticket_id: int | None
    contact_id: int | None = None
    channel_id: str = MAIL
    inbox_id: str = INBOX_ID
    created_ms: int = 0
    status: str = OPEN
    closed_ms: int | None = None
    assigned_to: str = ""
    spam: bool = False
    archived_ms: int | None = None
    latest_ms: int | None = None
    latest_sent_ms: int | None = None
    latest_received_ms: int | None = None
    stored: bool = True

    def message_id(self, number: int) -> str:
        """The id of one of its messages, an opaque text."""
        return f"{self.id:x}{number:08x}"

    def number_of(self, message_id: str) -> int | None:
        """The number of a message of this thread; None for an id of none of them."""
        prefix, number = message_id[:-8], message_id[-8:]
        try:
            return int(number, 16) if prefix == f"{self.id:x}" else None
        except ValueError:
            return None


def after(thread: Thread, entries: Iterable[Message]) -> Thread:
    """The thread after changes of status and assignments."""
    for entry in entries:
        if entry.type == STATUS_CHANGE:
            closed_ms = entry.at_ms if entry.new_status == CLOSED else None
            thread = replace(thread, status=entry.new_status, closed_ms=closed_ms)
        elif entry.type == ASSIGNMENT:
            thread = replace(thread, assigned_to=entry.assigned_to)
    return thread
