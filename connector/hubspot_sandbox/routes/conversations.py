"""Inboxes, channels, threads, messages and those who write them: how they are read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hubspot_sandbox import conversations, refusals
from hubspot_sandbox.actors import actor_json
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.bodies.conversations import ActorRead
from hubspot_sandbox.conversation_json import (
    channel_account_json,
    channel_json,
    inbox_json,
    message_json,
    thread_json,
)
from hubspot_sandbox.conversation_model import CHANNEL_ACCOUNTS, CHANNELS, INBOX_ID
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.json_views import Answer, Json, batch_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sandbox.conversation_model import Message, Thread
    from hubspot_sandbox.routes.call import Call

_PAGE, _LARGEST_PAGE, _LARGEST_ID = 100, 500, 2**63 - 1
_LARGEST_BATCH = 100
_BY_TIME, _BY_ID = "latestMessageTimestamp", "id"


def list_threads(call: Call) -> Answer:
    """A page in order of id, or of the latest message with `latestMessageTimestampAfter`."""
    limit, archived = _limit(call), call.flag("archived")
    by_time = _by_time(call)
    if by_time:
        since_ms = _instant(call.query["latestMessageTimestampAfter"])
        threads: Iterable[Thread] = conversations.threads_later_than(call.portal, since_ms, archived=archived)
    else:
        threads = conversations.threads_from(call.portal, _after(call), archived=archived)
    matching: Iterable[Thread] = _matching(call, iter(threads), archived=archived)
    if by_time:
        matching = _begun_at(list(matching), _after(call))
    page = list(islice(matching, limit + 1))
    body: Json = {"results": [_thread_json(call, thread) for thread in page[:limit]]}
    return _paged(call, body, str(page[limit].id) if len(page) > limit else None)


def get_thread(call: Call) -> Answer:
    """One thread."""
    return Answer(200, _thread_json(call, thread_of_path(call)))


def list_messages(call: Call) -> Answer:
    """The messages of a thread, newest first unless `sort=createdAt`; `after` is the number to begin at."""
    thread, limit = thread_of_path(call), _limit(call)
    newest_first = call.query.get("sort") != "createdAt"
    page, following = conversations.message_page(call.portal, thread, _after(call), limit, newest_first=newest_first)
    body: Json = {"results": [message_json(thread, message) for message in page]}
    return _paged(call, body, None if following is None else str(following))


def get_message(call: Call) -> Answer:
    """One message of a thread."""
    thread = thread_of_path(call)
    return Answer(200, message_json(thread, _message(call, thread)))


def original_content(call: Call) -> Answer:
    """The whole text of a message; changes and assignments have none."""
    thread = thread_of_path(call)
    message = message_json(thread, _message(call, thread))
    return Answer(200, {name: message[name] for name in ("text", "richText") if name in message})


def list_channels(_call: Call) -> Answer:
    """The channels a customer can write through."""
    rows = [channel_json(channel_id) for channel_id in CHANNELS]
    return Answer(200, {"total": len(rows), "results": rows})


def get_channel(call: Call) -> Answer:
    """One channel."""
    if call.params["channel_id"] not in CHANNELS:
        raise refusals.no_such_record()
    return Answer(200, channel_json(call.params["channel_id"]))


def list_channel_accounts(call: Call) -> Answer:
    """One for each channel, all of the one inbox."""
    channels, inboxes = call.names("channelId"), call.names("inboxId")
    rows = [
        channel_account_json(call.portal, channel_id, _set_up_ms(call))
        for channel_id in CHANNELS
        if (not channels or channel_id in channels) and (not inboxes or INBOX_ID in inboxes)
    ]
    return Answer(200, {"total": len(rows), "results": rows})


def get_channel_account(call: Call) -> Answer:
    """One of them."""
    channels = {account_id: channel_id for channel_id, account_id in CHANNEL_ACCOUNTS.items()}
    channel_id = channels.get(call.params["account_id"])
    if channel_id is None:
        raise refusals.no_such_record()
    return Answer(200, channel_account_json(call.portal, channel_id, _set_up_ms(call)))


def list_inboxes(call: Call) -> Answer:
    """The one there is."""
    return Answer(200, {"total": 1, "results": [inbox_json(_set_up_ms(call))]})


def get_inbox(call: Call) -> Answer:
    """The one there is."""
    if call.params["inbox_id"] != INBOX_ID:
        raise refusals.no_such_record()
    return Answer(200, inbox_json(_set_up_ms(call)))


def get_actor(call: Call) -> Answer:
    """Somebody who writes: an owner, a contact, an address, a bot, the AI agent, an integration, HubSpot itself."""
    actor = actor_json(call.portal, call.params["actor_id"])
    if actor is None:
        raise refusals.no_such_record()
    return Answer(200, actor)


def read_actors(call: Call) -> Answer:
    """Several of them."""
    actor_ids = read(ActorRead, call.body).inputs
    if len(actor_ids) > _LARGEST_BATCH:
        raise refusals.invalid(f"The maximum number of inputs supported in a batch is {_LARGEST_BATCH}.")
    actors = {actor_id: actor_json(call.portal, actor_id) for actor_id in actor_ids}
    missing = [actor_id for actor_id, actor in actors.items() if actor is None]
    errors = [refusals.not_found("Could not find some actors").row({"ids": missing})] if missing else []
    rows = [actor for actor in actors.values() if actor is not None]
    return Answer(call.many if errors else 200, batch_json(call.portal, call.now_ms, rows, errors))


def thread_of_path(call: Call) -> Thread:
    """The thread the path names, archived ones with `archived=true`. Raises `Refused` 404."""
    thread_id = _number(call.params["thread_id"])
    thread = conversations.thread_by_id(call.portal, thread_id, archived=call.flag("archived")) if thread_id else None
    if thread is None:
        raise refusals.no_such_record()
    return thread


def _message(call: Call, thread: Thread) -> Message:
    message = conversations.message_of(call.portal, thread, call.params["message_id"])
    if message is None:
        raise refusals.no_such_record()
    return message


def _by_time(call: Call) -> bool:
    """Whether the latest message tells the order. HubSpot demands the filter with that order, and not the other way."""
    since, order = call.query.get("latestMessageTimestampAfter"), call.query.get("sort")
    if order not in (None, "", _BY_TIME, _BY_ID):
        raise refusals.invalid(f"sort must be one of [{_BY_ID}, {_BY_TIME}], not {order}")
    if order == _BY_TIME and not since:
        raise refusals.invalid(f"latestMessageTimestampAfter is required with sort={_BY_TIME}")
    return bool(since)


def _matching(call: Call, threads: Iterator[Thread], *, archived: bool) -> Iterator[Thread]:
    """Those the query asks for; those of one ticket are found without looking at the others."""
    ticket_id = _number(call.query.get("associatedTicketId", ""))
    if ticket_id is not None and not call.query.get("latestMessageTimestampAfter"):
        own = conversations.threads_of(call.portal, ticket_id, archived=archived)
        threads = (thread for thread in own if thread.id >= _after(call))
    contact_id, status = call.query.get("associatedContactId"), call.query.get("threadStatus")
    inboxes = call.names("inboxId")
    for thread in threads:
        right_ticket = ticket_id is None or thread.ticket_id == ticket_id
        right_contact = not contact_id or str(thread.contact_id) == contact_id
        right_status = not status or status == thread.status
        if right_ticket and right_contact and right_status and (not inboxes or thread.inbox_id in inboxes):
            yield thread


def _begun_at(threads: list[Thread], after: int) -> list[Thread]:
    """By their latest message; `after` is the thread to begin at."""
    places = [place for place, thread in enumerate(threads) if thread.id == after]
    return threads[places[0] :] if places else threads


def _thread_json(call: Call, thread: Thread) -> Json:
    return thread_json(thread, with_ticket="TICKET" in (name.upper() for name in call.names("association")))


def _set_up_ms(call: Call) -> int:
    return min((pipeline.created_ms for pipeline in call.portal.pipelines.values()), default=call.now_ms)


def _number(text: str) -> int | None:
    """An id as the database can hold one."""
    return int(text) if text.isdecimal() and text.isascii() and int(text) <= _LARGEST_ID else None


def _after(call: Call) -> int:
    number = _number(call.query.get("after") or "0")
    if number is None:
        raise refusals.invalid(f"after {call.query['after']!r} is not valid")
    return number


def _limit(call: Call) -> int:
    number = _number(call.query.get("limit") or str(_PAGE))
    if number is None or not 1 <= number <= _LARGEST_PAGE:
        raise refusals.invalid(f"limit must be between 1 and {_LARGEST_PAGE}, not {call.query['limit']}.")
    return number


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
