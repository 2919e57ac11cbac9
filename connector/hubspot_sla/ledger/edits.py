"""What people did to the properties that are ours: the last edit of each, and whether it stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Edit:
    """Somebody put `theirs` where we wanted `ours`; "" is empty. While it is `respected`, and we want nothing else
    than then, it stays."""

    ticket_id: str
    name: str
    theirs: str
    ours: str
    seen_at: int
    respected: bool


def save(db: sqlite3.Connection, edits: Iterable[Edit]) -> None:
    db.executemany(
        "insert or replace into edits (ticket_id, name, theirs, ours, seen_at, respected) values (?,?,?,?,?,?)",
        [(one.ticket_id, one.name, one.theirs, one.ours, one.seen_at, int(one.respected)) for one in edits],
    )


def standing(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, dict[str, Edit]]:
    """The edits that are respected, by ticket and property."""
    found: dict[str, dict[str, Edit]] = defaultdict(dict)
    for ids in chunks(ticket_ids):
        for row in db.execute(f"select * from edits where respected = 1 and ticket_id in ({marks(ids)})", ids):
            found[row["ticket_id"]][row["name"]] = _read(row)
    return found


def settle(db: sqlite3.Connection, edits: Iterable[Edit]) -> None:
    """They stand no longer: we want something else by now, or whoever made them took them back."""
    db.executemany(
        "update edits set respected = 0 where ticket_id = ? and name = ?", [(one.ticket_id, one.name) for one in edits]
    )


def settle_all(db: sqlite3.Connection) -> None:
    """None of them stands any longer: what they were made to is gone."""
    db.execute("update edits set respected = 0 where respected = 1")


def every(db: sqlite3.Connection, *, respected_only: bool = False) -> list[Edit]:
    """The last edit of each property of each ticket, newest first."""
    where = "where respected = 1" if respected_only else ""
    return [_read(row) for row in db.execute(f"select * from edits {where} order by seen_at desc, ticket_id, name")]


def _read(row: sqlite3.Row) -> Edit:
    return Edit(row["ticket_id"], row["name"], row["theirs"], row["ours"], row["seen_at"], bool(row["respected"]))
