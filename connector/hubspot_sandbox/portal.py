"""One HubSpot account, as the routes serve it and as tests arrange it.

What it holds is in `portal_state`, how it is written in `portal_writes`. `Portal` adds what is convenient from Python:
names, ids as text, aware datetimes. These methods take the portal's `lock` themselves; whoever calls the others while
the portal is being served holds it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox import conversations, refusals, ticket_effects
from hubspot_sandbox.behaviour import Behaviour
from hubspot_sandbox.conversation_model import (
    CHANNEL_OF_SOURCE,
    COMMENT,
    CUSTOMERS,
    HUBSPOT,
    MAIL,
    Actor,
    Message,
    Thread,
)
from hubspot_sandbox.instants import to_ms
from hubspot_sandbox.object_types import TASKS, TICKETS, object_type
from hubspot_sandbox.portal_conversations import PortalConversations, client_of, status_of
from hubspot_sandbox.portal_writes import PERSON, LinkRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from hubspot_sandbox.portal_state import Id
    from hubspot_sandbox.property_values import Scalar
    from hubspot_sandbox.records import Version

__all__ = ["API", "PERSON", "Behaviour", "LinkRequest", "Portal"]

API = "INTEGRATION"


class Portal(PortalConversations):
    """The whole account."""

    def create(
        self, type_name: str, properties: Mapping[str, Scalar], *, at: datetime | None = None, source: str = PERSON
    ) -> str:
        """Create a record as of `at` (default: now) and answer its id."""
        with self.current():
            record = self.insert(object_type(type_name), properties, at_ms=self._at_ms(at), source=source)
            return str(record.id)

    def update(
        self,
        type_name: str,
        record_id: Id,
        properties: Mapping[str, Scalar],
        *,
        at: datetime | None = None,
        source: str = PERSON,
    ) -> None:
        """Write properties as of `at` (default: now)."""
        kind = object_type(type_name)
        with self.current():
            self.change(kind, self.record(kind, record_id), properties, at_ms=self._at_ms(at), source=source)

    def archive(self, type_name: str, record_id: Id) -> None:
        """Move a record into the recycle bin."""
        kind = object_type(type_name)
        with self.current():
            self.table(kind).archive(self.record(kind, record_id), self.clock.now_ms())

    def associate(
        self,
        from_type: str,
        from_id: Id,
        to_type: str,
        to_id: Id,
        *,
        primary: bool = False,
        at: datetime | None = None,
    ) -> None:
        """Link two records; `primary` makes the company the one of its ticket or contact."""
        source, target = object_type(from_type), object_type(to_type)
        types = self.links.types
        link = types.primary(source, target) if primary else types.unlabelled(source, target)
        with self.current():
            self.record(source, from_id)
            self.record(target, to_id)
            self.link(link, int(from_id), int(to_id), at_ms=self._at_ms(at))

    def read(self, type_name: str, record_id: Id) -> dict[str, str]:
        """The properties that are set. Raises `Refused` 404."""
        with self.current():
            return dict(self.record(object_type(type_name), record_id).values)

    def history(self, type_name: str, record_id: Id, name: str) -> list[Version]:
        """The values a property had, newest first."""
        with self.current():
            return self.record(object_type(type_name), record_id).versions(name)

    def ids(self, type_name: str) -> list[str]:
        """Ids of the live records of a type, ascending."""
        with self.current():
            return [str(record_id) for record_id in self.table(object_type(type_name)).ids()]

    def tasks_of(self, ticket_id: Id) -> list[dict[str, str]]:
        """The properties of the live tasks on a ticket, oldest first."""
        with self.current():
            linked = self.links.of(TICKETS, int(ticket_id), TASKS)
            tasks = [self.table(TASKS).find(task_id) for task_id in sorted(linked)]
            return [dict(task.values) for task in tasks if task is not None]

    def receive_customer_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """The customer wrote, in the ticket's latest thread. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms, ticket = self._at_ms(at), self.record(TICKETS, ticket_id)
            thread = self.latest_thread(ticket.id)
            if thread is None:
                self.calculate(TICKETS, ticket, ticket_effects.customer_message(at_ms), at_ms)
            else:
                author = conversations.customer_of(self, thread.contact_id)
                self.add_to_thread(thread, [self.message(thread, author, at_ms=at_ms, incoming=True, client="HUBSPOT")])

    def send_agent_message(self, ticket_id: Id, at: datetime | None = None) -> None:
        """The ticket's owner answered in its latest thread. As in HubSpot, `hs_lastmodifieddate` stays as it is."""
        with self.current():
            at_ms, ticket = self._at_ms(at), self.record(TICKETS, ticket_id)
            thread, owner_id = self.latest_thread(ticket.id), ticket.values.get("hubspot_owner_id", "")
            if thread is None:
                changes = ticket_effects.agent_message(ticket.values, at_ms, sent_by=owner_id)
                self.calculate(TICKETS, ticket, changes, at_ms)
            else:
                author = conversations.agent_of(self, owner_id)
                client = client_of(author.actor)
                self.add_to_thread(thread, [self.message(thread, author, at_ms=at_ms, incoming=False, client=client)])

    def start_thread(self, ticket_id: Id | None, *, channel_id: str = "", at: datetime | None = None) -> str:
        """A new thread without messages, on a ticket and its contact or on nothing; answers its id."""
        with self.current():
            ticket = None if ticket_id is None else self.record(TICKETS, ticket_id)
            channel = channel_id or CHANNEL_OF_SOURCE.get(ticket.values.get("source_type", "") if ticket else "", MAIL)
            contact_id = conversations.contact_of(self, ticket.id) if ticket else None
            thread = self.new_thread(
                ticket.id if ticket else None, channel_id=channel, contact_id=contact_id, at_ms=self._at_ms(at)
            )
            return str(thread.id)

    def threads_of(self, ticket_id: Id) -> list[str]:
        """The ids of a ticket's threads that are not archived, ascending."""
        with self.current():
            return [str(thread.id) for thread in conversations.threads_of(self, self.record(TICKETS, ticket_id).id)]

    def write_message(
        self,
        thread_id: Id,
        actor_id: str = "",
        text: str = "",
        *,
        at: datetime | None = None,
        client: str = "",
        **more: object,
    ) -> str:
        """A message of an actor, or of the thread's customer (""), as of `at`; answers its id.

        Customers (`V-`, `E-`) write in, everybody else out. `client` is HUBSPOT for people, INTEGRATION for `I-`, else
        SYSTEM, unless told; `more` are fields of `Message`, such as `app_id`, `subject` or `status`.
        """
        with self.current():
            thread = self._thread(thread_id)
            author = self.party(actor_id) if actor_id else conversations.customer_of(self, thread.contact_id)
            incoming, client = author.actor.startswith(CUSTOMERS), client or client_of(author.actor)
            message = self.message(
                thread, author, at_ms=self._at_ms(at), incoming=incoming, client=client, text=text, **more
            )
            return thread.message_id(self.add_to_thread(thread, [message]).number)

    def delete_message(self, thread_id: Id, message_id: str) -> None:
        """Somebody takes a message back: it is shown as archived, and nothing else moves."""
        with self.current():
            thread = self.stored(self._thread(thread_id))
            number = thread.number_of(message_id)
            message = None if number is None else self.conversations.message(thread.id, number)
            if message is None:
                raise refusals.no_such_record()
            self.conversations.change(thread.id, replace(message, archived=True))

    def move_thread(self, thread_id: Id, ticket_id: Id) -> None:
        """Somebody associates a thread with another ticket than it was of."""
        with self.current():
            ticket = self.record(TICKETS, ticket_id)
            self.conversations.put(replace(self.stored(self._thread(thread_id)), ticket_id=ticket.id))

    def write_comment(self, thread_id: Id, actor_id: str, text: str = "", *, at: datetime | None = None) -> str:
        """A comment that only colleagues see; answers its id."""
        with self.current():
            thread, author = self._thread(thread_id), self.party(actor_id)
            comment = Message(0, self._at_ms(at), COMMENT, author, client=client_of(actor_id), text=text)
            return thread.message_id(self.add_to_thread(thread, [comment]).number)

    def add_entries(self, thread_id: Id, entries: Iterable[Message], *, at: datetime | None = None) -> None:
        """Entries of any type, oldest first, each at its own time or all of them as of `at`."""
        with self.current():
            moved = entries if at is None else [replace(entry, at_ms=to_ms(at)) for entry in entries]
            self.add_to_thread(self._thread(thread_id), moved)

    def assign_thread(self, thread_id: Id, actor_id: str, *, by: str = HUBSPOT, at: datetime | None = None) -> None:
        """Give a thread to an actor, or to nobody (""). The owner of the ticket stays who it is."""
        with self.current():
            self.assign(self._thread(thread_id), actor_id, by=by, at_ms=self._at_ms(at))

    def set_thread_status(self, thread_id: Id, status: str, *, by: str = HUBSPOT, at: datetime | None = None) -> None:
        """Close a thread (CLOSED) or open it again (OPEN)."""
        with self.current():
            self.set_status(self._thread(thread_id), status_of(status), by=by, at_ms=self._at_ms(at))

    def archive_thread(self, thread_id: Id, *, at: datetime | None = None) -> None:
        """Move a thread into the bin."""
        with self.current():
            self.archive_conversation(self._thread(thread_id), self._at_ms(at))

    def escalate(self, ticket_id: Id, *, at: datetime | None = None) -> None:
        """The AI agent hands a ticket over to people."""
        with self.current():
            at_ms, ticket = self._at_ms(at), self.record(TICKETS, ticket_id)
            self.table(TICKETS).write(ticket, ticket_effects.escalated(at_ms), modified_ms=at_ms)

    def add_actor(self, actor_id: str, actor_type: str, name: str) -> None:
        """Somebody else who writes: BOT, LLM (the AI agent), INTEGRATOR or SYSTEM, under an id of any prefix."""
        with self.lock:
            self.conversations.actors[actor_id] = Actor(actor_id, actor_type, name)

    def _thread(self, thread_id: Id) -> Thread:
        """Raises `Refused` 404."""
        thread = conversations.thread_by_id(self, int(thread_id))
        if thread is None:
            raise refusals.no_such_record()
        return thread

    def _at_ms(self, at: datetime | None) -> int:
        return self.clock.now_ms() if at is None else to_ms(at)
