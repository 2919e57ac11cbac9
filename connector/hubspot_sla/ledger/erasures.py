"""Values removed from the ledger for good, and what is known afterwards of what was removed.

What is removed: values of facts, of companies and contacts, names, what people wrote, and with them the salts that the
audit entries were committed with. What stays: ids, instants, stages, statuses. An audit entry of kind `erasure` says
what was removed, by ids and counts, and names the entries whose texts or digests cannot be checked any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.ledger import records, value_history
from hubspot_sla.ledger.audit_fields import parted
from hubspot_sla.ledger.packed_properties import packed
from hubspot_sla.ledger.sql import marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Sequence

KIND: Final = "erasure"
ERASED: Final = "ERASED"
"""The source of a fact whose value was removed."""
_SAID: Final = "erased"
"""In place of what a person wrote and that may not be missing."""
NO_SALT: Final = b""
_LISTED: Final = "(select value from json_each(?))"
"""However many there are."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whose values are removed: records of one type, a ticket and those merged into it; or ids of contacts, companies
    and owners."""

    records: tuple[RecordRef, ...] = ()
    contacts: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(slots=True)
class Erased:
    """How many rows held anything that was, or would be, removed, by table; and the numbers of the audit entries whose
    texts or digests cannot be checked afterwards."""

    rows: dict[str, int] = field(default_factory=dict)
    entries: list[int] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (any(self.rows.values()) or self.entries)


@dataclass(frozen=True, slots=True)
class Change:
    """Rows of one table: those that hold something (`where`), and what becomes of them (`sets`; "": they go)."""

    table: str
    where: str
    values: tuple[object, ...]
    sets: str = ""

    def count(self, db: sqlite3.Connection) -> int:
        number: int = db.execute(f"select count(*) from {self.table} where {self.where}", self.values).fetchone()[0]
        return number

    def apply(self, db: sqlite3.Connection) -> None:
        verb = f"update {self.table} set {self.sets}" if self.sets else f"delete from {self.table}"
        db.execute(f"{verb} where {self.where}", self.values)


def counted(db: sqlite3.Connection, subjects: Subjects, kept_names: Collection[str]) -> Erased:
    """What would be removed. `kept_names` are the properties of records whose values are stages, instants and ids, or
    words of HubSpot's schema."""
    erased = Erased(entries=affected_entries(db, subjects))
    for change in _changes(subjects, kept_names):
        erased.rows[change.table] = erased.rows.get(change.table, 0) + change.count(db)
    for table, column, where, values in _histories(subjects):
        found = [row for row in db.execute(f"select {column} from {table} where {where}", values) if _holds(row[0])]
        erased.rows[table] = erased.rows.get(table, 0) + len(found)
    erased.rows["audit_texts"] = len(erased.entries)
    erased.rows = {table: number for table, number in erased.rows.items() if number}
    return erased


def erase(db: sqlite3.Connection, subjects: Subjects, kept_names: Collection[str]) -> Erased:
    """Remove it, within the caller's transaction, which appends the entry and has lifted the triggers."""
    erased = counted(db, subjects, kept_names)
    for record in subjects.records:
        _erase_record(db, record, kept_names)
    for change in _changes(subjects, kept_names):
        change.apply(db)
    for table, column, where, values in _histories(subjects):
        for rowid, text in db.execute(f"select {_key(table)}, {column} from {table} where {where}", values).fetchall():
            db.execute(f"update {table} set {column} = ? where {_key(table)} = ?", (_without_values(text), rowid))
    own = [number for number, is_own in _with_ownership(db, erased.entries, subjects) if is_own]
    db.execute(f"delete from audit_texts where entry in {_LISTED}", (_list(own),))
    others = sorted(set(erased.entries) - set(own))
    db.execute(f"update audit_texts set salt = x'' where entry in {_LISTED}", (_list(others),))
    return erased


def _list(numbers: Iterable[int]) -> str:
    return orjson.dumps(list(numbers)).decode()


