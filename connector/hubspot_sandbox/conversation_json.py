"""Threads, messages, channels and inboxes as they look on the wire."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from hubspot_sandbox.conversation_model import (
    ASSIGNMENT,
    CHANNEL_ACCOUNTS,
    CHANNELS,
    COMMENT,
    INBOX_CHANGE,
    INBOX_ID,
    INBOX_NAME,
    MESSAGE,
    STATUS_CHANGE,
    WELCOME,
    Message,
    Party,
    Thread,
)
from hubspot_sandbox.instants import to_wire

if TYPE_CHECKING:
    from hubspot_sandbox.json_views import Json
    from hubspot_sandbox.portal_state import PortalState


def thread_json(thread: Thread, *, with_ticket: bool) -> Json:
    """A thread; its ticket is told only to those who ask for that association."""
    body: Json = {
        "id": str(thread.id),
        "createdAt": to_wire(thread.created_ms),
        "status": thread.status,
        "originalChannelId": thread.channel_id,
        "originalChannelAccountId": CHANNEL_ACCOUNTS[thread.channel_id],
        "inboxId": thread.inbox_id,
        "associatedContactId": str(thread.contact_id or ""),
        "spam": thread.spam,
        "archived": thread.archived_ms is not None,
    }
    times = {
        "latestMessageTimestamp": thread.latest_ms,
        "latestMessageSentTimestamp": thread.latest_sent_ms,
        "latestMessageReceivedTimestamp": thread.latest_received_ms,
        "closedAt": thread.closed_ms,
    }
    body |= {name: to_wire(at_ms) for name, at_ms in times.items() if at_ms is not None}
    if thread.assigned_to:
        body["assignedTo"] = thread.assigned_to
    if with_ticket and thread.ticket_id is not None:
        body["threadAssociations"] = {"associatedTicketId": str(thread.ticket_id)}
    return body


def message_json(thread: Thread, message: Message) -> Json:
    """One entry of a thread, of whatever type."""
    client: Json = {"clientType": message.client}
    if message.app_id is not None:
        client["integrationAppId"] = message.app_id
    body: Json = {
        "type": message.type,
        "id": thread.message_id(message.number),
        "conversationsThreadId": str(thread.id),
        "createdAt": to_wire(message.at_ms),
        "updatedAt": to_wire(message.at_ms),
        "createdBy": message.author.actor,
        "client": client,
        "senders": [_sender(message)] if message.type in (MESSAGE, COMMENT, WELCOME) else [],
        "recipients": [{**_party(party), "recipientField": "TO"} for party in message.recipients],
        "archived": message.archived,
    }
    return body | _of_its_type(message)


def _of_its_type(message: Message) -> Json:
    """What only messages of this type have."""
    channel: Json = {"channelId": message.channel_id, "channelAccountId": CHANNEL_ACCOUNTS[message.channel_id]}
    texts: Json = {"text": message.text, "richText": message.rich_text or f"<p>{escape(message.text)}</p>"}
    if message.type == MESSAGE:
        reply: Json = {"inReplyToId": message.in_reply_to} if message.in_reply_to else {}
        return {
            **texts,
            **reply,
            "attachments": [],
            "subject": message.subject,
            "truncationStatus": message.truncation,
            "status": {"statusType": message.status},
            "direction": message.direction,
            **channel,
        }
    if message.type == COMMENT:
        return {**texts, "attachments": []}
    if message.type == WELCOME:
        return {**texts, **channel}
    return _change(message)


def _change(message: Message) -> Json:
    if message.type == STATUS_CHANGE:
        return {"newStatus": message.new_status}
    if message.type == INBOX_CHANGE:
        return {"fromInboxId": message.from_inbox, "toInboxId": message.to_inbox}
    if message.type == ASSIGNMENT:
        assigned = {"assignedFrom": message.assigned_from, "assignedTo": message.assigned_to}
        return {name: actor for name, actor in assigned.items() if actor}
    return {}


def _sender(message: Message) -> Json:
    """A machine has no address."""
    author = message.author
    return {**(_party(author) if author.address else {"actorId": author.actor}), "senderField": "FROM"}


def _party(party: Party) -> Json:
    return {"actorId": party.actor, "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": party.address}}


def channel_json(channel_id: str) -> Json:
    """A channel."""
    return {"id": channel_id, "name": CHANNELS[channel_id]}


def channel_account_json(portal: PortalState, channel_id: str, created_ms: int) -> Json:
    """The account of a channel; that of e-mail has an address."""
    address = f"support@{portal.account.portal_id}.example"
    return {
        "id": CHANNEL_ACCOUNTS[channel_id],
        "channelId": channel_id,
        "name": f"{CHANNELS[channel_id]} of {INBOX_NAME}",
        "inboxId": INBOX_ID,
        "createdAt": to_wire(created_ms),
        "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": address},
        "authorized": True,
        "active": True,
        "archived": False,
    }


def inbox_json(created_ms: int) -> Json:
    """The one inbox there is: a help desk."""
    return {
        "id": INBOX_ID,
        "name": INBOX_NAME,
        "type": "HELP_DESK",
        "createdAt": to_wire(created_ms),
        "updatedAt": to_wire(created_ms),
        "archived": False,
    }
