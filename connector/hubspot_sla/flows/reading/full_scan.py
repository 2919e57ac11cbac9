"""A walk through all records of one type, which may be interrupted at any page and goes on from there.

The first look at a portal, and every backfill, uses the list endpoint: it is consistent, has no cap, and brings
histories and companies along. The list is read at several places at once; how far each has come is noted with the
page that got it there, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.flows.reading.incremental import WAITING, RecordPage
from hubspot_sla.hubspot.list_range import UnreadRange
from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.flows.records.hubspot_facts import Vocabulary
    from hubspot_sla.hubspot.portal import Portal


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through all records of one type, unfinished while it stands in the ledger. `left` is still to be read."""

    started_at: int
    left: Sequence[UnreadRange]
    backfill: bool

    def noted(self) -> str:
        spans = [[span.after, span.start, span.end] for span in self.left]
        return orjson.dumps([self.started_at, spans, self.backfill]).decode()


def unfinished(db: sqlite3.Connection, object_type: str) -> Walk | None:
    """The walk that a run before this one did not finish."""
    text = state.read(db, state.of(object_type, state.LISTING))
    if text is None:
        return None
    started_at, left, backfill = orjson.loads(text)
    # The first version walked in one line and noted the cursor alone.
    spans = [UnreadRange(*span) for span in left] if isinstance(left, list) else [UnreadRange(left)]
    return Walk(started_at, spans, backfill)


def walk(
    portal: Portal, words: Vocabulary, begun: Walk | None, now: Callable[[], int], *, backfill: bool
) -> Iterator[RecordPage]:
    """Every record there is, 50 a page. Its end sets the cursor to its start: what changed meanwhile comes by poll."""
    started_at = begun.started_at if begun else None
    cursor, listing = (state.of(words.object_type, key) for key in (state.CURSOR, state.LISTING))
    unread = begun.left if begun else (UnreadRange(),)
    for page, left in portal.of(words.object_type).walk(words.requested, words.histories, unread):
        if page.waiting:
            yield WAITING
            continue
        # Known only once HubSpot has answered: the time that counts is its own.
        started_at = now() if started_at is None else started_at
        after: dict[str, str | None] = {listing: None, cursor: str(started_at)}
        if left:
            after = {listing: Walk(started_at, left, backfill).noted()}
        yield RecordPage(page.rows, whole=True, bad=page.bad, after=after)
