"""What conversations there are: the stored ones, and one for each other ticket whose customer or agent has written.

A ticket without a stored thread has the one that its message properties tell of: a message for each instant at which
`hs_last_message_received_at` or `hs_last_message_sent_at` changed. So a loaded log has conversations too; what was
written, nobody kept. As soon as something is written to such a thread it is stored, with the ids it had.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import merge
from typing import TYPE_CHECKING

from hubspot_sandbox.conversation_model import (
    AGENT,
    CHANNEL_OF_SOURCE,
    CLOSED,
    EMAIL_ACTOR,
    HUBSPOT,
    INCOMING,
    MAIL,
    MESSAGE,
    OPEN,
    OUTGOING,
    VISITOR,
    Message,
    Party,
    Thread,
)
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import CONTACTS, TICKETS
from hubspot_sandbox.property_index import INSTANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sandbox.portal_state import PortalState
    from hubspot_sandbox.records import Record

_FIRST_DERIVED_ID = 5_000_000_000
RECEIVED, SENT = "hs_last_message_received_at", "hs_last_message_sent_at"
_STRIDE = 200


def threads_of(portal: PortalState, ticket_id: int, *, archived: bool = False) -> list[Thread]:
    """The threads of a ticket in order of id: the archived ones, or the others."""
    stored = portal.conversations.of_ticket(ticket_id)
    if stored:
        return [_as_shown(portal, thread) for thread in stored if _is(thread, archived=archived)]
    ticket = None if archived else portal.table(TICKETS).find(ticket_id)
    thread = derived_thread(portal, ticket) if ticket else None
    return [] if thread is None else [_as_shown(portal, thread)]


def thread_by_id(portal: PortalState, thread_id: int, *, archived: bool = False) -> Thread | None:
    """The thread of that id, if it is archived or not as asked."""
    stored = portal.conversations.find(thread_id)
    if stored is not None:
        return _as_shown(portal, stored) if _is(stored, archived=archived) else None
    ticket_id = thread_id - _FIRST_DERIVED_ID
    if archived or portal.conversations.of_ticket(ticket_id):
        return None
    ticket = portal.table(TICKETS).find(ticket_id) if ticket_id > 0 else None
    thread = derived_thread(portal, ticket) if ticket else None
    return None if thread is None else _as_shown(portal, thread)


def threads_from(portal: PortalState, thread_id: int, *, archived: bool = False) -> Iterator[Thread]:
    """Every thread from that id on, in order of id."""
    stored = (each for each in portal.conversations.from_id(thread_id) if _is(each, archived=archived))
    derived = iter(()) if archived else _derived_from(portal, thread_id)
    for thread in merge(stored, derived, key=lambda each: each.id):
        yield _as_shown(portal, thread)


def threads_later_than(portal: PortalState, since_ms: int, *, archived: bool = False) -> list[Thread]:
    """Every thread with a message after an instant, by its latest one."""
    stored = (each for each in portal.conversations.later_than(since_ms) if _is(each, archived=archived))
    derived: Iterable[Thread] = () if archived else _derived_later_than(portal, since_ms)
    shown = [_as_shown(portal, thread) for thread in (*stored, *derived)]
    later = [thread for thread in shown if (thread.latest_ms or 0) > since_ms]
    return sorted(later, key=lambda thread: (thread.latest_ms or 0, thread.id))


def messages_of(portal: PortalState, thread: Thread) -> list[Message]:
    """All messages of a thread that show by now, by time."""
    if thread.stored:
        return _showing(portal, thread, portal.conversations.messages(thread.id))
    ticket = portal.table(TICKETS).find(thread.ticket_id or 0)
    return _showing(portal, thread, derived_messages(portal, thread, ticket)) if ticket else []


def message_page(
    portal: PortalState, thread: Thread, start: int, limit: int, *, newest_first: bool
) -> tuple[list[Message], int | None]:
    """Up to `limit` messages from the one of number `start` on (0: the first), and where the next page begins."""
    if thread.stored and portal.conversations.delay_ms is None:
        rows = portal.conversations.page(thread.id, start, limit + 1, newest_first=newest_first)
    else:
        rows = messages_of(portal, thread)[:: -1 if newest_first else 1]
        place = next((at for at, message in enumerate(rows) if message.number == start), 0)
        rows = rows[place : place + limit + 1]
    return rows[:limit], rows[limit].number if len(rows) > limit else None


def message_of(portal: PortalState, thread: Thread, message_id: str) -> Message | None:
    """The message of that id, if it is one of this thread and shows by now."""
    number = thread.number_of(message_id)
    if number is None:
        return None
    if not thread.stored:
        return next((each for each in messages_of(portal, thread) if each.number == number), None)
    message = portal.conversations.message(thread.id, number)
    return next(iter(_showing(portal, thread, [message])), None) if message else None


def contact_of(portal: PortalState, ticket_id: int) -> int | None:
    """The contact a ticket is of."""
    return next(iter(portal.links.of(TICKETS, ticket_id, CONTACTS)), None)


def customer_of(portal: PortalState, contact_id: int | None) -> Party:
    """The customer of a thread as one who writes."""
    record = portal.table(CONTACTS).find(contact_id) if contact_id is not None else None
    email = record.values.get("email", "") if record else ""
    return Party(f"{VISITOR}{contact_id}" if contact_id else f"{EMAIL_ACTOR}{email}", email)


def inbox_of(portal: PortalState) -> Party:
    """The help desk as one who is written to."""
    return Party(HUBSPOT, f"support@{portal.account.portal_id}.example")


def agent_of(portal: PortalState, owner_id: str) -> Party:
    """An owner as one who writes; HubSpot itself where there is none."""
    owner = portal.owners.get(owner_id)
    return Party(f"{AGENT}{owner.user_id}", owner.email) if owner and owner.user_id else Party(HUBSPOT)


def derived_thread(portal: PortalState, ticket: Record) -> Thread | None:
    """The thread that a ticket's message properties tell of; None when nobody wrote."""
    if RECEIVED not in ticket.values and SENT not in ticket.values:
        return None
    received, sent = _instants(ticket, RECEIVED), _instants(ticket, SENT)
    is_closed = ticket.values.get("hs_is_closed") == "true"
    closed = ticket.values.get("closed_date")
    agent = agent_of(portal, ticket.values.get("hubspot_owner_id", "")).actor
    return Thread(
        id=_FIRST_DERIVED_ID + ticket.id,
        ticket_id=ticket.id,
        contact_id=contact_of(portal, ticket.id),
        channel_id=CHANNEL_OF_SOURCE.get(ticket.values.get("source_type", ""), MAIL),
        created_ms=min((*received, *sent), default=ticket.created_ms),
        status=CLOSED if is_closed else OPEN,
        closed_ms=parse_instant(closed) if is_closed and closed else None,
        assigned_to="" if agent == HUBSPOT else agent,
        latest_ms=max((*received, *sent), default=None),
        latest_received_ms=max(received, default=None),
        latest_sent_ms=max(sent, default=None),
        stored=False,
    )


