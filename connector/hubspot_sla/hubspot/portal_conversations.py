"""The conversations of a portal, read page by page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.hubspot import wire_time
from hubspot_sla.hubspot.batches import Halving, chunks
from hubspot_sla.hubspot.conversations import actor_of, read_entry, thread_of
from hubspot_sla.hubspot.json_fields import next_after, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.hubspot.conversations import Actor, Thread, ThreadEntry
    from hubspot_sla.hubspot.json_fields import Json
    from hubspot_sla.hubspot.transport import Transport

_ROOT: Final = "/conversations/v3/conversations"
THREAD_PAGE: Final = 500
MESSAGE_PAGE: Final = 100
ACTOR_BATCH: Final = 100
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """A page of threads; `after` leads to the next one."""

    threads: list[Thread]
    after: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of one thread, as HubSpot orders it: newest first."""

    entries: list[ThreadEntry]
    after: str | None


class Conversations:
    """Those of one portal. Needs the scope `conversations.read`. Every method raises the errors of
    `hubspot_sla.errors`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def threads_since(self, since_ms: int, after: str | None = None) -> ThreadPage:
        """A page of the portal's threads with a message after `since_ms`, each with its ticket."""
        query = [
            ("association", "TICKET"),
            ("latestMessageTimestampAfter", wire_time.to_wire(since_ms)),
            ("sort", "latestMessageTimestamp"),
        ]
        return self._threads(query, after)

    def threads_of(self, ticket_id: str) -> list[Thread]:
        """The threads of one ticket; usually one call."""
        threads: list[Thread] = []
        after: str | None = None
        while True:
            page = self._threads([("association", "TICKET"), ("associatedTicketId", ticket_id)], after)
            threads += page.threads
            after = page.after
            if not after:
                # A portal that ignores the filter answers with threads of others.
                return [each for each in threads if each.ticket_id in ("", ticket_id)]

    def entries(self, thread_id: str, after: str | None = None) -> EntryPage:
        """A page of one thread. NotFound and the like are raised as RejectedAnswer."""
        query: list[tuple[str, object]] = [("limit", MESSAGE_PAGE), *([("after", after)] if after else [])]
        body = self.transport.GET(f"{_ROOT}/threads/{thread_id}/messages", query_params=query).body
        return EntryPage([read_entry(row, thread_id) for row in objects(body, "results")], next_after(body))

    def actors(self, actor_ids: Iterable[str]) -> dict[str, Actor]:
        """By id; one that HubSpot does not know, or refuses, is absent. 100 a call."""
        found: dict[str, Actor] = {}
        for ids in chunks(actor_ids, ACTOR_BATCH):
            for actors in Halving(self._actors).read(ids).parts:
                found.update((actor.id, actor) for actor in actors)
        return found

    def _actors(self, ids: Sequence[str]) -> list[Actor]:
        body = self.transport.POST(f"{_ROOT}/actors/batch/read", body={"inputs": list(ids)}).body
        return list(_readable(actor_of, objects(body, "results")))

    def _threads(self, query: list[tuple[str, str]], after: str | None) -> ThreadPage:
        paged: list[tuple[str, object]] = [*query, ("limit", THREAD_PAGE), *([("after", after)] if after else [])]
        body = self.transport.GET(f"{_ROOT}/threads", query_params=paged).body
        return ThreadPage(list(_readable(thread_of, objects(body, "results"))), next_after(body))


def _readable(parse: Callable[[Json], Parsed], rows: Iterable[Json]) -> Iterator[Parsed]:
    """Without those that have no id: nothing can be asked about them."""
    for row in rows:
        with suppress(ValueError):
            yield parse(row)
