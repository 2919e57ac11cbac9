"""The audit log: append-only, each entry sealed with the hash of the one before.

The seal is SHA-256 over the previous seal and the canonical JSON of the entry, so an altered, removed or
reordered entry breaks every seal after it. The newest seal is kept beside the log, so a shortened log shows too;
somebody who can rewrite the whole file can rewrite both, which is why `sla audit verify` prints the head: keep it
elsewhere. `audit_verification.py` recomputes it all.

Entries have two forms (`audit_seals.py`). Those of the first hold everything they say, and stay as they were written.
Those of the second hold ids, instants and names of stages and tiers; texts stand outside (`audit_texts.py`), and so do
the facts that they refer to (`audit_references.py`). Their seal covers both, by a commitment and by a digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import (
    audit_fields,
    audit_references,
    audit_seals,
    audit_texts,
    audit_tree,
    state,
)
from hubspot_sla.ledger.audit_references import REFERRING, Reference
from hubspot_sla.ledger.audit_seals import GENESIS
from hubspot_sla.ledger.audit_texts import SaltedTexts
from hubspot_sla.ledger.row_seals import BASELINE, ROWS
from hubspot_sla.ledger.sql import marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


DECIDED: Final = ("plan", "restatement", "verdict")
"""The kinds of entries that decide about a record."""
HEAD: Final = "audit_head"
"""Under which the newest seal is kept, with the number of its entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says. `body` is JSON-able; `record` is None for what concerns the whole run; `at` is said for what
    holds as of another instant (epoch ms) than that at which it is written."""

    kind: str
    body: Mapping[str, object]
    record: RecordRef | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it stands in the log, with its texts where they were not removed."""

    seq: int
    at: int
    run_id: str
    kind: str
    record: RecordRef | None
    body: dict[str, object]
    hash: str


def next_number(db: sqlite3.Connection) -> int:
    """The number of the entry that is appended next; each further one has one more."""
    return _head(db)[0] + 1


def append(db: sqlite3.Connection, *, at: int, run_id: str, entries: Iterable[Entry]) -> int:
    """Seal `entries` onto the log inside the caller's transaction; the number of the newest entry then. Whatever they
    refer to must stand already."""
    seq, head = _head(db)
    numbered = list(zip(count(seq + 1), entries))
    referring = [Reference.of(seq, entry.record, entry.body) for seq, entry in numbered if entry.kind in REFERRING]
    contents = audit_references.contents(db, referring)
    rows: list[tuple[object, ...]] = []
    outside: dict[int, SaltedTexts] = {}
    for seq, entry in numbered:
        row, salted = _sealed(head, (seq, at if entry.at is None else entry.at, run_id), entry, contents.get(seq))
        rows.append(row)
        if salted is not None:
            outside[seq] = salted
        head = row[-1].hex()
    if rows:
        columns = "seq, at, run_id, kind, object_type, record_id, prev, body, commitment, digest, hash"
        db.executemany(f"insert into audit ({columns}) values (?,?,?,?,?,?,?,?,?,?,?)", rows)
        audit_texts.save(db, outside)
        state.write(db, HEAD, f"{seq}:{head}")
        audit_tree.extend(db, seq)
    return seq


def append_rows(db: sqlite3.Connection, kind: str, rows: list[object], first_at: Callable[[], int]) -> int:
    """Seal the digests of rows that this transaction changed (`row_seals.py`), as of the entry before; `first_at`
    tells epoch ms for a log that has none yet."""
    newest = db.execute("select at, run_id from audit order by seq desc limit 1").fetchone()
    at, run_id = (first_at(), "") if newest is None else tuple(newest)
    return append(db, at=at, run_id=run_id, entries=[Entry(kind, {"rows": rows})])


def _sealed(
    head: str, place: tuple[int, int, str], entry: Entry, content: bytes | None
) -> tuple[tuple[Any, ...], SaltedTexts | None]:
    """The row of an entry, and what stands outside the chain for it."""
    clear, rest = audit_fields.parted(entry.body)
    body, texts = orjson.dumps(clear, option=orjson.OPT_SORT_KEYS).decode(), audit_texts.packed(rest)
    salt = audit_seals.new_salt()
    commitment = None if texts is None else audit_seals.commitment(salt, texts.encode())
    digest = None if content is None else audit_seals.commitment(salt, content)
    key = entry.record.key if entry.record else None
    seal = audit_seals.second_form(head, *place, entry.kind, key, body, commitment, digest)
    row = (*place, entry.kind, *(entry.record or (None, None)), "", body, commitment, digest, seal)
    return row, None if commitment is None and digest is None else SaltedTexts(salt, texts)