def derived_messages(portal: PortalState, thread: Thread, ticket: Record) -> list[Message]:
    """The messages of such a thread, by time."""
    customer = customer_of(portal, thread.contact_id)
    agent = agent_of(portal, ticket.values.get("hubspot_owner_id", ""))
    subject = ticket.values.get("subject", "")
    received, sent = set(_instants(ticket, RECEIVED)), set(_instants(ticket, SENT))
    instants = sorted({*((at_ms, True) for at_ms in received), *((at_ms, False) for at_ms in sent)})
    return [
        Message(
            number=number,
            at_ms=at_ms,
            type=MESSAGE,
            author=customer if incoming else agent,
            recipients=(inbox_of(portal) if incoming else customer,),
            direction=INCOMING if incoming else OUTGOING,
            status="RECEIVED" if incoming else "SENT",
            text=f"{'Customer' if incoming else 'Agent'}: {subject}".rstrip(),
            subject=subject,
            channel_id=thread.channel_id,
        )
        for number, (at_ms, incoming) in enumerate(instants, start=1)
    ]


def _is(thread: Thread, *, archived: bool) -> bool:
    return (thread.archived_ms is not None) == archived


def _derived_from(portal: PortalState, thread_id: int) -> Iterator[Thread]:
    after: int | None = max(0, thread_id - _FIRST_DERIVED_ID)
    while after is not None:
        tickets, after = portal.table(TICKETS).page(after, _STRIDE)
        yield from _derived(portal, tickets)


def _derived_later_than(portal: PortalState, since_ms: int) -> Iterator[Thread]:
    """Found by the indexes of both properties: there may be many thousand tickets that nobody wrote on since."""
    table = portal.table(TICKETS)
    ids = {record_id for name in (RECEIVED, SENT) for record_id in table.index(name, INSTANT).above(since_ms)}
    records = (table.find(record_id) for record_id in sorted(ids))
    yield from _derived(portal, (record for record in records if record is not None))


def _derived(portal: PortalState, tickets: Iterable[Record]) -> Iterator[Thread]:
    for ticket in tickets:
        if not portal.conversations.of_ticket(ticket.id):
            thread = derived_thread(portal, ticket)
            if thread is not None:
                yield thread


def _instants(ticket: Record, name: str) -> list[int]:
    return [parse_instant(version.value) for version in ticket.versions(name) if version.value]


def _showing(portal: PortalState, thread: Thread, messages: list[Message]) -> list[Message]:
    delay_ms = portal.conversations.delay_ms
    if delay_ms is None:
        return messages
    now_ms = portal.clock.now_ms()
    return [each for each in messages if each.at_ms + delay_ms(thread.message_id(each.number)) <= now_ms]


def _as_shown(portal: PortalState, thread: Thread) -> Thread:
    """The thread without what does not show yet."""
    if portal.conversations.delay_ms is None:
        return thread
    messages = [each for each in messages_of(portal, thread) if each.type == MESSAGE]
    received = max((each.at_ms for each in messages if each.incoming), default=None)
    sent = max((each.at_ms for each in messages if not each.incoming), default=None)
    latest = max((each.at_ms for each in messages), default=None)
    return replace(thread, latest_ms=latest, latest_received_ms=received, latest_sent_ms=sent)
