"""One row a record: how it looked last, what HubSpot holds of ours, and when it must be judged again.

A page is of one object type, and so are the ids of one call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.packed_properties import packed, unpacked
from hubspot_sla.ledger.sql import by_object_type, chunks, marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class RecordRow:
    """`inputs` are the mapped properties and `written` ours, as last seen in HubSpot; `next_at` is when its verdicts
    can next change by themselves; `open` whether they can change at all; `gone` is `archived` or `merged` for a record
    that HubSpot no longer shows, None for one that it does; `merged_into` is the id of the record that it went into."""

    object_type: str
    id: str
    fingerprint: str
    updated_at: int
    companies: tuple[tuple[str, bool], ...] | None
    written: Mapping[str, str | None]
    inputs: Mapping[str, str | None]
    open: bool
    next_at: int | None
    gone: str | None = None
    merged_into: str | None = None

    @property
    def ref(self) -> RecordRef:
        return RecordRef(self.object_type, self.id)


ARCHIVED, MERGED = "archived", "merged"
AT_ONCE = 0
"""A `next_at` that was not reached but set."""

_COLUMNS = (
    "object_type, record_id, fingerprint, updated_at, companies, written, inputs, open, next_at, gone, merged_into"
)


def save(db: sqlite3.Connection, rows: Iterable[RecordRow]) -> None:
    db.executemany(f"insert or replace into records ({_COLUMNS}) values (?,?,?,?,?,?,?,?,?,?,?)", map(_bound, rows))


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, RecordRow]:
    """The rows of those that are known, by id."""
    rows: dict[str, RecordRow] = {}
    for ids in chunks(record_ids):
        query = f"select {_COLUMNS} from records where object_type = ? and record_id in ({marks(ids)})"
        for row in db.execute(query, (object_type, *ids)):
            rows[row["record_id"]] = _read(row)
    return rows


def closed(db: sqlite3.Connection, refs: Iterable[RecordRef]) -> set[RecordRef]:
    """Those of these records that are known and not open."""
    query = "select 1 from records where object_type = ? and record_id = ? and open = 0"
    return {ref for ref in dict.fromkeys(refs) if db.execute(query, ref).fetchone() is not None}


def absorbed(db: sqlite3.Connection) -> dict[RecordRef, list[str]]:
    """By survivor the ids of the records that went into it, also by way of another one."""
    query = "select object_type, record_id, merged_into from records where merged_into is not null"
    survivors = {RecordRef(row[0], row[1]): RecordRef(row[0], row[2]) for row in db.execute(query)}
    found: dict[RecordRef, list[str]] = {}
    for ref in survivors:
        passed = {ref}
        survivor = survivors[ref]
        while survivor in survivors and survivor not in passed:
            passed.add(survivor)
            survivor = survivors[survivor]
        found.setdefault(survivor, []).append(ref.record_id)
    return found


def due(db: sqlite3.Connection, now: int) -> dict[str, list[str]]:
    """Ids of the records whose verdicts may have changed by themselves, the longest due first; by object type."""
    query = "select object_type, record_id from records where next_at > ? and next_at <= ? order by next_at"
    return by_object_type(db.execute(query, (AT_ONCE, now)))


def waiting_before(db: sqlite3.Connection, until: int) -> list[RecordRef]:
    """Records that are to be judged again, or whose verdicts may have changed by themselves before `until` (epoch
    ms)."""
    query = "select object_type, record_id from records where next_at < ? order by object_type, record_id"
    return [RecordRef(row["object_type"], row["record_id"]) for row in db.execute(query, (until,))]


def survivors(db: sqlite3.Connection) -> set[RecordRef]:
    """Those that any record has gone into."""
    query = "select distinct object_type, merged_into from records where merged_into is not null"
    return {RecordRef(*row) for row in db.execute(query)}


def outdated(db: sqlite3.Connection, object_type: str) -> list[str]:
    """Records to be judged again because the promises have changed, not because time has passed."""
    query = "select record_id from records where next_at = ? and object_type = ?"
    return [row["record_id"] for row in db.execute(query, (AT_ONCE, object_type))]


def all_open(db: sqlite3.Connection, object_type: str) -> list[str]:
    query = "select record_id from records where open = 1 and object_type = ?"
    return [row["record_id"] for row in db.execute(query, (object_type,))]


def open_page(db: sqlite3.Connection, object_type: str, after: str, limit: int) -> list[str]:
    """Ids of open records past `after`, in their order: all of them, a page at a time, without holding them all."""
    query = (
        "select record_id from records where open = 1 and object_type = ? and record_id > ? order by record_id limit ?"
    )
    return [row["record_id"] for row in db.execute(query, (object_type, after, limit))]


def page_ends(db: sqlite3.Connection, object_type: str, size: int) -> list[str]:
    """The last id of each page of so many records, in the order of their ids; of a page that is not full none."""
    query = (
        "select record_id from (select record_id, row_number() over (order by record_id) as number from records"
        " where object_type = ?) where number % ? = 0 order by record_id"
    )
    return [row["record_id"] for row in db.execute(query, (object_type, size))]


def ids_between(db: sqlite3.Connection, object_type: str, after: str, until: str | None) -> list[str]:
    """Ids past `after` up to and with `until` (None: to the end), in their order."""
    query = "select record_id from records where object_type = ? and record_id > ?"
    bound = (object_type, after) if until is None else (object_type, after, until)
    rows = db.execute(f"{query}{'' if until is None else ' and record_id <= ?'} order by record_id", bound)
    return [row["record_id"] for row in rows]


def oldest_start(db: sqlite3.Connection) -> int | None:
    """When the first clock of any open record started (epoch ms); None where none has."""
    query = "select min(started_at) from records join outcomes using (object_type, record_id) where records.open = 1"
    oldest: int | None = db.execute(query).fetchone()[0]
    return oldest


def object_types(db: sqlite3.Connection) -> list[str]:
    """Those that there are records of, in their order."""
    return [row["object_type"] for row in db.execute("select distinct object_type from records order by object_type")]


def companies_of_open(db: sqlite3.Connection) -> dict[str, None]:
    """Ids of the companies behind open records, each once."""
    query = "select distinct companies from records where open = 1 and companies is not null"
    return {str(id_): None for row in db.execute(query) for id_, _ in orjson.loads(row["companies"])}


def next_deadline(db: sqlite3.Connection) -> int | None:
    """The earliest instant at which time alone changes the verdicts of any record."""
    at: int | None = db.execute("select min(next_at) from records where next_at > ?", (AT_ONCE,)).fetchone()[0]
    return at


def judge_all_open(db: sqlite3.Connection) -> None:
    """Have every open record judged again: the promises have changed."""
    db.execute("update records set next_at = ? where open = 1", (AT_ONCE,))


def judge_again(db: sqlite3.Connection, condition: str, bound: Sequence[object]) -> None:
    """Have the records that this SQL condition is true of judged again, closed ones too."""
    db.execute(f"update records set next_at = ? where {condition}", (AT_ONCE, *bound))


def confirm_written(
    db: sqlite3.Connection, object_type: str, updates: Mapping[str, tuple[int, Mapping[str, str]]]
) -> None:
    """HubSpot confirmed a write, record id to (updated at, properties): what it holds now, and the echo to expect."""
    known = load(db, object_type, updates)
    rows = [
        (packed({**known[record_id].written, **properties}), updated_at, object_type, record_id)
        for record_id, (updated_at, properties) in updates.items()
        if record_id in known
    ]
    db.executemany("update records set written = ?, updated_at = ? where object_type = ? and record_id = ?", rows)


def forget_written(db: sqlite3.Connection) -> None:
    """HubSpot holds nothing of ours any more."""
    db.execute("update records set written = '{}'")


def count(db: sqlite3.Connection) -> tuple[int, int]:
    """All records, and the open ones."""
    total: int = db.execute("select count(*) from records").fetchone()[0]
    still_open: int = db.execute("select count(*) from records where open = 1").fetchone()[0]
    return total, still_open


def _bound(row: RecordRow) -> Sequence[object]:
    companies = None if row.companies is None else orjson.dumps(row.companies).decode()
    inputs = orjson.dumps({name: value for name, value in row.inputs.items() if value}).decode()
    as_read = row.object_type, row.id, row.fingerprint, row.updated_at, companies, packed(row.written), inputs
    return *as_read, int(row.open), row.next_at, row.gone, row.merged_into


def _read(row: sqlite3.Row) -> RecordRow:
    companies = row["companies"]
    return RecordRow(
        row["object_type"],
        row["record_id"],
        row["fingerprint"],
        row["updated_at"],
        None if companies is None else tuple((str(key), bool(primary)) for key, primary in orjson.loads(companies)),
        unpacked(row["written"]),
        orjson.loads(row["inputs"]),
        bool(row["open"]),
        row["next_at"],
        row["gone"],
        row["merged_into"],
    )
