"""Inboxes, threads, messages and those who write them; reading only."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hubspot_sandbox import conversations, refusals
from hubspot_sandbox.bodies.account import ActorRead
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.json_views import Answer, Json, batch_json
from hubspot_sandbox.object_types import CONTACTS, TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sandbox.account import Owner
    from hubspot_sandbox.conversations import Message, Thread
    from hubspot_sandbox.routes.call import Call

_PAGE, _LARGEST_PAGE = 100, 500
_AGENT, _VISITOR, _MAIL = "A-", "V-", "E-"


def list_threads(call: Call) -> Answer:
    """A page in order of id, or of the latest message with `latestMessageTimestampAfter`."""
    after, limit = _after(call), _limit(call)
    since = call.query.get("latestMessageTimestampAfter")
    threads = _matching(call, conversations.threads_from(call.portal, 0 if since else after))
    if since:
        threads = _later(threads, _instant(since), after)
    page = list(islice(threads, limit + 1))
    body: Json = {"results": [_thread_json(call, thread) for thread in page[:limit]]}
    return _paged(call, body, str(page[limit].id) if len(page) > limit else None)


def get_thread(call: Call) -> Answer:
    """One thread."""
    return Answer(200, _thread_json(call, _thread(call)))


def list_messages(call: Call) -> Answer:
    """The messages of a thread, newest first unless `sort=createdAt`; `after` is the number to begin at."""
    thread, limit = _thread(call), _limit(call)
    ordered = list(thread.messages if call.query.get("sort") == "createdAt" else thread.messages[::-1])
    start = _after(call)
    page = ordered[start : start + limit]
    body: Json = {"results": [_message_json(call, thread, message) for message in page]}
    return _paged(call, body, str(start + limit) if start + limit < len(ordered) else None)


def get_message(call: Call) -> Answer:
    """One message of a thread."""
    thread = _thread(call)
    return Answer(200, _message_json(call, thread, _message(call, thread)))


def original_content(call: Call) -> Answer:
    """The whole text of a message; none is ever truncated here."""
    thread = _thread(call)
    message = _message_json(call, thread, _message(call, thread))
    return Answer(200, {"text": message["text"], "richText": message["richText"]})


def list_inboxes(call: Call) -> Answer:
    """The one there is."""
    return Answer(200, {"total": 1, "results": [_inbox_json(call)]})


def get_inbox(call: Call) -> Answer:
    """The one there is."""
    if call.params["inbox_id"] != conversations.INBOX_ID:
        raise refusals.no_such_record()
    return Answer(200, _inbox_json(call))


def get_actor(call: Call) -> Answer:
    """Somebody who writes: `A-` and a user id, `V-` and a contact id, `E-` and an address, or `S-hubspot`."""
    actor = _actor_json(call, call.params["actor_id"])
    if actor is None:
        raise refusals.no_such_record()
    return Answer(200, actor)


def read_actors(call: Call) -> Answer:
    """Several of them."""
    actor_ids = read(ActorRead, call.body).inputs
    actors = {actor_id: _actor_json(call, actor_id) for actor_id in actor_ids}
    missing = [actor_id for actor_id, actor in actors.items() if actor is None]
    errors = [refusals.not_found("Could not find some actors").row({"ids": missing})] if missing else []
    rows = [actor for actor in actors.values() if actor is not None]
    return Answer(call.many if errors else 200, batch_json(call.portal, call.now_ms, rows, errors))


def _thread(call: Call) -> Thread:
    thread_id = call.params["thread_id"]
    thread = conversations.thread_by_id(call.portal, int(thread_id)) if thread_id.isdecimal() else None
    if thread is None:
        raise refusals.no_such_record()
    return thread


def _message(call: Call, thread: Thread) -> Message:
    for message in thread.messages:
        if _message_id(thread, message) == call.params["message_id"]:
            return message
    raise refusals.no_such_record()


def _matching(call: Call, threads: Iterator[Thread]) -> Iterator[Thread]:
    """Those the query asks for; one ticket's thread is found without looking at the others."""
    ticket_id = call.query.get("associatedTicketId", "")
    if ticket_id.isdecimal():
        ticket = call.portal.table(TICKETS).find(int(ticket_id))
        own = conversations.thread_of(call.portal, ticket) if ticket else None
        threads = iter([] if own is None else [own])
    contact_id, status = call.query.get("associatedContactId"), call.query.get("threadStatus")
    inboxes = call.names("inboxId")
    for thread in threads:
        right_contact = not contact_id or str(thread.contact_id) == contact_id
        right_status = not status or (status == "CLOSED") == thread.closed
        if right_contact and right_status and (not inboxes or conversations.INBOX_ID in inboxes):
            yield thread


def _later(threads: Iterable[Thread], since_ms: int, after: int) -> Iterator[Thread]:
    """Those with a message after an instant, by their latest one; `after` is the thread to begin at."""
    later = [thread for thread in threads if (thread.last_ms() or 0) > since_ms]
    later.sort(key=lambda thread: (thread.last_ms() or 0, thread.id))
    places = [place for place, thread in enumerate(later) if thread.id == after]
    return iter(later[places[0] :] if places else later)


