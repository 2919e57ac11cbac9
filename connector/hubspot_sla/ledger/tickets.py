"""One row a ticket: how it looked last, what HubSpot holds of ours, and when it must be judged again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class TicketRow:
    """`inputs` are the mapped properties and `held` ours, as last seen in HubSpot; `next_at` is when its verdicts
    can next change by themselves; `open` whether they can change at all; `gone` is `archived` or `merged` for a ticket
    that HubSpot no longer shows, None for one that it does."""

    id: str
    fingerprint: str
    updated_at: int
    companies: tuple[tuple[str, bool], ...] | None
    held: Mapping[str, str | None]
    inputs: Mapping[str, str | None]
    open: bool
    next_at: int | None
    gone: str | None = None


ARCHIVED, MERGED = "archived", "merged"
AT_ONCE = 0
"""A `next_at` that was not reached but set."""

_COLUMNS = "id, fingerprint, updated_at, companies, held, inputs, open, next_at, gone"


def save(db: sqlite3.Connection, rows: Iterable[TicketRow]) -> None:
    db.executemany(f"insert or replace into tickets ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?)", map(_bound, rows))


def load(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, TicketRow]:
    """The rows of those that are known."""
    found: dict[str, TicketRow] = {}
    for ids in chunks(ticket_ids):
        for row in db.execute(f"select {_COLUMNS} from tickets where id in ({marks(ids)})", ids):
            found[row["id"]] = _read(row)
    return found


def due(db: sqlite3.Connection, now: int) -> list[str]:
    """Tickets whose verdicts may have changed by themselves, the longest due first."""
    query = "select id from tickets where next_at > ? and next_at <= ? order by next_at"
    return [row["id"] for row in db.execute(query, (AT_ONCE, now))]


def outdated(db: sqlite3.Connection) -> list[str]:
    """Tickets to be judged again because the promises have changed, not because time has passed."""
    return [row["id"] for row in db.execute("select id from tickets where next_at = ?", (AT_ONCE,))]


def all_open(db: sqlite3.Connection) -> list[str]:
    return [row["id"] for row in db.execute("select id from tickets where open = 1")]


def open_page(db: sqlite3.Connection, after: str, limit: int) -> list[str]:
    """Ids of open tickets past `after`, in their order: all of them, a page at a time, without holding them all."""
    query = "select id from tickets where open = 1 and id > ? order by id limit ?"
    return [row["id"] for row in db.execute(query, (after, limit))]


def next_deadline(db: sqlite3.Connection) -> int | None:
    """The earliest instant at which time alone changes the verdicts of any ticket."""
    at: int | None = db.execute("select min(next_at) from tickets where next_at > ?", (AT_ONCE,)).fetchone()[0]
    return at


def judge_all_open(db: sqlite3.Connection) -> None:
    """Have every open ticket judged again: the promises have changed."""
    db.execute("update tickets set next_at = ? where open = 1", (AT_ONCE,))


def written(db: sqlite3.Connection, updates: Mapping[str, tuple[int, Mapping[str, str]]]) -> None:
    """HubSpot confirmed a write, ticket id to (updated at, properties): what it holds now, and the echo to expect."""
    known = load(db, updates)
    rows = [
        (orjson.dumps({**known[ticket_id].held, **properties}).decode(), updated_at, ticket_id)
        for ticket_id, (updated_at, properties) in updates.items()
        if ticket_id in known
    ]
    db.executemany("update tickets set held = ?, updated_at = ? where id = ?", rows)


def forget_held(db: sqlite3.Connection) -> None:
    """HubSpot holds nothing of ours any more."""
    db.execute("update tickets set held = '{}'")


def count(db: sqlite3.Connection) -> tuple[int, int]:
    """All tickets, and the open ones."""
    total: int = db.execute("select count(*) from tickets").fetchone()[0]
    still_open: int = db.execute("select count(*) from tickets where open = 1").fetchone()[0]
    return total, still_open


def _bound(row: TicketRow) -> Sequence[object]:
    companies = None if row.companies is None else orjson.dumps(row.companies).decode()
    held, inputs = (
        orjson.dumps({name: value for name, value in told.items() if value}).decode() for told in (row.held, row.inputs)
    )
    return row.id, row.fingerprint, row.updated_at, companies, held, inputs, int(row.open), row.next_at, row.gone


def _read(row: sqlite3.Row) -> TicketRow:
    companies = row["companies"]
    return TicketRow(
        row["id"],
        row["fingerprint"],
        row["updated_at"],
        None if companies is None else tuple((str(key), bool(primary)) for key, primary in orjson.loads(companies)),
        orjson.loads(row["held"]),
        orjson.loads(row["inputs"]),
        bool(row["open"]),
        row["next_at"],
        row["gone"],
    )
