"""What is known of the contacts of each record: the history of the properties that tiers and conditions look at."""

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


def save(db: sqlite3.Connection, object_type: str, contacts: Mapping[str, Sequence[ContactRow]]) -> None:
    """Record id to its contacts as they are now. What was seen of their values before stays."""
    known = load(db, object_type, contacts)
    rows = [
        (record_id, row) for record_id, of_record in contacts.items() for row in merged(of_record, known[record_id])
    ]
    db.executemany(
        "delete from contacts where object_type = ? and record_id = ?",
        [(object_type, record_id) for record_id in contacts],
    )
    db.executemany(
        "insert into contacts (object_type, record_id, contact_id, history) values (?,?,?,?)",
        [(object_type, record_id, row.id, orjson.dumps(row.history).decode()) for record_id, row in rows],
    )


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> defaultdict[str, list[ContactRow]]:
    """The contacts of each of these records, by record id."""
    contacts_by_record: defaultdict[str, list[ContactRow]] = defaultdict(list)
    for ids in chunks(record_ids):
        query = (
            "select record_id, contact_id, history from contacts"
            f" where object_type = ? and record_id in ({marks(ids)}) order by record_id, contact_id"
        )
        for row in db.execute(query, (object_type, *ids)):
            stored = orjson.loads(row["history"])
            history = {name: [(at, value) for at, value in changes] for name, changes in stored.items()}
            contacts_by_record[row["record_id"]].append(ContactRow(row["contact_id"], history))
    return contacts_by_record


def merged(rows: Sequence[ContactRow], known: Sequence[ContactRow]) -> list[ContactRow]:
    """`rows` with what is known of them besides: what `save` followed by `load` would give."""
    before = {row.id: row.history for row in known}
    return sorted(
        (ContactRow(row.id, merged_history(row.history, before.get(row.id, {}))) for row in rows),
        key=lambda row: row.id,
    )
