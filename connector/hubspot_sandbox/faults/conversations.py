"""What goes wrong with conversations: entries that come late, in no order or in part, and what colleagues do to them.

Without `route` those that change answers strike conversations only, whatever else is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar
from zlib import crc32

from pydantic import Field
from starlette.datastructures import QueryParams

from hubspot_sandbox import conversations, refusals
from hubspot_sandbox.conversation_model import AGENT, HUBSPOT
from hubspot_sandbox.faults.admin_actions import Act
from hubspot_sandbox.faults.outcome import Outcome, Refusing, StruckRequest
from hubspot_sandbox.faults.rows import mapping, results, with_results
from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.portal_conversations import client_of

if TYPE_CHECKING:
    from hubspot_sandbox.conversation_model import Thread
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer, Json
    from hubspot_sandbox.refusals import Refused
    from hubspot_sandbox.routes.call import Call

_MS_PER_S = 1000
_KINDS = ("conversations", "conversation_writes")
_LONGEST_LIST = 100_000


class OfConversations(Outcome):
    """Leaves requests for anything else alone."""

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        return self.answer(struck, call, handler) if struck.kind in _KINDS else handler(call)

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        """The answer to a request for conversations."""
        return handler(call)


class MessageLag(OfConversations):
    """An entry of a thread shows only `lag_s` after its `createdAt`, up to `jitter_s` later for some.

    Its thread's `latestMessageTimestamp` is as late; the properties of the ticket are not.
    """

    fault: ClassVar[str] = "message_lag"
    lag_s: float = Field(default=60, ge=0)
    jitter_s: float = Field(default=0, ge=0)

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        def delay_ms(message_id: str) -> float:
            chance = crc32(f"{struck.seed}:{message_id}".encode()) / 2**32
            return (self.lag_s + chance * self.jitter_s) * _MS_PER_S

        with call.portal.conversations.delayed(delay_ms):
            return handler(call)


class PagesOutOfOrder(OfConversations):
    """Threads and entries of threads come in no order, across all their pages: the first page may hold the oldest."""

    fault: ClassVar[str] = "pages_out_of_order"

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if struck.method != "GET" or not call.url.path.endswith(("/threads", "/messages")):
            return handler(call)
        answer = handler(_asking(call, after=None))
        rows, following = list(results(answer)), _following(answer)
        while following is not None and len(rows) < _LONGEST_LIST:
            page = handler(_asking(call, after=following))
            rows, following = rows + list(results(page)), _following(page)
        rows.sort(key=lambda row: crc32(f"{struck.seed}:{row['id']}".encode()))
        return _page_of(call, answer, rows)


class IgnoredQuery(OfConversations):
    """The parameters of `names` in a query change nothing, as if the portal did not know them."""

    fault: ClassVar[str] = "ignored_query"
    names: tuple[str, ...] = Field(default=("latestMessageTimestampAfter", "sort"), min_length=1)

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        rest = [(name, value) for name, value in call.query.multi_items() if name not in self.names]
        return handler(replace(call, query=QueryParams(rest)))


class MissingFields(OfConversations):
    """Entries and threads are answered without `fields`, each with the chance `share`; those of `types`, if given."""

    fault: ClassVar[str] = "missing_fields"
    fields: tuple[str, ...] = Field(default=("createdAt",), min_length=1)
    types: tuple[str, ...] = ()
    share: float = Field(default=1, ge=0, le=1)

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        answer = handler(call)
        for row in [mapping(answer), *results(answer)]:
            if "id" in row and (not self.types or row.get("type") in self.types) and self._falls(struck, row):
                for name in self.fields:
                    row.pop(name, None)
        return answer

    def _falls(self, struck: StruckRequest, row: Json) -> bool:
        """Always the same for one row."""
        return crc32(f"{struck.seed}:{row['id']}".encode()) / 2**32 < self.share


class UnknownActors(OfConversations):
    """HubSpot does not know the actors of `ids`, patterns of actor ids: a batch leaves them out with an error."""

    fault: ClassVar[str] = "unknown_actors"
    ids: tuple[str, ...] = Field(default=("B-*",), min_length=1)

    def answer(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        with call.portal.conversations.without_actors(lambda actor_id: any(fnmatchcase(actor_id, p) for p in self.ids)):
            return handler(call)


class PlanWithout(Refusing):
    """403: the account's plan does not have what is asked for. HubSpot's exact words for it are not established."""

    fault: ClassVar[str] = "plan_without"

    def refusal(self, struck: StruckRequest) -> Refused:
        return refusals.plan_without(struck.portal.account.portal_id)


class ArchiveThreads(Act):
    """Somebody moves the threads of `ids` into the bin, or all threads of the `ticket`."""

    fault: ClassVar[str] = "archive_threads"
    ids: tuple[str, ...] = ()
    ticket: str = ""

    def happen(self, struck: StruckRequest) -> None:
        portal = struck.portal
        own = conversations.threads_of(portal, int(self.ticket)) if self.ticket.isdecimal() else []
        named = (conversations.thread_by_id(portal, int(each)) for each in self.ids if each.isdecimal())
        for thread in (*own, *(each for each in named if each is not None)):
            portal.archive_conversation(thread, portal.clock.now_ms())


class EmptyThread(Act):
    """Somebody starts a thread on the `ticket` and writes nothing."""

    fault: ClassVar[str] = "empty_thread"
    ticket: str

    def happen(self, struck: StruckRequest) -> None:
        _new_thread(struck, self.ticket)


class ManyMessages(Act):
    """`count` messages, one every `every_s`, fill a new thread of the `ticket`, the last one now.

    Customer and agent write in turns; with `by` one actor writes all of them.
    """

    fault: ClassVar[str] = "many_messages"
    ticket: str
    count: int = Field(default=10_000, ge=1, le=_LONGEST_LIST)
    every_s: float = Field(default=1, gt=0)
    by: str = ""

    def happen(self, struck: StruckRequest) -> None:
        portal, thread = struck.portal, _new_thread(struck, self.ticket)
        agent = next((f"{AGENT}{owner.user_id}" for owner in portal.owners.values()), HUBSPOT)
        customer = conversations.customer_of(portal, thread.contact_id)
        agent_or_by, last_ms = portal.party(self.by or agent), portal.clock.now_ms()
        messages = []
        for number in range(self.count):
            incoming = not self.by and number % 2 == 0
            author = customer if incoming else agent_or_by
            at_ms = last_ms - int((self.count - 1 - number) * self.every_s * _MS_PER_S)
            client = client_of(author.actor)
            messages.append(portal.message(thread, author, at_ms=at_ms, incoming=incoming, client=client))
        portal.add_to_thread(thread, messages)


def _new_thread(struck: StruckRequest, ticket_id: str) -> Thread:
    """Raises `Refused` 404 for a ticket that is not there."""
    portal, ticket = struck.portal, struck.portal.record(TICKETS, ticket_id)
    contact_id = conversations.contact_of(portal, ticket.id)
    return portal.new_thread(ticket.id, channel_id="1000", contact_id=contact_id, at_ms=portal.clock.now_ms())


def _asking(call: Call, *, after: str | None) -> Call:
    rest = [(name, value) for name, value in call.query.multi_items() if name not in ("after", "limit")]
    return replace(call, query=QueryParams([*rest, ("limit", "500"), *([("after", after)] if after else [])]))


def _following(answer: Answer) -> str | None:
    paging = mapping(answer).get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return str(following["after"]) if isinstance(following, dict) else None


def _page_of(call: Call, answer: Answer, rows: list[Json]) -> Answer:
    """The page that was asked for; here `after` is the place in the list."""
    after, limit = call.query.get("after", ""), call.query.get("limit", "")
    start, most = int(after) if after.isdecimal() else 0, int(limit) if limit.isdecimal() else 100
    body = mapping(with_results(answer, rows[start : start + most]))
    body.pop("paging", None)
    if start + most < len(rows):
        link = str(call.url.include_query_params(after=str(start + most)))
        body["paging"] = {"next": {"after": str(start + most), "link": link}}
    return replace(answer, body=body)
