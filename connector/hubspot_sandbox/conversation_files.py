"""Conversations in a file: `threads` of a ticket's line, each as HubSpot answers it with its entries under `messages`,
and `actors`, as `sla evaluate` reads them too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sandbox.conversation_model import CHANNELS, HUBSPOT, MAIL, Actor, Message, Party, Thread, after
from hubspot_sandbox.file_shapes import Ms, Shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sandbox.conversation_store import ConversationStore


class _AddressIn(Shape):
    value: str = ""


class _PartyIn(Shape):
    actor_id: str = ""
    delivery_identifier: _AddressIn = _AddressIn()

    def party(self) -> Party:
        return Party(self.actor_id, self.delivery_identifier.value)


class _ClientIn(Shape):
    client_type: str = "UNKNOWN"
    integration_app_id: int | None = None


class _StatusIn(Shape):
    status_type: str = ""


class EntryIn(Shape):
    """One entry of a thread, of whatever type."""

    id: str = ""
    type: str
    created_at: Ms
    created_by: str = HUBSPOT
    client: _ClientIn = _ClientIn()
    senders: list[_PartyIn] = []
    recipients: list[_PartyIn] = []
    direction: str = ""
    status: _StatusIn = _StatusIn()
    text: str = ""
    rich_text: str = ""
    subject: str = ""
    channel_id: str = MAIL
    truncation_status: str = "NOT_TRUNCATED"
    in_reply_to_id: str = ""
    assigned_from: str = ""
    assigned_to: str = ""
    new_status: str = ""
    from_inbox_id: str = ""
    to_inbox_id: str = ""
    archived: bool = False

    def message(self) -> Message:
        """The same in the portal's terms; its number is given when it is kept."""
        return Message(
            0,
            self.created_at,
            self.type,
            self.senders[0].party() if self.senders else Party(self.created_by),
            tuple(each.party() for each in self.recipients),
            direction=self.direction,
            client=self.client.client_type,
            app_id=self.client.integration_app_id,
            status=self.status.status_type,
            text=self.text,
            rich_text=self.rich_text,
            subject=self.subject,
            channel_id=_channel(self.channel_id),
            truncation=self.truncation_status,
            in_reply_to=self.in_reply_to_id,
            assigned_from=self.assigned_from,
            assigned_to=self.assigned_to,
            new_status=self.new_status,
            from_inbox=self.from_inbox_id,
            to_inbox=self.to_inbox_id,
            archived=self.archived,
        )


class ThreadIn(Shape):
    """A thread with its entries, in any order."""

    id: int
    created_at: Ms | None = None
    original_channel_id: str = MAIL
    associated_contact_id: str = ""
    spam: bool = False
    messages: list[EntryIn] = []

    def thread(self, ticket_id: int) -> Thread:
        """As it began, without entries: what was closed or assigned since follows from them."""
        entries = [entry.created_at for entry in self.messages]
        contact = self.associated_contact_id
        return Thread(
            self.id,
            ticket_id,
            int(contact) if contact.isdecimal() else None,
            channel_id=_channel(self.original_channel_id),
            created_ms=self.created_at if self.created_at is not None else min(entries, default=0),
            spam=self.spam,
        )

    def entries(self) -> list[Message]:
        """Oldest first."""
        return [entry.message() for entry in sorted(self.messages, key=lambda entry: (entry.created_at, entry.id))]


class ActorIn(Shape):
    """Somebody who writes and is neither owner nor contact of the portal."""

    id: str
    type: str
    name: str = ""

    def actor(self) -> Actor:
        """The same in the portal's terms."""
        return Actor(self.id, self.type, self.name)


def keep(store: ConversationStore, thread: Thread, entries: Sequence[Message]) -> None:
    """Add entries to a thread that is there, or as its first ones; no ticket follows, for a file says itself what
    became of it."""
    store.add(after(store.find(thread.id) or thread, entries), entries)


def _channel(channel_id: str) -> str:
    """A portal has the channels that HubSpot has for all; those of others come as e-mail."""
    return channel_id if channel_id in CHANNELS else MAIL
