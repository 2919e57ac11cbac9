"""Every property value ever seen on a ticket, with the instant it speaks of. Nothing here is ever deleted:
HubSpot may truncate a history, the ledger does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Fact:
    """`name` held `value` from `at` (epoch ms) on, says `source`."""

    name: str
    at: int
    value: str | None
    source: str


def remember(db: sqlite3.Connection, facts: Mapping[str, Sequence[Fact]]) -> None:
    """Keep what is new, ticket id to facts (oldest first); what is known already stays as it was seen first."""
    rows = (
        (ticket_id, fact.name, fact.at, nth, fact.value, fact.source)
        for ticket_id, seen in facts.items()
        for fact, nth in _numbered(seen)
    )
    db.executemany("insert or ignore into facts (ticket_id, name, at, nth, value, source) values (?,?,?,?,?,?)", rows)


def recall(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, list[Fact]]:
    """All facts of these tickets, oldest first within each name."""
    found: dict[str, list[Fact]] = defaultdict(list)
    for ids in chunks(ticket_ids):
        query = (
            "select ticket_id, name, at, value, source from facts"
            f" where ticket_id in ({marks(ids)}) order by ticket_id, name, at, nth"
        )
        for row in db.execute(query, ids):
            found[row["ticket_id"]].append(Fact(row["name"], row["at"], row["value"], row["source"]))
    return found


def merge(known: Sequence[Fact], seen: Sequence[Fact]) -> list[Fact]:
    """What `remember` followed by `recall` would give, without a ledger: for deciding before anything is written."""
    kept = {(fact.name, fact.at, nth): fact for fact, nth in _numbered(seen)}
    kept.update({(fact.name, fact.at, nth): fact for fact, nth in _numbered(known)})
    return [kept[key] for key in sorted(kept)]


def _numbered(facts: Sequence[Fact]) -> Iterator[tuple[Fact, int]]:
    """Each fact with its rank among those of the same name and instant."""
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for fact in facts:
        yield fact, counts[fact.name, fact.at]
        counts[fact.name, fact.at] += 1
