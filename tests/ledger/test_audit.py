"""The chain: whatever is done to an entry, or to what it refers to, is found, where it begins."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import (
    append_only,
    audit,
    audit_fields,
    audit_verification,
    companies,
    contacts,
    database,
    facts,
    state,
    versions,
)
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.audit_seals import GENESIS
from hubspot_sla.ledger.companies import CompanyRow
from hubspot_sla.ledger.contacts import ContactRow
from hubspot_sla.ledger.facts import Fact
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.ledger.database import Ledger


def ticket(record_id: str) -> RecordRef:
    return RecordRef("tickets", record_id)


@pytest.fixture
def written(ledger: Ledger) -> Ledger:
    """Five entries from three appends, the odd ones about a ticket and with a text."""
    for first, last in ((1, 2), (3, 3), (4, 5)):
        entries = [
            Entry("task", {"number": n, "subject": f"Printer {n}"}, ticket(str(n)))
            if n % 2
            else Entry("setup", {"number": n})
            for n in range(first, last + 1)
        ]
        with ledger.transaction() as db:
            audit.append(db, at=1_000 * first, run_id="r1", entries=entries)
    append_only.lift(ledger.db)  # as whoever owns the file can
    return ledger


def test_an_empty_chain_is_whole(ledger: Ledger) -> None:
    result = audit_verification.verify(ledger.db)
    assert (result.whole, result.entries, result.head) == (True, 0, GENESIS)


def test_an_untouched_chain_is_whole_and_prints_its_head(written: Ledger) -> None:
    result = audit_verification.verify(written.db)
    (newest,) = audit.log(written.db, last=1)
    assert (result.whole, result.entries, result.head) == (True, 5, newest.hash)


OTHER = "x'" + "11" * 32 + "'"
TAMPERINGS = {
    "an altered body": ("""update audit set body = '{"number":9}' where seq = 3""", 3),
    "an altered time": ("update audit set at = at + 1 where seq = 2", 2),
    "an altered run": ("update audit set run_id = 'r2' where seq = 1", 1),
    "an altered kind": ("update audit set kind = 'plan' where seq = 4", 4),
    "an altered ticket": ("update audit set record_id = '7', object_type = 'tickets' where seq = 4", 4),
    "a record where there was none": ("update audit set object_type = 'companies' where seq = 4", 4),
    "a type that moved into the id": ("update audit set record_id = 'tickets:3' where seq = 3", 3),
    "an altered object type": ("update audit set object_type = 'deals' where seq = 3", 3),
    "an altered seal": (f"update audit set hash = {OTHER} where seq = 5", 5),
    "an altered commitment": (f"update audit set commitment = {OTHER} where seq = 3", 3),
    "a commitment to nothing": ("update audit set commitment = null where seq = 3", 3),
    "a digest of nothing": (f"update audit set digest = {OTHER} where seq = 3", 3),
    "a body that became bytes": ("update audit set body = x'ff' where seq = 2", 2),
    "a seal that became text": ("update audit set hash = lower(hex(hash)) where seq = 2", 2),
    "something before it": ("update audit set prev = 'x' where seq = 2", 2),
    "an altered text": ("""update audit_texts set texts = '{"subject":"Scanner 3"}' where entry = 3""", 3),
    "an altered salt": (f"update audit_texts set salt = {OTHER} where entry = 3", 3),
    "a salt that became text": ("update audit_texts set salt = 'salt' where entry = 3", 3),
    "a text that became bytes": ("update audit_texts set texts = x'ff' where entry = 3", 3),
    "a removed text": ("delete from audit_texts where entry = 3", 3),
    "a text that was emptied": ("update audit_texts set texts = null where entry = 3", 3),
    "a text of an entry that has none": ("""insert into audit_texts values (4, x'00', '{"subject":"x"}')""", 4),
    "a text of an entry that is not there": ("""insert into audit_texts values (9, x'00', '{"subject":"x"}')""", 6),
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
    assert audit_verification.verify(written.db).broken_at == broken_at


def test_a_removed_entry_with_the_rest_renumbered_is_found(written: Ledger) -> None:
    written.db.execute("delete from audit where seq = 2")
    written.db.execute("update audit set seq = seq - 1 where seq > 2")
    assert audit_verification.verify(written.db).broken_at == 2


def test_two_entries_that_change_places_are_found(written: Ledger) -> None:
    for before, after in ((2, 0), (3, 2), (0, 3)):
        written.db.execute("update audit set seq = ? where seq = ?", (after, before))
    assert audit_verification.verify(written.db).broken_at == 2


COLUMNS = "at, run_id, kind, record_id, body, prev, hash, object_type, commitment, digest"


def test_an_inserted_entry_is_found(written: Ledger) -> None:
    written.db.execute("update audit set seq = seq + 10 where seq > 2")
    written.db.execute("update audit set seq = seq - 9 where seq > 10")
    written.db.execute(f"insert into audit (seq, {COLUMNS}) select 3, {COLUMNS} from audit where seq = 2")
    assert audit_verification.verify(written.db).broken_at == 3


def test_an_entry_added_by_hand_at_the_end_is_found(written: Ledger) -> None:
    written.db.execute(
        "insert into audit (seq, at, run_id, kind, object_type, body, prev, hash)"
        f" values (6, 1, 'r1', 'verdict', null, '{{}}', '', {OTHER})"
    )
    assert audit_verification.verify(written.db).broken_at == 6


def test_a_broken_chain_is_a_damaged_ledger(written: Ledger) -> None:
    written.db.execute("delete from audit where seq = 4")
    with pytest.raises(LedgerDamaged, match="entry 4"):
        audit_verification.require_whole(written.db)


def test_nothing_is_appended_behind_an_unreadable_head(written: Ledger) -> None:
    written.db.execute("update meta set value = 'gone' where key = 'audit_head'")
    with pytest.raises(LedgerDamaged), written.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("setup", {})])


def test_the_log_shows_the_newest_entries_oldest_first_of_one_record_or_kind(written: Ledger) -> None:
    assert [entry.seq for entry in audit.log(written.db, last=2)] == [4, 5]
    assert [entry.seq for entry in audit.log(written.db, record=ticket("3"))] == [3]
    assert list(audit.log(written.db, kind="verdict")) == []


def test_appending_nothing_leaves_the_head_where_it_is(written: Ledger) -> None:
    before = audit_verification.verify(written.db)
    with written.transaction() as db:
        assert audit.append(db, at=9_000, run_id="r2", entries=[]) == 5
    assert audit_verification.verify(written.db) == before


# Texts stand outside the chain.


def test_a_text_is_read_with_its_entry_and_stands_outside_the_chain(written: Ledger) -> None:
    (entry,) = audit.log(written.db, record=ticket("3"))
    assert entry.body == {"number": 3, "subject": "Printer 3"}
    assert written.db.execute("select body from audit where seq = 3").fetchone()[0] == '{"number":3}'


def test_equal_texts_have_commitments_of_their_own(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("task", {"subject": "Printer"}) for _ in range(3)])
    commitments = {row[0] for row in ledger.db.execute("select commitment from audit")}
    salts = {row[0] for row in ledger.db.execute("select salt from audit_texts")}
    assert (len(commitments), len(salts), {len(salt) for salt in salts}) == (3, 3, {32})


def test_a_commitment_is_sha_256_over_salt_and_text(written: Ledger) -> None:
    row = written.db.execute("select commitment, salt, texts from audit join audit_texts on entry = seq").fetchone()
    assert row["commitment"] == hashlib.sha256(row["salt"] + row["texts"].encode()).digest()


def test_the_log_is_readable_with_plain_sqlite(written: Ledger) -> None:
    with sqlite3.connect(written.path) as plain:
        row = plain.execute(
            "select seq, at, kind, record_id, body, texts, form from audit_log where seq = 3"
        ).fetchone()
    plain.close()
    assert row == (3, "1970-01-01T00:00:03.000Z", "task", "3", '{"number":3}', '{"subject":"Printer 3"}', 2)


KEYS = st.sampled_from(["status", "due_at", "tier", "plan", "reason", "subject", "withdrawn", "facts", "key"])
LEAVES = st.sampled_from([None, 0, 7, "", "x"])
_FLAT = st.dictionaries(KEYS, LEAVES, max_size=4)
_NESTED = st.dictionaries(KEYS, LEAVES | _FLAT | st.lists(_FLAT, max_size=3), max_size=4)
BODIES = st.dictionaries(KEYS, LEAVES | _NESTED | st.lists(_NESTED, max_size=3), max_size=4)


@given(BODIES)
def test_a_body_that_was_parted_is_joined_to_what_it_was(body: dict[str, object]) -> None:
    clear, texts = audit_fields.parted(body)
    assert audit_fields.joined(clear, texts) == body


def test_verdicts_are_parted_clock_by_clock_whatever_the_clock_is_called() -> None:
    body = {"after": {"stage:reason": {"status": "met", "reason": "it was told"}, "resolution": {"status": "met"}}}
    clear = {"after": {"stage:reason": {"status": "met"}, "resolution": {"status": "met"}}}
    assert audit_fields.parted(body) == (clear, {"after": {"stage:reason": {"reason": "it was told"}}})


@given(BODIES)
def test_no_text_stays_in_the_clear_part(body: dict[str, object]) -> None:
    clear, _ = audit_fields.parted(body)

    def keys(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            yield from (key for inner in value.values() for key in keys(inner))
        elif isinstance(value, list):
            yield from (key for inner in value for key in keys(inner))

    assert not {"reason", "subject", "facts"} & set(keys(clear))


# What entries refer to is covered by their digests.

VERSION = PolicyVersion("sha256:1", 5, {"portal.yaml": "pipelines: {}"}, {"pipelines": {}})


@pytest.fixture
def judged(ledger: Ledger) -> Ledger:
    """A version of the mappings, a company and a ticket, the ticket absorbed by another one, which has a contact: the
    entries 1, 3 and 4, and 6; those of their rows are 2, 5 and 7."""
    with ledger.transaction() as db:
        assert versions.add(db, VERSION) == 1
        audit.append(db, at=1, run_id="r", entries=[Entry("policy", {"mappings": 1})])
    with ledger.transaction() as db:
        first = audit.next_number(db)
        facts.remember(db, "tickets", {"10": [Fact("stage", 1, "new", "CRM_UI")]}, first)
        companies.save(db, [CompanyRow("143", {"tier": [(1, "gold")]}, 2)], first)
        entries = [
            Entry("company", {"companies": [["143"]]}, RecordRef("companies", "143")),
            Entry("verdict", {"mappings": 1, "companies": [["143", 1]]}, ticket("10")),
        ]
        audit.append(db, at=2, run_id="r", entries=entries)
    with ledger.transaction() as db:
        first = audit.next_number(db)
        facts.remember(db, "tickets", {"11": [Fact("stage", 2, "new", "CRM_UI")]}, first)
        contacts.save(db, "tickets", {"11": [ContactRow("7", {"vip": [(1, "yes")]})]}, first)
        body = {"mappings": 1, "companies": [["143", 1]], "contacts": ["7"], "absorbed": ["10"]}
        audit.append(db, at=3, run_id="r", entries=[Entry("verdict", body, ticket("11"))])
    append_only.lift(ledger.db)
    return ledger


ALTERATIONS = {
    "a value of a fact": ("update facts set value = 'closed' where record_id = '10'", 4),
    "the instant of a fact": ("update facts set at = 3 where record_id = '10'", 4),
    "the source of a fact": ("update facts set source = 'API' where record_id = '11'", 6),
    "the entry of a fact": ("update facts set entry = 4 where record_id = '11'", None),
    "a later entry of a fact": ("update facts set entry = 6 where record_id = '10'", 4),
    "an entry that is not there": ("update facts set entry = 19 where record_id = '11'", 6),
    "a fact that is bytes": ("update facts set value = x'ff' where record_id = '10'", 4),
    "a removed fact": ("delete from facts where record_id = '10'", 4),
    "an older fact": ("insert into facts values ('tickets', '10', 'stage', 0, 0, 'x', 'API', null)", 4),
    "another fact": ("insert into facts values ('tickets', '11', 'stage', 9, 0, 'x', 'API', 6)", 6),
    "a fact that no entry covers": ("insert into facts values ('tickets', '11', 'stage', 9, 0, 'x', 'API', 7)", 8),
    "a fact of a record that is in no entry": ("insert into facts values ('tickets', '5', 'a', 9, 0, 'x', 'y', 4)", 8),
    "the texts of the mappings": ("update policy_versions set texts = x'00'", 1),
    "since when they were in force": ("update policy_versions set effective_at = 6", 1),
    "what their labels stood for": ("update policy_versions set portal_ids = '{}'", 1),
    "a removed version": ("delete from policy_versions", 1),
    "a tier": ("update companies set history = replace(history, 'gold', 'free')", 3),
    "a removed company": ("delete from companies", 3),
    "a contact's value": ("update contacts set history = replace(history, 'yes', 'no')", 6),
    "a removed contact": ("delete from contacts", 6),
    "a history that is none": ("update companies set history = '[1]'", 3),
}


@pytest.mark.parametrize(("statement", "broken_at"), ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_an_entry_refers_to_is_covered(judged: Ledger, statement: str, broken_at: int | None) -> None:
    assert audit_verification.verify(judged.db).whole
    judged.db.execute(statement)
    result = audit_verification.verify(judged.db)
    assert (result.broken_at, result.whole) == (broken_at, False)


def test_what_is_seen_later_leaves_earlier_digests_as_they_are(judged: Ledger) -> None:
    with judged.transaction() as db:
        first = audit.next_number(db)
        facts.remember(db, "tickets", {"10": [Fact("stage", 0, "earlier still", "API")]}, first)
        companies.save(db, [CompanyRow("143", {"tier": [(0, "free")], "vip": [(5, "yes")]}, 2)], first)
        contacts.save(db, "tickets", {"11": [ContactRow("8", {"vip": [(1, "no")]})]}, first)
        entries = [Entry("facts", {}, ticket("10")), Entry("facts", {"contacts": ["8"]}, ticket("11"))]
        audit.append(db, at=4, run_id="r", entries=entries)
    assert audit_verification.verify(judged.db).whole
    assert [row.id for row in contacts.load(judged.db, "tickets", ["11"])["11"]] == ["8"]
    assert companies.load(judged.db, ["143"], until=7)["143"].history == {"tier": [(1, "gold")], "vip": []}
    assert [fact.value for fact in facts.recall(judged.db, "tickets", ["10"], until=7)["10"]] == ["new"]


SEEN = st.dictionaries(
    st.sampled_from(["1", "2", "3"]),
    st.lists(
        st.builds(
            Fact,
            st.sampled_from(["stage", "owner"]),
            st.integers(0, 3),
            st.sampled_from(["a", "b", None]),
            st.just("x"),
        ),
        max_size=4,
    ),
    max_size=3,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(SEEN, max_size=5))
def test_whatever_is_seen_when_the_chain_holds_and_no_fact_can_change(batches: list[dict[str, list[Fact]]]) -> None:
    with TemporaryDirectory() as folder, database.open_for_writing(Path(folder) / "ledger.db") as ledger:
        for seen in batches:
            with ledger.transaction() as db:
                news = facts.with_news(db, "tickets", seen)
                facts.remember(db, "tickets", seen, audit.next_number(db))
                entries = [Entry("facts", {"absorbed": ["3"] if id_ == "1" else []}, ticket(id_)) for id_ in news]
                audit.append(db, at=1, run_id="r", entries=entries)
        assert audit_verification.verify(ledger.db).whole
        append_only.lift(ledger.db)
        for row in ledger.db.execute("select record_id, name, at, nth from facts").fetchall():
            ledger.db.execute("begin")
            query = "update facts set value = 'z' where record_id = ? and name = ? and at = ? and nth = ?"
            ledger.db.execute(query, tuple(row))
            assert not audit_verification.verify(ledger.db).whole
            ledger.db.execute("rollback")


# Entries of the first form stay as they were written.


def former_append(ledger: Ledger, entries: list[tuple[str, str | None, dict[str, object]]]) -> str:
    """What ledgers up to version 4 wrote; the head they noted."""
    head = GENESIS
    with ledger.transaction() as db:
        for seq, (kind, record_id, body) in enumerate(entries, 1):
            text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
            seal = hashlib.sha256(orjson.dumps([head, seq, 7, "r0", kind, record_id, text])).hexdigest()
            db.execute(
                "insert into audit (seq, at, run_id, kind, record_id, body, prev, hash) values (?,7,'r0',?,?,?,?,?)",
                (seq, kind, record_id, text, head, seal),
            )
            head = seal
        state.write(db, "audit_head", f"{len(entries)}:{head}")
    return head


@pytest.fixture
def upgraded(ledger: Ledger) -> tuple[Ledger, str]:
    """Three entries of the first form, the last one about no ticket, then two of the second; and the head between."""
    former = [("verdict", "1", {"told": "met"}), ("write", "2", {"changes": {}}), ("policy", None, {"version": "x"})]
    noted = former_append(ledger, former)
    with ledger.transaction() as db:
        entries = [Entry("task", {"number": 4, "subject": "Printer"}, ticket("1")), Entry("setup", {})]
        audit.append(db, at=8, run_id="r1", entries=entries)
    append_only.lift(ledger.db)
    return ledger, noted


def test_a_head_noted_before_the_upgrade_still_verifies(upgraded: tuple[Ledger, str]) -> None:
    ledger, noted = upgraded
    result = audit_verification.verify(ledger.db)
    assert (result.whole, result.entries) == (True, 5)
    assert [entry.hash for entry in audit.log(ledger.db)][2] == noted


def test_both_forms_are_read_as_one_log(upgraded: tuple[Ledger, str]) -> None:
    ledger, _ = upgraded
    about_1 = [(entry.kind, entry.body) for entry in audit.log(ledger.db, record=ticket("1"))]
    assert about_1 == [("verdict", {"told": "met"}), ("task", {"number": 4, "subject": "Printer"})]
    forms = [tuple(row) for row in ledger.db.execute("select seq, form from audit_log")]
    assert forms == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]


FORMER_TAMPERINGS = {
    "an altered body": ("""update audit set body = '{"told":"missed"}' where seq = 1""", 1),
    "an altered ticket": ("update audit set record_id = '3' where seq = 2", 2),
    "another object type": ("update audit set object_type = 'deals' where seq = 2", 2),
    "an altered seal": (f"update audit set hash = '{'1' * 64}' where seq = 3", 3),
    "an altered predecessor": (f"update audit set prev = '{'1' * 64}' where seq = 3", 3),
    "a commitment": (f"update audit set commitment = {OTHER} where seq = 2", 2),
    "a digest": (f"update audit set digest = {OTHER} where seq = 2", 2),
    "texts": ("insert into audit_texts values (2, x'00', '{}')", 2),
    "a first form behind a second": ("update audit set hash = 'x', prev = 'y' where seq = 5", 5),
}


@pytest.mark.parametrize(("statement", "broken_at"), FORMER_TAMPERINGS.values(), ids=FORMER_TAMPERINGS)
def test_tampering_with_the_first_form_is_found(upgraded: tuple[Ledger, str], statement: str, broken_at: int) -> None:
    ledger, _ = upgraded
    ledger.db.execute(statement)
    assert audit_verification.verify(ledger.db).broken_at == broken_at


def test_a_chain_of_the_second_form_cannot_go_on_in_the_first(written: Ledger) -> None:
    """Somebody who appends as earlier versions did, with a seal that follows, is found all the same."""
    head = audit_verification.verify(written.db).head
    seal = hashlib.sha256(orjson.dumps([head, 6, 1, "r", "setup", None, "{}"])).hexdigest()
    with written.transaction() as db:
        db.execute(
            "insert into audit (seq, at, run_id, kind, object_type, body, prev, hash)"
            " values (6, 1, 'r', 'setup', null, '{}', ?, ?)",
            (head, seal),
        )
        state.write(db, "audit_head", f"6:{seal}")
    assert audit_verification.verify(written.db).broken_at == 6
