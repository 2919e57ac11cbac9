"""What is known of the contacts of each record: the history of the properties that tiers and conditions look at."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger import value_history
from hubspot_sla.ledger.companies import merged_history
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.ledger.value_history import History, Numbered


@dataclass(frozen=True, slots=True)
class ContactRow:
    """`history` is property name to (since ms, value), oldest first."""

    id: str
    history: History


def save(db: sqlite3.Connection, object_type: str, contacts: Mapping[str, Sequence[ContactRow]], entry: int) -> None:
    """Record id to its contacts as they are now. What was seen of their values before stays, also of those that are no
    contacts of the record any more. `entry` is the number of the first audit entry that may cover the news."""
    known = numbered(db, object_type, contacts)
    db.executemany(
        "update contacts set linked = 0 where object_type = ? and record_id = ?",
        [(object_type, record_id) for record_id in contacts],
    )
    rows = [(record_id, row, known[record_id].get(row.id, {})) for record_id in contacts for row in contacts[record_id]]
    db.executemany(
        "insert or replace into contacts (object_type, record_id, contact_id, history, linked) values (?,?,?,?,1)",
        [
            (object_type, record_id, row.id, value_history.packed(value_history.extended(before, row.history, entry)))
            for record_id, row, before in rows
        ],
    )


def load(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], until: int | None = None
) -> defaultdict[str, list[ContactRow]]:
    """The contacts of each of these records, by record id; with what audit entries covered up to number `until`, where
    that is said."""
    return _read(db, object_type, record_ids, "and linked = 1", until)


def ever_linked(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]
) -> defaultdict[str, list[ContactRow]]:
    """The same with those that are contacts no more."""
    return _read(db, object_type, record_ids, "", None)


def with_news(db: sqlite3.Connection, object_type: str, contacts: Mapping[str, Sequence[ContactRow]]) -> list[str]:
    """The ids of the records of whose contacts a value was seen that is not known yet."""
    known = numbered(db, object_type, contacts)
    return [
        record_id
        for record_id, of_record in contacts.items()
        if any(value_history.has_news(known[record_id].get(row.id, {}), row.history) for row in of_record)
    ]


def numbered(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]
) -> defaultdict[str, dict[str, Numbered]]:
    """Record id to contact id to history, each value with the number of the entry that covers it; of all contacts that
    these records ever had."""
    histories: defaultdict[str, dict[str, Numbered]] = defaultdict(dict)
    for row in _rows(db, object_type, record_ids, ""):
        histories[row["record_id"]][row["contact_id"]] = value_history.read(row["history"])
    return histories


def _read(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], which: str, until: int | None
) -> defaultdict[str, list[ContactRow]]:
    contacts_by_record: defaultdict[str, list[ContactRow]] = defaultdict(list)
    for row in _rows(db, object_type, record_ids, which):
        history = value_history.plain(value_history.read(row["history"]), until)
        contacts_by_record[row["record_id"]].append(ContactRow(row["contact_id"], history))
    return contacts_by_record


def _rows(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], which: str) -> Iterator[sqlite3.Row]:
    for ids in chunks(record_ids):
        query = (
            "select record_id, contact_id, history from contacts"
            f" where object_type = ? and record_id in ({marks(ids)}) {which} order by record_id, contact_id"
        )
        yield from db.execute(query, (object_type, *ids))


def merged(rows: Sequence[ContactRow], known: Sequence[ContactRow]) -> list[ContactRow]:
    """`rows` with what is known of them besides: what `save` followed by `load` would give."""
    before = {row.id: row.history for row in known}
    return sorted(
        (ContactRow(row.id, merged_history(row.history, before.get(row.id, {}))) for row in rows),
        key=lambda row: row.id,
    )
