"""What HubSpot has to say: pages of tickets, with histories and companies for those that need them, nothing more.

The first look at a portal, and every backfill, is a walk (`walk.py`). After that a poll asks for what changed. A page
is never lost and may come twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sla.flows.observe import fingerprint, held_of
from hubspot_sla.ledger import notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.observe import Vocabulary
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.records import BadRow
    from hubspot_sla.hubspot.tickets import Ticket
    from hubspot_sla.ledger.tickets import TicketRow

OVERLAP_MS = 2 * 60_000
"""How far each poll reaches back behind the cursor: the search index lags by seconds to minutes."""
LAST_MODIFIED = "hs_lastmodifieddate"


@dataclass(frozen=True, slots=True)
class Look:
    """One page. `whole` rows carry their histories and companies; `after` is what to note once it is recorded."""

    rows: Sequence[Ticket]
    whole: bool
    bad: Sequence[BadRow] = ()
    after: Mapping[str, str | None] = field(default_factory=dict)


def poll(portal: Portal, words: Vocabulary, cursor: int, now: Callable[[], int]) -> Iterator[Look]:
    """What changed since the cursor, with an overlap; its end moves the cursor to its own beginning."""
    keys = (LAST_MODIFIED, *words.messages)
    started_at = None
    for page in portal.tickets.changed(cursor - OVERLAP_MS, keys, words.requested):
        started_at = now() if started_at is None else started_at
        yield Look(page.rows, whole=False, bad=page.bad)
    reached = now() if started_at is None else started_at
    yield Look((), whole=False, after={notes.CURSOR: str(max(cursor, reached))})


@dataclass(frozen=True, slots=True)
class Sorted:
    """A page held against the ledger.

    `stale` rows have new inputs; of `touched` ones only our own properties differ from what we believe HubSpot
    holds; `bumped` ones differ in nothing that counts. Everything else is an echo, or old news.
    """

    stale: list[Ticket] = field(default_factory=list)
    touched: list[Ticket] = field(default_factory=list)
    bumped: list[Ticket] = field(default_factory=list)


def sort(look: Look, known: Mapping[str, TicketRow], words: Vocabulary) -> Sorted:
    """Tell news from echoes without a further call."""
    found = Sorted()
    for row in look.rows:
        before = known.get(row.id)
        if look.whole or before is None or before.fingerprint != fingerprint(row.properties, words):
            found.stale.append(row)
        elif _told(held_of(row.properties, words)) != _told(before.held):
            # An index that lags still shows what we overwrote; what is older than our own write is no edit.
            if row.updated_at_ms >= before.updated_at:
                found.touched.append(row)
        elif row.updated_at_ms > before.updated_at:
            found.bumped.append(row)
    return found


def _told(held: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in held.items() if value}
