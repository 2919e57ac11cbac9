"""The audit log: append-only, each entry sealed with the hash of the one before.

The seal is SHA-256 over the previous seal and the canonical JSON of the entry, so an altered, removed or
reordered entry breaks every seal after it. The newest seal is kept beside the log, so a shortened log shows too;
whoever can rewrite the whole file can rewrite both, which is why `verify` prints the head: keep it elsewhere.
"""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import state
from hubspot_sla.plan.records import TICKETS, RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

GENESIS = "0" * 64
_HEAD = "audit_head"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says. `body` is JSON-able; `record` is None for what concerns the whole run."""

    kind: str
    body: Mapping[str, object]
    record: RecordRef | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it stands in the log."""

    seq: int
    at: int
    run_id: str
    kind: str
    record: RecordRef | None
    body: dict[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`broken_at` is the first entry that does not hold, and `problem` why; both empty when the chain is whole."""

    entries: int
    head: str
    broken_at: int | None = None
    problem: str = ""

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def append(db: sqlite3.Connection, *, at: int, run_id: str, entries: Iterable[Entry]) -> int:
    """Seal `entries` onto the log inside the caller's transaction; the number appended."""
    seq, head = _head(db)
    rows = []
    for entry in entries:
        seq += 1
        body = orjson.dumps(entry.body, option=orjson.OPT_SORT_KEYS).decode()
        sealed = _seal(head, seq, at, run_id, entry.kind, entry.record, body)
        rows.append((seq, at, run_id, entry.kind, *(entry.record or (None, None)), body, head, sealed))
        head = sealed
    if rows:
        db.executemany(
            "insert into audit (seq, at, run_id, kind, object_type, record_id, body, prev, hash)"
            " values (?,?,?,?,?,?,?,?,?)",
            rows,
        )
        state.write(db, _HEAD, f"{seq}:{head}")
    return len(rows)


def verify(db: sqlite3.Connection) -> Verification:
    """Recompute every seal, oldest first, and stop at the first that does not hold."""
    seq, head = 0, GENESIS
    for row in db.execute("select * from audit order by seq"):
        seq += 1
        problem = _problem(row, seq, head)
        if problem:
            return Verification(seq - 1, head, broken_at=seq, problem=problem)
        head = row["hash"]
    if state.read(db, _HEAD) != (f"{seq}:{head}" if seq else None):
        return Verification(seq, head, broken_at=seq + 1, problem="entries are missing at the end")
    return Verification(seq, head)


def require_whole(db: sqlite3.Connection) -> Verification:
    """The verification of a chain that holds. Raises LedgerDamaged for one that does not, or cannot be read."""
    try:
        found = verify(db)
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(f"the audit log cannot be read: {error}", remedy="restore a backup to go on") from error
    if not found.whole:
        raise LedgerDamaged(
            f"the audit chain is broken at entry {found.broken_at}: {found.problem}",
            remedy="keep the file as it is for whoever investigates; restore a backup to go on",
        )
    return found


def _problem(row: sqlite3.Row, seq: int, head: str) -> str:
    if row["seq"] != seq:
        return f"entry {seq} is missing"
    if row["prev"] != head:
        return "it does not follow from the entry before it"
    content = (row["at"], row["run_id"], row["kind"], row["object_type"], row["record_id"], row["body"])
    if any(isinstance(value, bytes) for value in content) or not _names_one_record(row):
        return "it was altered"
    if row["hash"] != _seal(head, seq, row["at"], row["run_id"], row["kind"], _record(row), row["body"]):
        return "it was altered"
    return ""


def log(
    db: sqlite3.Connection, *, record: RecordRef | None = None, kind: str | None = None, last: int = 50
) -> Iterator[Recorded]:
    """The newest `last` entries, oldest first, of one record or one kind where asked."""
    object_type, record_id = record or (None, None)
    conditions = [("object_type = ?", object_type), ("record_id = ?", record_id), ("kind = ?", kind)]
    asked = [(clause, value) for clause, value in conditions if value is not None]
    where = f"where {' and '.join(clause for clause, _ in asked)}" if asked else ""
    newest = f"select * from audit {where} order by seq desc limit ?"
    rows = db.execute(f"select * from ({newest}) order by seq", (*(value for _, value in asked), last))
    for row in rows:
        body = orjson.loads(row["body"])
        yield Recorded(row["seq"], row["at"], row["run_id"], row["kind"], _record(row), body, row["hash"])


def _head(db: sqlite3.Connection) -> tuple[int, str]:
    noted = state.read(db, _HEAD)
    if noted is None:
        return 0, GENESIS
    seq, _, sealed = noted.partition(":")
    if not seq.isdecimal():
        raise LedgerDamaged("the head of the audit chain is unreadable", remedy="restore a backup to go on")
    return int(seq), sealed


def _record(row: sqlite3.Row) -> RecordRef | None:
    """The record an entry is about."""
    return None if row["record_id"] is None else RecordRef(row["object_type"], row["record_id"])


def _names_one_record(row: sqlite3.Row) -> bool:
    """The seal covers the key of the record, so no other record may have the same key."""
    record = _record(row)
    return row["object_type"] in (None, TICKETS) if record is None else RecordRef.of(record.key) == record


def _seal(prev: str, seq: int, at: int, run_id: str, kind: str, record: RecordRef | None, body: str) -> str:
    content = orjson.dumps([prev, seq, at, run_id, kind, record.key if record else None, body])
    return hashlib.sha256(content).hexdigest()
