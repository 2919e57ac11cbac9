"""How conversations of a portal are written, in step with the message properties of their tickets.

A message moves the properties of its ticket, as HubSpot does; a message told to a ticket goes into its latest thread.
A ticket that is closed or opened again closes and opens its threads; a customer who writes opens a closed one.
Comments, assignments and changes of status move nothing on the ticket but what says that the last entry is a comment.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import conversations, refusals, ticket_effects
from hubspot_sandbox.conversation_model import (
    AGENT,
    ASSIGNMENT,
    CLOSED,
    COMMENT,
    CUSTOMERS,
    HUBSPOT,
    INCOMING,
    INTEGRATOR,
    MESSAGE,
    OPEN,
    OUTGOING,
    STATUS_CHANGE,
    VISITOR,
    Message,
    Party,
    Thread,
    after,
)
from hubspot_sandbox.instants import parse_instant
from hubspot_sandbox.object_types import CONTACTS, TICKETS, ObjectType
from hubspot_sandbox.portal_activities import PortalActivities
from hubspot_sandbox.records import CALCULATED, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Record
    from hubspot_sandbox.stage_effects import Changes

_MOVED_BY_LATE_MESSAGES = frozenset(
    {
        "hs_num_times_contacted",
        "hs_first_agent_message_sent_at",
        "hs_first_agent_message_sent_by",
        "first_agent_reply_date",
        "time_to_first_agent_reply",
    }
)
_LAST = (conversations.RECEIVED, conversations.SENT, "last_reply_date")
_STATUSES = {INCOMING: "RECEIVED", OUTGOING: "SENT"}


class PortalConversations(PortalActivities):
    """Speaks epoch milliseconds and `Thread`s. Whoever calls holds the portal's lock."""

    def new_thread(self, ticket_id: int | None, *, channel_id: str, contact_id: int | None, at_ms: int) -> Thread:
        """An open thread without messages, on a ticket or on none. What was only read off the ticket is stored."""
        for thread in conversations.threads_of(self, ticket_id) if ticket_id else ():
            self.stored(thread)
        thread = Thread(
            self.conversations.take_id(), ticket_id, contact_id, channel_id=channel_id, created_ms=at_ms, status=OPEN
        )
        self.conversations.put(thread)
        return thread

    def stored(self, thread: Thread) -> Thread:
        """The thread as it is kept; one that was read off its ticket is stored now, with its messages."""
        if thread.stored:
            return self.conversations.find(thread.id) or thread
        messages = conversations.messages_of(self, thread)
        return self.conversations.add(replace(thread, stored=True), messages)[0]

    def add_to_thread(self, thread: Thread, messages: Iterable[Message]) -> Message:
        """Append entries, oldest first, and let the ticket follow; answers the last one with its number."""
        thread = self.stored(thread)
        entries = [entry for message in messages for entry in self._with_reopening(thread, message)]
        thread, number = self.conversations.add(after(thread, entries), entries)
        ticket = self.table(TICKETS).find(thread.ticket_id) if thread.ticket_id else None
        if ticket is not None:
            self._ticket_follows(ticket, entries)
        return replace(entries[-1], number=number)

    def message(
        self, thread: Thread, author: Party, *, at_ms: int, incoming: bool, client: str, text: str = "", **more: object
    ) -> Message:
        """A message to be, to everybody on the other side; `more` are fields of `Message`."""
        customer = conversations.customer_of(self, thread.contact_id)
        direction = INCOMING if incoming else OUTGOING
        usual = {
            "recipients": (conversations.inbox_of(self) if incoming else customer,),
            "status": _STATUSES[direction],
            "channel_id": thread.channel_id,
        }
        fields = {**usual, **more}
        return Message(0, at_ms, MESSAGE, author, direction=direction, client=client, text=text, **fields)  # type: ignore[arg-type]

    def party(self, actor_id: str) -> Party:
        """Somebody by actor id, with the address that HubSpot knows."""
        kind, rest = actor_id[:2], actor_id[2:]
        if kind == AGENT:
            owner = next((each for each in self.owners.values() if str(each.user_id) == rest), None)
            return Party(actor_id, owner.email if owner else "")
        if kind == VISITOR and rest.isdecimal():
            record = self.table(CONTACTS).find(int(rest))
            return Party(actor_id, record.values.get("email", "") if record else "")
        return Party(actor_id, rest if kind in CUSTOMERS else "")

    def set_status(self, thread: Thread, status: str, *, by: str, at_ms: int) -> Thread:
        """Close a thread or open it again; nothing happens to one that is so already."""
        if thread.status != status:
            self.add_to_thread(thread, [_status_change(status, by, at_ms)])
        return self._kept(thread)

    def assign(self, thread: Thread, actor_id: str, *, by: str, at_ms: int) -> Thread:
        """Give a thread to somebody, or to nobody ("")."""
        if thread.assigned_to != actor_id:
            entry = Message(
                0,
                at_ms,
                ASSIGNMENT,
                self.party(by),
                client="SYSTEM" if by == HUBSPOT else "HUBSPOT",
                assigned_from=thread.assigned_to,
                assigned_to=actor_id,
            )
            self.add_to_thread(thread, [entry])
        return self._kept(thread)

    def archive_conversation(self, thread: Thread, at_ms: int | None) -> Thread:
        """Into the bin, or out of it (None)."""
        self.conversations.put(replace(self.stored(thread), archived_ms=at_ms))
        return self._kept(thread)

    def hand_over_threads(self, merged: Record, survivor_id: int) -> None:
        """The threads of a ticket that is merged into another are the survivor's."""
        for thread in conversations.threads_of(self, merged.id):
            self.stored(thread)
        self.conversations.move_to_ticket(merged.id, survivor_id)

    def latest_thread(self, ticket_id: int) -> Thread | None:
        """The stored thread of a ticket that was written to last."""
        threads = [thread for thread in self.conversations.of_ticket(ticket_id) if thread.archived_ms is None]
        return max(threads, key=lambda thread: (thread.latest_ms or thread.created_ms, thread.id), default=None)

    def change(
        self, kind: ObjectType, record: Record, properties: Mapping[str, Scalar], *, at_ms: int, source: str
    ) -> set[str]:
        """Write properties; the threads of a ticket that was closed or opened again follow."""
        changed = super().change(kind, record, properties, at_ms=at_ms, source=source)
        if kind is TICKETS and "hs_is_closed" in changed:
            status = CLOSED if record.values.get("hs_is_closed") == "true" else OPEN
            for thread in self.conversations.of_ticket(record.id):
                self.set_status(thread, status, by=HUBSPOT, at_ms=at_ms)
        return changed

    def _kept(self, thread: Thread) -> Thread:
        return self.conversations.find(thread.id) or thread

    def _with_reopening(self, thread: Thread, message: Message) -> list[Message]:
        if message.direction == INCOMING and thread.status == CLOSED:
            return [message, _status_change(OPEN, HUBSPOT, message.at_ms)]
        return [message]

    def _ticket_follows(self, ticket: Record, entries: list[Message]) -> None:
        """All at once, because the history of a ticket is stored whole with each write."""
        changed: set[str] = set()
        owner_ids = {f"{AGENT}{owner.user_id}": owner.id for owner in self.owners.values()}
        latest_ms = _latest_message_ms(ticket)
        for entry in entries:
            effects = self._effects(ticket, entry, owner_ids.get(entry.author.actor, ""))
            if entry.at_ms < latest_ms:
                effects = _of_a_late_message(ticket, effects)
            elif entry.type == MESSAGE:
                latest_ms = entry.at_ms
            versions = versions_of(effects, max(entry.at_ms, latest_ms), CALCULATED)
            changed |= ticket.take(versions, modified=TICKETS.modified, modified_ms=None)
        self.table(TICKETS).save(ticket, changed)
        self.follow(TICKETS, ticket, entries[-1].at_ms)

    def _effects(self, ticket: Record, entry: Message, owner_id: str) -> Changes:
        if entry.type == COMMENT:
            return {"hs_latest_message_is_thread_comment": "true"}
        if entry.type != MESSAGE:
            return {}
        if entry.incoming:
            return ticket_effects.customer_message(entry.at_ms)
        is_person = entry.author.actor.startswith(AGENT)
        counts = is_person or self.behaviour.machines_send_the_first_agent_message
        return ticket_effects.agent_message(ticket.values, entry.at_ms, first=counts, sent_by=owner_id)


