"""What people did to the properties that are ours: the last edit of each, and whether it stands."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


_COLUMNS = "object_type, record_id, name, theirs, ours, seen_at, respected"


@dataclass(frozen=True, slots=True)
class Edit:
    """Somebody put `theirs` where we wanted `ours`; "" is empty. While it is `respected`, and we want nothing else
    than then, it stays."""

    record: RecordRef
    name: str
    theirs: str
    ours: str
    seen_at: int
    respected: bool


def save(db: sqlite3.Connection, edits: Iterable[Edit]) -> None:
    db.executemany(
        f"insert or replace into edits ({_COLUMNS}) values (?,?,?,?,?,?,?)",
        [(*edit.record, edit.name, edit.theirs, edit.ours, edit.seen_at, int(edit.respected)) for edit in edits],
    )


def standing(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, dict[str, Edit]]:
    """The edits that are respected, by record id and property."""
    edits_by_record: dict[str, dict[str, Edit]] = defaultdict(dict)
    for ids in chunks(record_ids):
        query = f"select * from edits where respected = 1 and object_type = ? and record_id in ({marks(ids)})"
        for row in db.execute(query, (object_type, *ids)):
            edits_by_record[row["record_id"]][row["name"]] = _read(row)
    return edits_by_record


def settle(db: sqlite3.Connection, edits: Iterable[Edit]) -> None:
    """They stand no longer: we want something else by now, or whoever made them took them back."""
    db.executemany(
        "update edits set respected = 0 where object_type = ? and record_id = ? and name = ?",
        [(*edit.record, edit.name) for edit in edits],
    )


def settle_all(db: sqlite3.Connection) -> None:
    """None of them stands any longer: what they were made to is gone."""
    db.execute("update edits set respected = 0 where respected = 1")


def every(db: sqlite3.Connection, *, respected_only: bool = False) -> list[Edit]:
    """The last edit of each property of each record, newest first."""
    where = "where respected = 1" if respected_only else ""
    order = "order by seen_at desc, object_type, record_id, name"
    return [_read(row) for row in db.execute(f"select * from edits {where} {order}")]


def _read(row: sqlite3.Row) -> Edit:
    record = RecordRef(row["object_type"], row["record_id"])
    return Edit(record, row["name"], row["theirs"], row["ours"], row["seen_at"], bool(row["respected"]))
