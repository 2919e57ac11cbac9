"""Single entries of the audit log as they were sealed, for whoever checks them without the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import audit_references, audit_seals, audit_texts, audit_tree, erasures
from hubspot_sla.ledger.audit import record_of
from hubspot_sla.ledger.audit_references import Reference
from hubspot_sla.ledger.audit_seals import GENESIS

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.plan.records import RecordRef


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry of the second form. `prev` is the seal before it, `body` its JSON as it was sealed; all of them, and
    `commitment` and `digest`, are hex where they are digests."""

    seq: int
    at: int
    run_id: str
    kind: str
    record: str | None
    prev: str
    body: str
    commitment: str | None
    digest: str | None

    @property
    def seal(self) -> bytes:
        """As it follows from all of this."""
        commitment, digest = (None if text is None else bytes.fromhex(text) for text in (self.commitment, self.digest))
        return audit_seals.second_form(
            self.prev, self.seq, self.at, self.run_id, self.kind, self.record, self.body, commitment, digest
        )


def sealed_entry(db: sqlite3.Connection, seq: int) -> SealedEntry:
    """LookupError: there is none of this number that was sealed in the second form."""
    row = db.execute("select * from audit where seq = ? and typeof(hash) = 'blob'", (seq,)).fetchone()
    if row is None:
        raise LookupError(f"there is no entry {seq} of the second form")
    before = db.execute("select hash from audit where seq = ?", (seq - 1,)).fetchone()
    record = record_of(row)
    return SealedEntry(
        seq=row["seq"],
        at=row["at"],
        run_id=row["run_id"],
        kind=row["kind"],
        record=record.key if record else None,
        prev=audit_tree.seal_bytes(before[0]).hex() if before else GENESIS,
        body=row["body"],
        commitment=None if row["commitment"] is None else row["commitment"].hex(),
        digest=None if row["digest"] is None else row["digest"].hex(),
    )


def altered_entries(db: sqlite3.Connection, record: RecordRef) -> list[int]:
    """The numbers of the entries about one record that are not as they were sealed, each after the seal before it: that
    nobody computed all seals anew is known by reading the whole log."""
    query = "select seq from audit where object_type = ? and record_id = ? order by seq"
    erased = erasures.covered_entries(db)
    return [seq for (seq,) in db.execute(query, record) if not _is_as_sealed(db, seq, is_erased=seq in erased)]


def _is_as_sealed(db: sqlite3.Connection, seq: int, *, is_erased: bool) -> bool:
    row = db.execute("select * from audit where seq = ?", (seq,)).fetchone()
    if not isinstance(row["hash"], bytes):
        record = record_of(row)
        place = row["seq"], row["at"], row["run_id"], row["kind"], record.key if record else None
        return bool(row["hash"] == audit_seals.first_form(row["prev"], *place, row["body"]))
    try:
        entry = sealed_entry(db, seq)
        is_sealed = entry.seal == row["hash"]
    except (TypeError, ValueError, AttributeError):  # no value of an entry is of this type
        return False
    salted = audit_texts.between(db, seq, seq).get(seq)
    if is_erased and (salted is None or salted.salt == erasures.NO_SALT):
        return is_sealed
    if salted is None:
        return is_sealed and entry.commitment is None and entry.digest is None
    return is_sealed and salted.holds(row["commitment"])


@dataclass(frozen=True, slots=True)
class Covered:
    """What the digest of an entry covers: `content` is JSON, the rows that it refers to; `salt` was hashed with it."""

    salt: bytes
    content: bytes

    def fits(self, digest: str | None) -> bool:
        return digest == audit_seals.commitment(self.salt, self.content).hex()


def covered(db: sqlite3.Connection, seq: int, record: RecordRef) -> Covered:
    """LookupError: its salt was removed."""
    (body,) = db.execute("select body from audit where seq = ?", (seq,)).fetchone()
    salted = audit_texts.between(db, seq, seq)[seq]
    if salted.salt == erasures.NO_SALT:
        raise LookupError(f"the salt of entry {seq} was removed")
    reference = Reference.of(seq, record, orjson.loads(body))
    return Covered(salted.salt, audit_references.contents(db, [reference])[seq])