def _thread_json(call: Call, thread: Thread) -> Json:
    body: Json = {
        "id": str(thread.id),
        "createdAt": to_wire(thread.messages[0].at_ms if thread.messages else thread.ticket.created_ms),
        "status": "CLOSED" if thread.closed else "OPEN",
        "originalChannelId": thread.channel_id,
        "originalChannelAccountId": conversations.CHANNEL_ACCOUNT_ID,
        "inboxId": conversations.INBOX_ID,
        "associatedContactId": str(thread.contact_id or ""),
        "spam": False,
        "archived": False,
    }
    times = {
        "latestMessageTimestamp": thread.last_ms(),
        "latestMessageSentTimestamp": thread.last_ms(incoming=False),
        "latestMessageReceivedTimestamp": thread.last_ms(incoming=True),
    }
    body |= {name: to_wire(at_ms) for name, at_ms in times.items() if at_ms is not None}
    closed_at = thread.ticket.values.get("closed_date")
    if thread.closed and closed_at:
        body["closedAt"] = closed_at
    if thread.owner is not None:
        body["assignedTo"] = f"{_AGENT}{thread.owner.user_id}"
    if "TICKET" in (name.upper() for name in call.names("association")):
        body["threadAssociations"] = {"associatedTicketId": str(thread.ticket.id)}
    return body


def _message_json(call: Call, thread: Thread, message: Message) -> Json:
    text = f"{'Customer' if message.incoming else 'Agent'}: {thread.ticket.values.get('subject', '')}".rstrip()
    sender, recipient = (_customer(thread), _inbox(call)) if message.incoming else (_agent(thread), _customer(thread))
    return {
        "type": "MESSAGE",
        "id": _message_id(thread, message),
        "conversationsThreadId": str(thread.id),
        "createdAt": to_wire(message.at_ms),
        "updatedAt": to_wire(message.at_ms),
        "createdBy": sender["actorId"],
        "client": {"clientType": "HUBSPOT"},
        "senders": [{**sender, "senderField": "FROM"}],
        "recipients": [{**recipient, "recipientField": "TO"}],
        "archived": False,
        "text": text,
        "richText": f"<p>{text}</p>",
        "attachments": [],
        "subject": thread.ticket.values.get("subject", ""),
        "truncationStatus": "NOT_TRUNCATED",
        "status": {"statusType": "RECEIVED" if message.incoming else "SENT"},
        "direction": "INCOMING" if message.incoming else "OUTGOING",
        "channelId": thread.channel_id,
        "channelAccountId": conversations.CHANNEL_ACCOUNT_ID,
    }


def _message_id(thread: Thread, message: Message) -> str:
    return f"{thread.id:x}{message.number:08x}"


def _customer(thread: Thread) -> Json:
    actor = f"{_VISITOR}{thread.contact_id}" if thread.contact_id else f"{_MAIL}{thread.contact_email}"
    return {"actorId": actor, "deliveryIdentifier": _address(thread.contact_email)}


def _agent(thread: Thread) -> Json:
    user_id = thread.owner.user_id if thread.owner else 0
    actor = f"{_AGENT}{user_id}" if user_id else "S-hubspot"
    return {"actorId": actor, "deliveryIdentifier": _address(thread.owner.email if thread.owner else "")}


def _inbox(call: Call) -> Json:
    return {"actorId": "S-hubspot", "deliveryIdentifier": _address(f"support@{call.portal.account.portal_id}.example")}


def _address(email: str) -> Json:
    return {"type": "HS_EMAIL_ADDRESS", "value": email}


def _inbox_json(call: Call) -> Json:
    created_ms = min((pipeline.created_ms for pipeline in call.portal.pipelines.values()), default=call.now_ms)
    return {
        "id": conversations.INBOX_ID,
        "name": conversations.INBOX_NAME,
        "type": "HELP_DESK",
        "createdAt": to_wire(created_ms),
        "updatedAt": to_wire(created_ms),
        "archived": False,
    }


def _actor_json(call: Call, actor_id: str) -> Json | None:
    kind, rest = actor_id[:2], actor_id[2:]
    if kind == _AGENT:
        return _agent_actor(actor_id, call.portal.owners.values(), rest)
    if kind == _VISITOR and rest.isdecimal():
        contact = call.portal.table(CONTACTS).find(int(rest))
        if contact is None:
            return None
        name = f"{contact.values.get('firstname', '')} {contact.values.get('lastname', '')}".strip()
        return {"id": actor_id, "type": "VISITOR", "name": name, "email": contact.values.get("email", "")}
    if kind == _MAIL:
        return {"id": actor_id, "type": "EMAIL", "email": rest}
    return {"id": actor_id, "type": "SYSTEM"} if actor_id == "S-hubspot" else None


def _agent_actor(actor_id: str, owners: Iterable[Owner], user_id: str) -> Json | None:
    for owner in owners:
        if str(owner.user_id) == user_id:
            return {
                "id": actor_id,
                "type": "AGENT",
                "name": f"{owner.first_name} {owner.last_name}".strip(),
                "email": owner.email,
            }
    return None


def _after(call: Call) -> int:
    text = call.query.get("after") or "0"
    if not text.isdecimal():
        raise refusals.invalid(f"after {text!r} is not valid")
    return int(text)


def _limit(call: Call) -> int:
    text = call.query.get("limit") or str(_PAGE)
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise refusals.invalid(f"limit must be between 1 and {_LARGEST_PAGE}, not {text}.")
    return int(text)


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        raise refusals.invalid(f"{text!r} is no instant") from None


def _paged(call: Call, body: Json, following: str | None) -> Answer:
    if following is not None:
        link = str(call.url.include_query_params(after=following))
        body["paging"] = {"next": {"after": following, "link": link}}
    return Answer(200, body)
