"""Which threads have new messages: one list for the whole portal, or, where that does not help, ticket by ticket.

The list costs one call for each 500 threads with a message after the instant of the last one. A portal that ignores
that instant answers with threads that are older: that is noticed, and its tickets are asked for one by one from then
on. What a listed thread says of other tickets is kept for the end of the run.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import RequestRejected
from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from hubspot_sla.hubspot.conversations import Thread
    from hubspot_sla.hubspot.portal_conversations import Conversations

THREADS_CURSOR: Final = "threads_cursor"
"""Every thread with a message up to this instant (epoch ms) has been listed."""
FILTER_IGNORED: Final = "threads_filter_ignored"
"""Since when (epoch ms) the portal is known to list threads that are older than was asked for."""
ASK_AGAIN_MS: Final = 24 * 60 * 60_000
OVERLAP_MS: Final = 2 * 60_000
"""How far a list reaches back behind the cursor: threads show late what was written."""
LAG_MS: Final = 10 * 60_000
"""A thread that shows a message later than this is left to the sweep."""
BAD_REQUEST: Final = 400
PAGES: Final = 20
"""A list that goes on for longer says less than asking for each ticket would."""


@dataclass(slots=True)
class ThreadListing:
    """Of one run. `since` is the instant from which the list is whole, None before it was asked for and where there is
    none to be had; `by_ticket` what it says."""

    db: sqlite3.Connection
    conversations: Conversations
    object_type: str
    since: int | None = None
    newest: int = 0
    by_ticket: defaultdict[str, dict[str, Thread]] = field(default_factory=lambda: defaultdict(dict))
    ignored_at: int | None = None
    """When it was noticed that the portal ignores the instant; None: it does not, or that was known before."""

    def usually_since(self, instant: int) -> int:
        """From where a list begins that is to show what happened at `instant`: where the last one ended, if that is
        earlier."""
        cursor = state.read_instant(self.db, THREADS_CURSOR)
        return instant if cursor is None else min(instant, cursor - OVERLAP_MS)

    def reach_back_to(self, since: int, now: int, most_pages: int = PAGES) -> None:
        """Have the list of all threads with a message after `since`, unless it is longer than so many pages."""
        if self._is_useless(now) or self.covers(since):
            return
        if self._list(since, now, most_pages):
            self.since = since
            self.newest = max(self.newest, now - LAG_MS)

    def covers(self, instant: int) -> bool:
        """Whether a thread with any message after this instant is in the list."""
        return self.since is not None and self.since <= instant

    def threads_of(self, ticket_id: str) -> Mapping[str, Thread]:
        """The listed threads of one ticket, by id."""
        return self.by_ticket.get(ticket_id, {})

    def notes(self) -> dict[str, str | None]:
        """What is to be noted once everything listed has been dealt with."""
        notes: dict[str, str | None] = {}
        if self.since is not None:
            cursor = state.read_instant(self.db, THREADS_CURSOR) or 0
            notes[THREADS_CURSOR] = str(max(cursor, self.newest, self.since))
            notes[FILTER_IGNORED] = None
        if self.ignored_at is not None:
            notes[FILTER_IGNORED] = str(self.ignored_at)
        return notes

    def _is_useless(self, now: int) -> bool:
        known = state.read_instant(self.db, FILTER_IGNORED)
        return self.ignored_at is not None or (known is not None and now - known < ASK_AGAIN_MS)

    def _list(self, since: int, now: int, most_pages: int) -> bool:
        """Whether the list came to its end."""
        after: str | None = None
        for _ in range(most_pages):
            try:
                page = self.conversations.threads_since(since, after)
            except RequestRejected as rejected:  # HubSpot sorts by an instant only where it goes by one
                if rejected.status != BAD_REQUEST:
                    raise
                self.ignored_at = now
                return False
            if any(thread.latest_at is None or thread.latest_at <= since for thread in page.threads):
                self.ignored_at = now
                return False
            self._take(page.threads)
            after = page.after
            if not after:
                return True
        return False

    def _take(self, threads: Iterable[Thread]) -> None:
        for thread in threads:
            if thread.ticket_id:
                self.by_ticket[thread.ticket_id][thread.id] = thread
            self.newest = max(self.newest, thread.latest_at or 0)