def client_of(actor_id: str) -> str:
    """Through what somebody writes, unless told otherwise."""
    if actor_id.startswith(INTEGRATOR):
        return "INTEGRATION"
    return "HUBSPOT" if actor_id.startswith((AGENT, *CUSTOMERS)) else "SYSTEM"


def status_of(text: str) -> str:
    """OPEN or CLOSED, or `Refused` 400."""
    if text not in (OPEN, CLOSED):
        raise refusals.invalid(f"status must be one of [OPEN, CLOSED], not {text}")
    return text


def _status_change(status: str, by: str, at_ms: int) -> Message:
    client = "SYSTEM" if by == HUBSPOT else "HUBSPOT"
    return Message(0, at_ms, STATUS_CHANGE, Party(by), client=client, new_status=status)


def _latest_message_ms(ticket: Record) -> int:
    """The latest instant that the message properties of a ticket hold; 0 before there is one."""
    values = (ticket.values.get(name) for name in (conversations.RECEIVED, conversations.SENT))
    return max((parse_instant(value) for value in values if value), default=0)


def _of_a_late_message(ticket: Record, effects: Changes) -> Changes:
    """What a message moves that comes in after a later one: the last message stays the last, of its direction too."""

    def moves(name: str, value: str | None) -> bool:
        before = ticket.values.get(name)
        if name in _LAST and value is not None:
            return before is None or parse_instant(before) < parse_instant(value)
        return name in _MOVED_BY_LATE_MESSAGES

    return {name: value for name, value in effects.items() if moves(name, value)}
