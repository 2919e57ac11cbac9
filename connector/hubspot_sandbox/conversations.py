"""Conversations, read off the tickets: a ticket whose customer or agent has written has one thread.

Nothing is stored for them. A thread's messages are the instants at which `hs_last_message_received_at` and
`hs_last_message_sent_at` changed, so a loaded log has them too; what was written, nobody kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import CONTACTS, TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.records import Record

INBOX_ID, INBOX_NAME = "650001", "Support inbox"
CHANNEL_ACCOUNT_ID = "750001"
_CHANNELS = {"CHAT": "1000", "FORM": "1001", "EMAIL": "1002"}
_MAIL = "1002"
_FIRST_THREAD_ID = 5_000_000_000
_RECEIVED, _SENT = "hs_last_message_received_at", "hs_last_message_sent_at"
_STRIDE = 200


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was written; `number` counts from one within its thread."""

    number: int
    at_ms: int
    incoming: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """The conversation of a ticket, messages oldest first."""

    ticket: Record
    messages: tuple[Message, ...]
    contact_id: int | None
    contact_email: str
    owner: Owner | None

    @property
    def id(self) -> int:
        """An id from which the ticket's can be told."""
        return _FIRST_THREAD_ID + self.ticket.id

    @property
    def channel_id(self) -> str:
        """Chat, form or mail, by the ticket's source."""
        return _CHANNELS.get(self.ticket.values.get("source_type", ""), _MAIL)

    @property
    def closed(self) -> bool:
        """As the ticket is."""
        return self.ticket.values.get("hs_is_closed") == "true"

    def last_ms(self, *, incoming: bool | None = None) -> int | None:
        """When the last message came or went, or the last of either kind."""
        times = [message.at_ms for message in self.messages if incoming is None or message.incoming == incoming]
        return max(times, default=None)


def thread_of(portal: Portal, ticket: Record) -> Thread | None:
    """The thread of a ticket; None when nobody wrote."""
    if _RECEIVED not in ticket.values and _SENT not in ticket.values:
        return None
    contact = next(iter(portal.links.of(TICKETS, ticket.id, CONTACTS)), None)
    record = portal.table(CONTACTS).find(contact) if contact is not None else None
    email = record.values.get("email", "") if record else ""
    owner = portal.owners.get(ticket.values.get("hubspot_owner_id", ""))
    return Thread(ticket, _messages(ticket), contact, email, owner)


def thread_by_id(portal: Portal, thread_id: int) -> Thread | None:
    """The thread of that id."""
    ticket = portal.table(TICKETS).find(thread_id - _FIRST_THREAD_ID)
    return None if ticket is None else thread_of(portal, ticket)


def threads_from(portal: Portal, thread_id: int) -> Iterator[Thread]:
    """Every thread from that id on, in order of id."""
    after: int | None = max(0, thread_id - _FIRST_THREAD_ID)
    while after is not None:
        tickets, after = portal.table(TICKETS).page(after, _STRIDE)
        for ticket in tickets:
            thread = thread_of(portal, ticket)
            if thread is not None:
                yield thread


def _messages(ticket: Record) -> tuple[Message, ...]:
    instants = sorted({*_instants(ticket, _RECEIVED, incoming=True), *_instants(ticket, _SENT, incoming=False)})
    return tuple(Message(number, at_ms, incoming) for number, (at_ms, incoming) in enumerate(instants, start=1))


def _instants(ticket: Record, name: str, *, incoming: bool) -> Iterator[tuple[int, bool]]:
    for version in ticket.versions(name):
        if version.value:
            yield parse_instant(version.value), incoming