def _changes(subjects: Subjects, kept_names: Collection[str]) -> Iterator[Change]:
    names = sorted(kept_names)
    for object_type, record_id in subjects.records:
        of = "object_type = ? and record_id = ?"
        ref = (object_type, record_id)
        yield Change(
            "facts",
            f"{of} and value is not null and name not like 'message%' and name not in ({marks(names)})",
            (*ref, *names),
            f"value = null, source = '{ERASED}'",
        )
        for table in ("outcomes", "outcome_editions", "period_outcomes"):
            yield Change(table, f"{of} and dimensions is not null", ref, "dimensions = null")
        yield Change("edits", of, ref)
        yield Change("quarantine", f"{of} and reason <> '{_SAID}'", ref, f"reason = '{_SAID}'")
        yield Change("rungs", f"{of} and reason is not null", ref, "reason = null")
        yield from _of_outbox(ref)
        waivers = f"{of} and reason <> '{_SAID}'"
        revoked = f"waiver in (select id from waivers where {of}) and reason <> '{_SAID}'"
        yield Change("waiver_revocations", revoked, ref, f"reason = '{_SAID}', by_whom = '{_SAID}'")
        yield Change("waivers", waivers, ref, f"reason = '{_SAID}', granted_by = '{_SAID}', evidence = ''")
    if subjects.owners:  # HubSpot knows the same person by another id as a user
        named = f"select name from names where kind = 'owner' and id in ({marks(subjects.owners)})"
        yield Change("names", f"kind = 'user' and name <> '' and name in ({named})", subjects.owners, "name = ''")
    if subjects.companies:
        named = f"party in ({marks(subjects.companies)}) and party_name <> ''"
        yield Change("contract_closings", named, tuple(subjects.companies), "party_name = ''")
    for kind, ids in (("company", subjects.companies), ("owner", subjects.owners)):
        if ids:
            yield Change("names", f"kind = '{kind}' and id in ({marks(ids)}) and name <> ''", tuple(ids), "name = ''")


def _of_outbox(ref: tuple[str, str]) -> Iterator[Change]:
    """What was sent, and what will not be sent any more. A digest speaks of several records."""
    of = "object_type = ? and record_id = ?"
    digests = f"key in (select result_id from outbox where {of} and state = 'held')"
    rung = "json_object('rung_key', json_extract(body, '$.rung_key'))"
    yield Change("outbox", f"{of} and kind = 'properties'", ref)
    yield Change(
        "outbox",
        f"({of} or {digests}) and (body <> {rung} or reason is not null)",
        (*ref, *ref),
        f"body = {rung}, reason = null,"
        " state = case when state in ('confirmed', 'withdrawn') then state else 'withdrawn' end",
    )


def _histories(subjects: Subjects) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Table, column, condition and values of the histories of values."""
    for record in subjects.records:
        yield "contacts", "history", "object_type = ? and record_id = ?", tuple(record)
    if subjects.contacts:
        yield "contacts", "history", f"contact_id in ({marks(subjects.contacts)})", subjects.contacts
    if subjects.companies:
        yield "companies", "history", f"id in ({marks(subjects.companies)})", subjects.companies


def _key(table: str) -> str:
    """What names one row of a table of histories."""
    return "id" if table == "companies" else "object_type || ':' || record_id || ':' || contact_id"


def _holds(history: str) -> bool:
    return any(value is not None for changes in value_history.read(history).values() for _, value, _ in changes)


def _without_values(history: str) -> str:
    emptied: value_history.Numbered = {
        name: [(at, None, entry) for at, _, entry in changes] for name, changes in value_history.read(history).items()
    }
    return value_history.packed(emptied)


def _erase_record(db: sqlite3.Connection, record: RecordRef, kept_names: Collection[str]) -> None:
    """What its row and its verdicts say in words. Of a record that HubSpot still has, ours stay as HubSpot has them:
    otherwise they would be taken for somebody's edits."""
    row = records.load(db, record.object_type, [record.record_id]).get(record.record_id)
    if row is not None:
        inputs = {name: value for name, value in row.inputs.items() if name in kept_names}
        db.execute(
            "update records set inputs = ? where object_type = ? and record_id = ?",
            (orjson.dumps(inputs).decode(), *record),
        )
        if row.gone:
            db.execute("update records set written = ? where object_type = ? and record_id = ?", (packed({}), *record))
    query = "select clock, body from verdicts where object_type = ? and record_id = ?"
    for clock, body in db.execute(query, record).fetchall():
        clear = orjson.dumps(parted(orjson.loads(body))[0], option=orjson.OPT_SORT_KEYS).decode()
        db.execute(
            "update verdicts set body = ? where object_type = ? and record_id = ? and clock = ?",
            (clear, *record, clock),
        )


