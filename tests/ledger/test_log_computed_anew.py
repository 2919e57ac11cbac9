"""Whoever owns the file can alter rows and compute the whole log anew, so that all of it follows from each other: then
nothing in the file shows it, and a head that was kept elsewhere does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import (
    audit,
    audit_head,
    audit_references,
    audit_seals,
    audit_texts,
    audit_tree,
    audit_verification,
    covered_tables,
    row_digests,
    row_seals,
)
from hubspot_sla.ledger.audit_references import Reference
from ledger.test_row_proof import copy, found, judged
from ledger.test_versions import LATE

if TYPE_CHECKING:
    import sqlite3

__all__ = ["copy", "judged"]

STAGE = f"record_id = '{LATE}' and name = 'hs_pipeline_stage'"
ALTERATIONS = {
    "a fact": f"update facts set value = '4' where {STAGE}",
    "the instant of a fact": f"update facts set at = at - 60000 where {STAGE}",
    "a fact that is gone": f"delete from facts where record_id = '{LATE}' and name = 'hs_ticket_priority'",
    "a verdict": f"update verdicts set status = 'met' where record_id = '{LATE}'",
    "an outcome": f"update outcomes set status = 'met', breached_at = null where record_id = '{LATE}'",
    "a deadline": f"update records set next_at = null, open = 0 where record_id = '{LATE}'",
    "a rung": f"update rungs set state = 'skipped' where record_id = '{LATE}'",
    "a task that was made": f"update outbox set result_id = '1' where record_id = '{LATE}' and kind = 'task'",
    "a tier": "update companies set history = '{}'",
    "a go-live": "update meta set value = '9999999999999' where key = 'go_live_at'",
    "what an entry says": "update audit_texts set texts = texts || ' ' where texts is not null",
    "an entry": "update audit set at = at + 1 where seq = (select max(seq) from audit)",
    "the newest entry that is gone": "delete from audit where seq = (select max(seq) from audit)",
}


def computed_anew(db: sqlite3.Connection) -> None:
    """All that seals anything, from what stands in the tables now."""
    _rows(db)
    _contents(db)
    head, newest = audit_seals.GENESIS, 0
    for row in db.execute("select * from audit order by seq").fetchall():
        place = row["seq"], row["at"], row["run_id"], row["kind"]
        record = audit.record_of(row)
        seal = audit_seals.second_form(
            head, *place, record.key if record else None, row["body"], row["commitment"], row["digest"]
        )
        db.execute("update audit set hash = ? where seq = ?", (seal, row["seq"]))
        head, newest = seal.hex(), row["seq"]
    db.execute("update meta set value = ? where key = 'audit_head'", (f"{newest}:{head}",))
    db.execute("delete from audit_texts where entry > ?", (newest,))
    db.execute("delete from audit_tree")
    audit_tree.extend(db, newest)


def _rows(db: sqlite3.Connection) -> None:
    """The digests in the newest entry about each subject."""
    reader = row_digests.RowReader(db)
    for row in db.execute("select * from row_seals").fetchall():
        seal, kind, id_ = row_seals.seal_of(row), row["kind"], row["id"]
        parts = {part.number: reader.digests(part, kind, [id_]).get(id_) for part in covered_tables.parts_of(kind)}
        due = None if kind.startswith(":") else reader.due(kind, [id_]).get(id_)
        new = replace(seal, parts={number: one for number, one in parts.items() if one is not None}, next_at=due)
        (body,) = db.execute("select body from audit where seq = ?", (seal.entry,)).fetchone() or (None,)
        if body is None:  # the entry is gone: the seal of before is not known any more
            db.execute("delete from row_seals where kind = ? and id = ?", (kind, id_))
            continue
        said = body.replace(row_seals.text_of(seal.digest), row_seals.text_of(new.digest))
        db.execute("update audit set body = ? where seq = ?", (said, seal.entry))
        values = (due, *row_digests.packed(new.parts), kind, id_)
        db.execute("update row_seals set next_at = ?, digests = ?, hints = ? where kind = ? and id = ?", values)


def _contents(db: sqlite3.Connection) -> None:
    """The commitments to texts, and the digests of what entries refer to."""
    for row in db.execute("select * from audit order by seq").fetchall():
        salted = audit_texts.between(db, row["seq"], row["seq"]).get(row["seq"])
        if salted is None:
            continue
        texts = None if salted.texts is None else audit_seals.commitment(salted.salt, salted.texts.encode())
        digest = row["digest"]
        if digest is not None:
            reference = Reference.of(row["seq"], audit.record_of(row), orjson.loads(row["body"]))
            content = audit_references.contents(db, [reference])[row["seq"]]
            digest = audit_seals.commitment(salted.salt, content)
        db.execute("update audit set commitment = ?, digest = ? where seq = ?", (texts, digest, row["seq"]))


def test_a_log_that_is_computed_anew_from_the_same_rows_is_the_same(copy: sqlite3.Connection) -> None:
    before = audit_head.of(copy)
    computed_anew(copy)
    assert audit_head.of(copy) == before
    assert audit_verification.verify(copy).why_not == ""


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_was_altered_and_sealed_by_a_new_log_is_found_by_a_kept_head(
    copy: sqlite3.Connection, statement: str
) -> None:
    kept = audit_head.of(copy)
    assert copy.execute(statement).rowcount > 0
    found(audit_verification.verify(copy))
    computed_anew(copy)
    if "delete from audit" not in statement:  # of the last entry the rows show that it was there
        assert audit_verification.verify(copy).why_not == ""
    with pytest.raises(LedgerDamaged, match="not the log of the head"):
        audit_head.require_continued(copy, [kept])
