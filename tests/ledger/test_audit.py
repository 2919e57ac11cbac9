"""The chain: whatever is done to an entry is found, with the first entry that does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import audit
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from hubspot_sla.ledger.database import Ledger


@pytest.fixture
def written(ledger: Ledger) -> Ledger:
    """Five entries from three appends."""
    for first, last in ((1, 2), (3, 3), (4, 5)):
        entries = [Entry("verdict", {"n": n}, RecordRef.of(str(n)) if n % 2 else None) for n in range(first, last + 1)]
        with ledger.transaction() as db:
            audit.append(db, at=1_000 * first, run_id="r1", entries=entries)
    return ledger


def test_an_empty_chain_is_whole(ledger: Ledger) -> None:
    found = audit.verify(ledger.db)
    assert (found.whole, found.entries, found.head) == (True, 0, audit.GENESIS)


def test_an_untouched_chain_is_whole_and_prints_its_head(written: Ledger) -> None:
    found = audit.verify(written.db)
    (newest,) = audit.log(written.db, last=1)
    assert (found.whole, found.entries, found.head) == (True, 5, newest.hash)


TAMPERINGS = {
    "an altered body": ("""update audit set body = '{"n":9}' where seq = 3""", 3),
    "an altered time": ("update audit set at = at + 1 where seq = 2", 2),
    "an altered run": ("update audit set run_id = 'r2' where seq = 1", 1),
    "an altered kind": ("update audit set kind = 'plan' where seq = 4", 4),
    "an altered record": ("update audit set record_id = '7' where seq = 4", 4),
    "another type of object": ("update audit set object_type = 'companies' where seq = 3", 3),
    "a record where there was none": ("update audit set object_type = 'companies' where seq = 4", 4),
    "a type that moved into the id": ("update audit set record_id = 'tickets:3' where seq = 3", 3),
    "an altered seal": (f"update audit set hash = '{'1' * 64}' where seq = 5", 5),
    "a body that became bytes": ("update audit set body = x'ff' where seq = 2", 2),
    "a removed first entry": ("delete from audit where seq = 1", 1),
    "a removed middle entry": ("delete from audit where seq = 3", 3),
    "a removed last entry": ("delete from audit where seq = 5", 5),
    "everything removed": ("delete from audit", 1),
    "a head that is no head": ("update meta set value = 'gone' where key = 'audit_head'", 6),
    "a head that is missing": ("delete from meta where key = 'audit_head'", 6),
}


@pytest.mark.parametrize(("statement", "broken_at"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_where_it_begins(written: Ledger, statement: str, broken_at: int) -> None:
    written.db.execute(statement)
    assert audit.verify(written.db).broken_at == broken_at


def test_a_removed_entry_with_the_rest_renumbered_is_found(written: Ledger) -> None:
    written.db.execute("delete from audit where seq = 2")
    written.db.execute("update audit set seq = seq - 1 where seq > 2")
    assert audit.verify(written.db).broken_at == 2


def test_two_entries_that_change_places_are_found(written: Ledger) -> None:
    for before, after in ((2, 0), (3, 2), (0, 3)):
        written.db.execute("update audit set seq = ? where seq = ?", (after, before))
    assert audit.verify(written.db).broken_at == 2


def test_an_inserted_entry_is_found(written: Ledger) -> None:
    written.db.execute("update audit set seq = seq + 10 where seq > 2")
    written.db.execute("update audit set seq = seq - 9 where seq > 10")
    written.db.execute(
        "insert into audit select 3, at, run_id, kind, record_id, body, prev, hash, object_type"
        " from audit where seq = 2"
    )
    assert audit.verify(written.db).broken_at == 3


def test_an_entry_added_by_hand_at_the_end_is_found(written: Ledger) -> None:
    (newest,) = audit.log(written.db, last=1)
    written.db.execute(
        "insert into audit values (6, 1, 'r1', 'verdict', null, '{}', ?, ?, null)", (newest.hash, "2" * 64)
    )
    assert audit.verify(written.db).broken_at == 6


def test_a_broken_chain_is_a_damaged_ledger(written: Ledger) -> None:
    written.db.execute("delete from audit where seq = 4")
    with pytest.raises(LedgerDamaged, match="entry 4"):
        audit.require_whole(written.db)


def test_nothing_is_appended_behind_an_unreadable_head(written: Ledger) -> None:
    written.db.execute("update meta set value = 'gone' where key = 'audit_head'")
    with pytest.raises(LedgerDamaged), written.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {})])


def test_the_log_shows_the_newest_entries_oldest_first_of_one_ticket_or_kind(written: Ledger) -> None:
    assert [entry.seq for entry in audit.log(written.db, last=2)] == [4, 5]
    assert [entry.seq for entry in audit.log(written.db, record=RecordRef.of("3"))] == [3]
    assert list(audit.log(written.db, kind="task")) == []


def test_appending_nothing_leaves_the_head_where_it_is(written: Ledger) -> None:
    before = audit.verify(written.db)
    with written.transaction() as db:
        assert audit.append(db, at=9_000, run_id="r2", entries=[]) == 0
    assert audit.verify(written.db) == before
