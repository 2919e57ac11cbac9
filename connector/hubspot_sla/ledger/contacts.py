"""What is known of the contacts of each ticket: the history of the properties that tiers and conditions look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.companies import merged_history
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.ledger.companies import History


@dataclass(frozen=True, slots=True)
class ContactRow:
    """`history` is property name to (since ms, value), oldest first."""

    id: str
    history: History


def save(db: sqlite3.Connection, found: Mapping[str, Sequence[ContactRow]]) -> None:
    """Ticket id to its contacts as they are now. What was seen of their values before stays."""
    known = load(db, found)
    rows = [(ticket_id, row) for ticket_id, of_ticket in found.items() for row in merged(of_ticket, known[ticket_id])]
    db.executemany("delete from contacts where ticket_id = ?", [(ticket_id,) for ticket_id in found])
    db.executemany(
        "insert into contacts (ticket_id, id, history) values (?,?,?)",
        [(ticket_id, row.id, orjson.dumps(row.history).decode()) for ticket_id, row in rows],
    )


def load(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> defaultdict[str, list[ContactRow]]:
    """The contacts of each of these tickets."""
    found: defaultdict[str, list[ContactRow]] = defaultdict(list)
    for ids in chunks(ticket_ids):
        query = f"select ticket_id, id, history from contacts where ticket_id in ({marks(ids)}) order by ticket_id, id"
        for row in db.execute(query, ids):
            history = {name: [(at, value) for at, value in told] for name, told in orjson.loads(row["history"]).items()}
            found[row["ticket_id"]].append(ContactRow(row["id"], history))
    return found


def merged(rows: Sequence[ContactRow], known: Sequence[ContactRow]) -> list[ContactRow]:
    """`rows` with what is known of them besides: what `save` followed by `load` would give."""
    before = {row.id: row.history for row in known}
    return sorted(
        (ContactRow(row.id, merged_history(row.history, before.get(row.id, {}))) for row in rows),
        key=lambda row: row.id,
    )