def log(
    db: sqlite3.Connection, *, record: RecordRef | None = None, kind: str | None = None, last: int = 50
) -> Iterator[Recorded]:
    """The newest `last` entries, oldest first, of one record or one kind where asked; those that hold digests of rows
    only where they are asked for."""
    object_type, record_id = record or (None, None)
    conditions = [("object_type = ?", object_type), ("record_id = ?", record_id), ("kind = ?", kind)]
    filters = [(clause, value) for clause, value in conditions if value is not None]
    clauses = [f"kind not in ('{ROWS}', '{BASELINE}')"] if kind is None else []
    clauses += [clause for clause, _ in filters]
    where = f"where {' and '.join(clauses)}"
    newest = f"select audit.*, texts from audit left join audit_texts on entry = seq {where} order by seq desc limit ?"
    rows = db.execute(f"select * from ({newest}) order by seq", (*(value for _, value in filters), last))
    return map(_recorded, rows)


def newest(db: sqlite3.Connection, record: RecordRef, kinds: Sequence[str]) -> tuple[int, int] | None:
    """Number and instant (epoch ms) of the newest entry of these kinds about a record; None where there is none."""
    query = (
        "select seq, at from audit where record_id = ? and object_type = ?"
        f" and kind in ({marks(kinds)}) order by seq desc limit 1"
    )
    row = db.execute(query, (record.record_id, record.object_type, *kinds)).fetchone()
    return None if row is None else (row["seq"], row["at"])


@dataclass(frozen=True, slots=True)
class GoLive:
    """From entry number `entry` on, `at` (epoch ms) was the instant of the go-live."""

    entry: int
    at: int


def go_lives(db: sqlite3.Connection) -> list[GoLive]:
    """Every set-up, the oldest first."""
    rows = db.execute("select seq, body from audit where kind = 'setup' order by seq")
    return [GoLive(row["seq"], orjson.loads(row["body"])["go_live_at"]) for row in rows]


def decided(db: sqlite3.Connection) -> list[RecordRef]:
    """Every record that an entry of the second form decided about, in their order."""
    query = (
        f"select distinct object_type, record_id from audit where kind in ({marks(DECIDED)})"
        " and record_id is not null and typeof(hash) = 'blob' order by object_type, record_id"
    )
    return [RecordRef(*row) for row in db.execute(query, DECIDED)]


def decisions(db: sqlite3.Connection, record: RecordRef) -> list[Recorded]:
    """Every entry of the second form that decided about this record, oldest first."""
    query = (
        "select audit.*, texts from audit left join audit_texts on entry = seq"
        f" where kind in ({marks(DECIDED)}) and typeof(hash) = 'blob' and record_id = ? and object_type = ?"
        " order by seq"
    )
    return [_recorded(row) for row in db.execute(query, (*DECIDED, record.record_id, record.object_type))]


def decisions_of_first_form(db: sqlite3.Connection) -> int:
    """How many decisions say everything themselves and name no rows."""
    query = f"select count(*) from audit where kind in ({marks(DECIDED)}) and typeof(hash) = 'text'"
    return int(db.execute(query, DECIDED).fetchone()[0])


def clocks_of_first_form(db: sqlite3.Connection, record: RecordRef) -> set[str]:
    """The keys of the record's clocks whose verdicts entries of the first form have told, and none has taken back."""
    query = (
        f"select body from audit where kind in ({marks(DECIDED)}) and record_id = ? and object_type = ?"
        " and typeof(hash) = 'text' order by seq"
    )
    clocks: set[str] = set()
    for row in db.execute(query, (*DECIDED, record.record_id, record.object_type)):
        body = orjson.loads(row["body"])
        clocks -= set(body.get("dropped") or ())
        clocks |= set(body.get("after") or ())
    return clocks


@dataclass(frozen=True, slots=True)
class RulesChange:
    """From entry number `entry` on, the clock's rules number `after` were in force, and `before` up to it."""

    entry: int
    before: int
    after: int


def rules_changes(db: sqlite3.Connection) -> list[RulesChange]:
    """The oldest first."""
    rows = db.execute("select seq, body from audit where kind = 'rules' order by seq")
    return [RulesChange(row["seq"], said["from"], said["to"]) for row in rows if (said := orjson.loads(row["body"]))]


def _recorded(row: sqlite3.Row) -> Recorded:
    body = audit_fields.joined(orjson.loads(row["body"]), orjson.loads(row["texts"] or "{}"))
    return Recorded(row["seq"], row["at"], row["run_id"], row["kind"], record_of(row), body, seal_of(row))


def seal_of(row: sqlite3.Row) -> str:
    """In hex, whatever the form of the entry."""
    seal = row["hash"]
    return seal.hex() if isinstance(seal, bytes) else str(seal)


def record_of(row: sqlite3.Row) -> RecordRef | None:
    """The record an entry is about."""
    return None if row["record_id"] is None else RecordRef(row["object_type"], row["record_id"])


def _head(db: sqlite3.Connection) -> tuple[int, str]:
    noted = state.read(db, HEAD)
    if noted is None:
        return 0, GENESIS
    seq, _, sealed = noted.partition(":")
    if not seq.isdecimal():
        raise LedgerDamaged("the head of the audit chain is unreadable", remedy="restore a backup to go on")
    return int(seq), sealed
