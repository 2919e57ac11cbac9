"""How conversations are written by clients: messages and comments, and the state and the owner of a thread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.actors import actor_json
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.conversations import AssigneeIn, MessageIn, ThreadPatch
from hubspot_sandbox.conversation_json import message_json, thread_json
from hubspot_sandbox.conversation_model import (
    AGENT,
    CHANNEL_ACCOUNTS,
    COMMENT,
    CUSTOMERS,
    HUBSPOT,
    INTEGRATOR,
    Message,
    Party,
)
from hubspot_sandbox.json_views import Answer
from hubspot_sandbox.portal_conversations import status_of
from hubspot_sandbox.routes.conversations import thread_of_path

if TYPE_CHECKING:
    from hubspot_sandbox.conversation_model import Thread
    from hubspot_sandbox.routes.call import Call

_STATIC_APP_ID = 2_900_001
"""The app behind a static token."""


def create_message(call: Call) -> Answer:
    """An agent's message goes out now; a comment stays inside."""
    thread, body = thread_of_path(call), read(MessageIn, call.body)
    message = _comment(call, body) if body.type == COMMENT else _message(call, thread, body)
    written = call.portal.add_to_thread(thread, [message])
    answer = message_json(thread, written)
    return Answer(201, answer, headers={"Location": f"{call.url.replace(query='')}/{answer['id']}"})


def update_thread(call: Call) -> Answer:
    """Close it, open it again, or take it out of the bin, for which `archived=true` finds it."""
    thread, body = thread_of_path(call), read(ThreadPatch, call.body)
    if body.archived is not None:
        thread = call.portal.archive_conversation(thread, call.now_ms if body.archived else None)
    if body.status is not None:
        by = f"{INTEGRATOR}{_app_id(call)}"
        thread = call.portal.set_status(thread, status_of(body.status), by=by, at_ms=call.now_ms)
    return Answer(200, thread_json(thread, with_ticket=False))


def archive_thread(call: Call) -> Answer:
    """Into the bin, from where HubSpot deletes it after thirty days."""
    call.portal.archive_conversation(thread_of_path(call), call.now_ms)
    return Answer(204)


def assign_thread(call: Call) -> Answer:
    """Give a thread to an owner, a bot or the AI agent."""
    thread, body = thread_of_path(call), read(AssigneeIn, call.body)
    if actor_json(call.portal, body.actor_id) is None or body.actor_id.startswith(CUSTOMERS):
        raise refusals.invalid(f"{body.actor_id} is nobody a thread can be assigned to")
    return Answer(200, thread_json(_assigned(call, thread, body.actor_id), with_ticket=False))


def unassign_thread(call: Call) -> Answer:
    """Take a thread away from whoever has it."""
    _assigned(call, thread_of_path(call), "")
    return Answer(204)


def _assigned(call: Call, thread: Thread, actor_id: str) -> Thread:
    return call.portal.assign(thread, actor_id, by=f"{INTEGRATOR}{_app_id(call)}", at_ms=call.now_ms)


def _comment(call: Call, body: MessageIn) -> Message:
    app_id = _app_id(call)
    return Message(
        0,
        call.now_ms,
        COMMENT,
        Party(f"{INTEGRATOR}{app_id}"),
        client="INTEGRATION",
        app_id=app_id,
        text=body.text,
        rich_text=body.rich_text or "",
    )


def _message(call: Call, thread: Thread, body: MessageIn) -> Message:
    """Raises `Refused` 400 for whom or through what HubSpot does not send."""
    sender, channel_id = body.sender_actor_id or "", body.channel_id or ""
    if not sender.startswith(AGENT) or actor_json(call.portal, sender) is None:
        raise refusals.invalid(f"senderActorId must be an agent of this account, not {sender!r}")
    if CHANNEL_ACCOUNTS.get(channel_id) != body.channel_account_id:
        raise refusals.invalid(f"channelAccountId {body.channel_account_id} is no account of channel {channel_id!r}")
    message = call.portal.message(
        thread, call.portal.party(sender), at_ms=call.now_ms, incoming=False, client="INTEGRATION", text=body.text
    )
    return _with(message, body, _app_id(call))


def _with(message: Message, body: MessageIn, app_id: int) -> Message:
    recipients = tuple(Party(row.actor_id or HUBSPOT, row.address) for row in body.recipients or ())
    return replace(
        message,
        app_id=app_id,
        channel_id=body.channel_id or message.channel_id,
        rich_text=body.rich_text or "",
        subject=body.subject or "",
        recipients=recipients or message.recipients,
    )


def _app_id(call: Call) -> int:
    app = call.access.apps.of_access(call.token)
    return app.app_id if app else _STATIC_APP_ID
