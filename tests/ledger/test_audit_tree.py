"""The tree kept beside the log: it follows from the seals, grows with them, and heads of it can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import UsageProblem
from hubspot_sla.ledger import audit, audit_head, audit_tree, audit_verification, database, seal_tree
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.seal_tree import GrowingTree
from ledger.test_versions import EVERY, restore
from proof import SCALE

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

BATCHES = (1, 30, 1, 1, 200, 5, 64, 31)


def append(ledger: Ledger, count: int) -> None:
    with ledger.transaction() as db:
        audit.append(db, at=1, run_id="r1", entries=[Entry("setup", {"number": n}) for n in range(count)])


def seals(db: sqlite3.Connection) -> list[bytes]:
    return [audit_tree.seal_bytes(row[0]) for row in db.execute("select hash from audit order by seq")]


def grown(all_seals: list[bytes]) -> bytes:
    tree = GrowingTree()
    for seal in all_seals:
        list(tree.add(seal))
    return tree.root


def test_the_tree_grows_with_the_log_whatever_is_appended_at_once(ledger: Ledger) -> None:
    heads = [audit_head.of(ledger.db)]
    for count in BATCHES:
        append(ledger, count)
        heads.append(audit_head.of(ledger.db))
        assert heads[-1].root == grown(seals(ledger.db)).hex()
        verified = audit_verification.verify(ledger.db)
        assert (verified.whole, verified.root.hex(), verified.head) == (True, heads[-1].root, heads[-1].seal)
    size = sum(BATCHES)
    for entry in range(1, size + 1):
        path = audit_tree.inclusion(ledger.db, entry, size)
        leaf = seal_tree.leaf_hash(seals(ledger.db)[entry - 1]) if entry % 40 == 1 else None
        assert leaf is None or seal_tree.root_by_inclusion(leaf, entry - 1, size, path) == grown(seals(ledger.db))
    for earlier in heads:
        newest = audit_head.since(ledger.db, earlier)
        assert newest.follows(earlier) or earlier.size == 0
        assert audit_head.parsed(newest.as_json()) == newest


@pytest.mark.parametrize("version", EVERY)
def test_the_entries_of_an_old_ledger_are_in_the_tree(version: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    restore(version, path)
    with database.open_for_reading(path) as opened:
        assert audit_head.of(opened.db).root == grown(seals(opened.db)).hex()
        assert audit_verification.verify(opened.db).whole


@pytest.mark.parametrize(
    "altering",
    [
        "update audit_tree set hash = zeroblob(32) where level = 6 and place = 1",
        "delete from audit_tree where level = 6 and place = 1",
        "insert into audit_tree values (6, 7, zeroblob(32))",
    ],
)
def test_an_altered_tree_is_found(ledger: Ledger, altering: str) -> None:
    append(ledger, 200)
    with ledger.transaction() as db:
        db.execute(altering)
    result = audit_verification.verify(ledger.db)
    assert (result.whole, "tree" in result.problem) == (False, True)
    assert result.broken_at == (449 if "insert" in altering else 65)


@pytest.mark.parametrize(
    "value", ["level = 'x'", "level = 1.5", "level = -1", "level = 9223372036854775807", "place = 'x'", "place = -1"]
)
def test_a_row_that_is_no_subtree_is_found(ledger: Ledger, value: str) -> None:
    append(ledger, 200)
    with ledger.transaction() as db:
        db.execute(f"update audit_tree set {value} where level = 5 and place = 3")
    result = audit_verification.verify(ledger.db)
    assert (result.broken_at, "tree" in result.problem) == (1, True)


def test_a_head_of_another_log_is_no_beginning_of_this_one(ledger: Ledger, tmp_path: Path) -> None:
    append(ledger, 5)
    with database.open_for_writing(tmp_path / "other.db") as other:
        append(other, 3)
        with other.transaction() as db:
            audit.append(db, at=2, run_id="r1", entries=[Entry("teardown", {})])
        foreign = audit_head.of(other.db)
    with pytest.raises(ValueError, match="another head"):
        audit_head.since(ledger.db, foreign)
    own, newest = audit_head.of(ledger.db, 3), audit_head.of(ledger.db)
    shown = audit_head.since(ledger.db, own)
    assert shown.follows(own)
    assert not shown.follows(foreign)
    assert not newest.follows(own)  # without a path nothing is shown
    with pytest.raises(ValueError, match="no entry 9"):
        audit_head.of(ledger.db, 9)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b'{"size": 1}',
        b'{"size": -1, "seal": "%s"}' % (b"0" * 64),
        b'{"size": 1, "seal": "%s", "version": 2}' % (b"0" * 64),
        b'{"size": 1, "seal": "%s", "root": "x"}' % (b"0" * 64),
        b'{"size": 1, "seal": "%s", "root": "%s", "consistency": {"since": 1}}' % (b"0" * 64, b"0" * 64),
        b'{"size": 1.5, "seal": "%s"}' % (b"0" * 64),
        b"[" * 100_000,
    ],
)
def test_what_is_no_head_is_named(text: bytes) -> None:
    with pytest.raises(UsageProblem, match=r"head\.json holds no head"):
        audit_head.read(text, "head.json")


def test_a_head_from_before_there_were_roots_is_read() -> None:
    kept = audit_head.read(b'{"size": 7, "seal": "%s"}' % (b"ab" * 32), "head.json")
    assert (kept.size, kept.root, kept.seal) == (7, "", "ab" * 32)


@pytest.mark.skipif(SCALE == 1, reason="a million entries: PROOF_SCALE")
def test_a_million_entries_are_proven_at_once(tmp_path: Path) -> None:
    with database.open_for_writing(tmp_path / "ledger.db") as large:
        for _ in range(100):
            append(large, 10_000)
        paths = [audit_tree.inclusion(large.db, entry, 1_000_000) for entry in range(1, 1_000_000, 99_991)]
        assert max(map(len, paths)) <= 20
        assert len(audit_tree.consistency(large.db, 123_457, 1_000_000)) <= 40