def affected_entries(db: sqlite3.Connection, subjects: Subjects) -> list[int]:
    """The numbers of the entries that say something of these, or whose digest covers values of theirs; without those of
    which nothing is left to be removed."""
    found: set[int] = set()
    for object_type, record_id in subjects.records:
        of = "object_type = ? and record_id = ?"
        queries = (
            f"select seq from audit where {of}",
            f"select entry from outcome_editions where {of} and dimensions is not null",
            "select entry from periods where id in"
            f" (select closing from period_outcomes where {of} and dimensions is not null)",
        )
        found.update(row[0] for query in queries for row in db.execute(query, (object_type, record_id)))
        found.update(_naming(db, "absorbed", "value", [record_id], object_type))
    found.update(_naming(db, "contacts", "value", subjects.contacts))
    found.update(_naming(db, "companies", "json_extract(value, '$[0]')", subjects.companies))
    if subjects.companies:
        named = f"party in ({marks(subjects.companies)}) and party_name <> ''"
        query = f"select entry from contract_closings where {named}"
        found.update(row[0] for row in db.execute(query, subjects.companies))
    query = (
        "select seq from audit join audit_texts on entry = seq"
        f" where seq in {_LISTED} and kind <> '{KIND}' and length(salt) > 0 order by seq"
    )
    return [row[0] for row in db.execute(query, (_list(found),))]


def _naming(
    db: sqlite3.Connection, key: str, value: str, ids: Sequence[str], object_type: str | None = None
) -> Iterator[int]:
    """Entries whose body names any of these ids under `key`, a list."""
    if not ids:
        return
    query = (
        f"select distinct seq from audit, json_each(audit.body, '$.{key}') where digest is not null"
        f" and body like '%\"{key}\"%' and {value} in ({marks(ids)}) and coalesce(?, object_type) = object_type"
    )
    for row in db.execute(query, (*ids, object_type)):
        yield row[0]


def _with_ownership(db: sqlite3.Connection, entries: Iterable[int], subjects: Subjects) -> Iterator[tuple[int, bool]]:
    """Each entry, and whether it is about one of the records itself."""
    own = set(subjects.records)
    for number in entries:
        row = db.execute("select object_type, record_id from audit where seq = ?", (number,)).fetchone()
        yield number, row[1] is not None and RecordRef(row[0], row[1]) in own


# afterwards


def covered_entries(db: sqlite3.Connection) -> dict[int, int]:
    """The number of each entry that was made uncheckable, with that of the newest erasure that names it."""
    by_entry: dict[int, int] = {}
    for row in db.execute("select seq, body from audit where kind = ? order by seq", (KIND,)):
        by_entry.update((number, row["seq"]) for number in _named_in(row["body"]) if number < row["seq"])
    return by_entry


def _named_in(body: object) -> list[int]:
    """None where it was altered, which its seal tells."""
    try:
        said: Any = orjson.loads(body) if isinstance(body, str) else {}
    except orjson.JSONDecodeError:
        return []
    entries = said.get("entries", []) if isinstance(said, dict) else []
    return [number for number in entries if type(number) is int] if isinstance(entries, list) else []


def touched_records(db: sqlite3.Connection) -> dict[RecordRef, int]:
    """The records that any uncheckable entry is about, with the number of the newest erasure that touched them."""
    touched: dict[RecordRef, int] = {}
    for number, erasure in covered_entries(db).items():
        row = db.execute("select object_type, record_id from audit where seq = ?", (number,)).fetchone()
        if row is not None and row[1] is not None:
            record = RecordRef(row[0], row[1])
            touched[record] = max(erasure, touched.get(record, 0))
    return touched
