"""Whether the audit log holds: every seal, commitment and digest is computed again, and whether the rows follow from
it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import (
    audit_references,
    audit_seals,
    audit_texts,
    audit_tree,
    calendar_data,
    erasures,
    row_proof,
    state,
)
from hubspot_sla.ledger.audit import HEAD, record_of, seal_of
from hubspot_sla.ledger.audit_references import Reference
from hubspot_sla.ledger.audit_seals import GENESIS
from hubspot_sla.ledger.seal_tree import EMPTY, GrowingTree
from hubspot_sla.ledger.sqlite_errors import SENSELESS
from hubspot_sla.plan.records import TICKETS, RecordRef

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from hubspot_sla.ledger.audit_texts import SaltedTexts
    from hubspot_sla.ledger.row_proof import RowProof

_PAGE: Final = 500
_ALTERED: Final = "it was altered"
_REFERENCE_ALTERED: Final = "what it refers to was altered"


@dataclass(frozen=True, slots=True)
class Verification:
    """`broken_at` is the first entry that does not hold, and `problem` why. Both are empty when the chain is whole, and
    then `root` is that of the tree over its seals."""

    entries: int
    head: str
    broken_at: int | None = None
    problem: str = ""
    root: bytes = EMPTY
    rows: RowProof | None = None
    """Whether what stands in the tables follows from it; None where the chain itself is broken."""

    @property
    def whole(self) -> bool:
        return self.broken_at is None and (self.rows is None or not self.rows.problems)

    def as_json(self) -> dict[str, object]:
        return {
            "entries": self.entries,
            "head": self.head,
            "root": self.root.hex(),
            "whole": self.whole,
            "rows": None if self.rows is None else self.rows.as_json(),
        }

    def summary(self) -> str:
        """One line, of a chain that holds."""
        rows = "" if self.rows is None else self.rows.summary()
        entries = "1 entry" if self.entries == 1 else f"{self.entries} entries"
        return f"{entries}, chain whole, head {self.head}{rows}"

    @property
    def why_not(self) -> str:
        """ "" for one that holds."""
        broken = f"the audit chain is broken at entry {self.broken_at}: {self.problem}" if self.broken_at else ""
        problems = "; ".join(map(str, self.rows.problems)) if self.rows else ""
        rows = f"these rows do not follow from the audit chain: {problems}" if problems else ""
        return "; ".join(filter(None, [broken, rows]))


def verify(db: sqlite3.Connection, between: Callable[[], object] = lambda: None) -> Verification:
    """Recompute every seal, commitment and digest, oldest first, and stop at the first entry that does not hold. Of a
    chain that holds, whether the rows of all tables that it covers follow from it. `between` is called after each page:
    whoever writes then needs another connection, and `db` a transaction."""
    seq, head, is_second_form = 0, GENESIS, False
    tree, subtrees, erased = GrowingTree(), audit_tree.Stored(), erasures.covered_entries(db)
    for page in _pages(db):
        outside = _Outside.of(db, page, erased)
        for row in page:
            seq += 1
            problem = _place_problem(row, seq, after_second_form=is_second_form) or _problem(row, head, outside)
            if problem:
                rows = row_proof.prove(db) if problem == _REFERENCE_ALTERED else None  # it names the row
                return Verification(seq - 1, head, broken_at=seq, problem=problem, rows=rows)
            head, is_second_form = seal_of(row), isinstance(row["hash"], bytes)
            subtrees.update(audit_tree.to_store(tree.add(audit_tree.seal_bytes(head))))
        between()
    if state.read(db, HEAD) != (f"{seq}:{head}" if seq else None):
        return Verification(seq, head, broken_at=seq + 1, problem="entries are missing at the end")
    if (first := audit_tree.first_difference(db, subtrees)) is not None:
        return Verification(seq, head, first, "the tree over the seals does not follow from them")
    if (unsealed := _uncovered(db, seq)) is not None:
        return Verification(seq, head, seq + 1, unsealed)
    return Verification(seq, head, root=tree.root, rows=row_proof.prove(db, between=between))


def require_whole(db: sqlite3.Connection, between: Callable[[], object] = lambda: None) -> Verification:
    """The verification of a chain that holds. Raises LedgerDamaged for one that does not, or cannot be read."""
    try:
        result = verify(db, between)
    except (sqlite3.DatabaseError, *SENSELESS) as error:  # what was altered may not parse
        raise LedgerDamaged(f"the audit log cannot be read: {error}", remedy="restore a backup to go on") from error
    if not result.whole:
        remedy = "keep the file as it is for an investigation; restore a backup to go on"
        raise LedgerDamaged(result.why_not, remedy=remedy)
    return result


def _pages(db: sqlite3.Connection) -> Iterator[list[sqlite3.Row]]:
    cursor = db.execute("select * from audit order by seq")
    while page := cursor.fetchmany(_PAGE):
        yield page


@dataclass(frozen=True, slots=True)
class _Outside:
    """What stands outside the chain for the entries of one page: texts and salts, and the content of their digests.
    `erased` are the entries of which an erasure says that it removed these."""

    texts: Mapping[int, SaltedTexts]
    contents: Mapping[int, bytes]
    erased: Container[int]

    @classmethod
    def of(cls, db: sqlite3.Connection, page: Sequence[sqlite3.Row], erased: Container[int]) -> _Outside:
        texts = audit_texts.between(db, page[0]["seq"], page[-1]["seq"])
        referring = [
            reference for row in page if row["digest"] is not None and (reference := _reference_in(row)) is not None
        ]
        try:
            return cls(texts, audit_references.contents(db, referring), erased)
        except (TypeError, ValueError):  # one of these rows holds what none can hold: find out which
            return cls(
                texts,
                {n: content for reference in referring for n, content in _content_alone(db, reference).items()},
                erased,
            )


def _reference_in(row: sqlite3.Row) -> Reference | None:
    """None where the body was altered."""
    try:
        return Reference.of(row["seq"], record_of(row), orjson.loads(row["body"]))
    except (TypeError, ValueError, AttributeError, LookupError):
        return None


def _content_alone(db: sqlite3.Connection, reference: Reference) -> dict[int, bytes]:
    try:
        return audit_references.contents(db, [reference])
    except (TypeError, ValueError):
        return {}


def _place_problem(row: sqlite3.Row, seq: int, *, after_second_form: bool) -> str:
    if row["seq"] != seq:
        return f"entry {seq} is missing"
    if after_second_form and not isinstance(row["hash"], bytes):
        return "it has a form that is older than that of the entry before it"
    return ""


def _problem(row: sqlite3.Row, head: str, outside: _Outside) -> str:
    content = [row[name] for name in ("at", "run_id", "kind", "object_type", "record_id", "body")]
    if any(isinstance(value, bytes) for value in content) or not _names_one_record(row):
        return _ALTERED
    record = record_of(row)
    sealed = (row["seq"], row["at"], row["run_id"], row["kind"], record.key if record else None, row["body"])
    if isinstance(row["hash"], bytes):
        return _second_form_problem(row, head, sealed, outside)
    if row["prev"] != head:
        return "it does not follow from the entry before it"
    of_second_form = row["commitment"] is not None or row["digest"] is not None or row["seq"] in outside.texts
    return _ALTERED if of_second_form or row["hash"] != audit_seals.first_form(head, *sealed) else ""


Sealed = tuple[int, int, str, str, str | None, str]


def _second_form_problem(row: sqlite3.Row, head: str, sealed: Sealed, outside: _Outside) -> str:
    commitment, digest = row["commitment"], row["digest"]
    if any(not isinstance(value, bytes | None) for value in (commitment, digest)) or row["prev"] != "":
        return _ALTERED
    if row["hash"] != audit_seals.second_form(head, *sealed, commitment, digest):
        return _ALTERED
    salted = outside.texts.get(row["seq"])
    if row["seq"] in outside.erased and (salted is None or salted.salt == erasures.NO_SALT):
        return ""  # a later entry says that they were removed
    if salted is None:
        return "" if commitment is None and digest is None else "its texts are missing"
    if not salted.holds(commitment):
        return "its texts were altered"
    content = outside.contents.get(row["seq"])
    if digest is None:
        return ""
    if content is None or digest != audit_seals.commitment(salted.salt, content):
        return _REFERENCE_ALTERED
    return ""


def _uncovered(db: sqlite3.Connection, entries: int) -> str | None:
    """Rows that claim an entry which does not cover them."""
    query = "select entry from audit_texts where entry not between 1 and ? limit 1"
    if (row := db.execute(query, (entries,)).fetchone()) is not None:
        return f"there are texts of an entry {row[0]} that is not there"
    query = (
        "select record_id, max(entry) as entry from facts where entry is not null group by object_type, record_id"
        " having max(entry) > coalesce((select max(seq) from audit where audit.record_id = facts.record_id"
        " and audit.object_type = facts.object_type and digest is not null), 0) limit 1"
    )
    if (row := db.execute(query).fetchone()) is not None:
        return f"a fact of record {row[0]} claims entry {row[1]}, and none of that record covers it"
    for table in ("outcome_editions", "periods", "contract_closings", "contract_claims"):
        query = f"select entry from {table} where entry not in (select seq from audit where digest is not null) limit 1"
        if (row := db.execute(query).fetchone()) is not None:
            return f"a row of {table} claims entry {row[0]}, which does not cover it"
    query = "select closing from period_outcomes where closing not in (select id from periods) limit 1"
    if (row := db.execute(query).fetchone()) is not None:
        return f"there are outcomes of a closed period {row[0]} that is not there"
    for table in ("contract_promises", "contract_feeds"):
        query = f"select closing from {table} where closing not in (select id from contract_closings) limit 1"
        if (row := db.execute(query).fetchone()) is not None:
            return f"there are rows of {table} of a closed window {row[0]} that is not there"
    return calendar_data.problem(db)


def _names_one_record(row: sqlite3.Row) -> bool:
    """The seal covers the key of the record, so no other record may have the same key."""
    record = record_of(row)
    return row["object_type"] in (None, TICKETS) if record is None else RecordRef.of(record.key) == record
