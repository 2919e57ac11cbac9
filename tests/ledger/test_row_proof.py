"""What stands in the tables follows from the chain: whatever is altered, added or removed there is found and named."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.ledger import append_only, audit_verification, covered_tables, database, state
from hubspot_sla.ledger.audit_verification import Verification
from hubspot_sla.ledger.covered_tables import BY_ENTRIES, LEFT_OUT, PARTS
from hubspot_sla.ledger.row_problem import RowProblem
from ledger.full_ledger import desk_in, lived_through
from ledger.test_versions import LATE
from proof import SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

SAMPLE = 40
"""How many values are altered in the suite; all of them behind PROOF_SCALE."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Some hundred rows, in every table."""
    made = desk_in(tmp_path_factory.mktemp("judged") / "world")
    with pytest.MonkeyPatch.context() as patch:
        assert lived_through(made, Command(made, patch)) == LATE
    yield made
    made.close()


@pytest.fixture
def copy(judged: World) -> Iterator[sqlite3.Connection]:
    """The ledger in memory, with nothing that guards it."""
    with closing(sqlite3.connect(judged.folder / "ledger.db")) as source:
        db = sqlite3.connect(":memory:", isolation_level=None)
        source.backup(db)
    db.row_factory = sqlite3.Row
    append_only.lift(db)
    yield db
    db.close()


def altered(db: sqlite3.Connection, statement: str, *bound: object) -> Verification:
    """What is found once this was done to a ledger; it is undone."""
    db.execute("begin")
    try:
        assert db.execute(statement, bound).rowcount > 0, statement
        return verified(db)
    finally:
        db.execute("rollback")


def verified(db: sqlite3.Connection) -> Verification:
    try:
        return audit_verification.verify(db)
    except (sqlite3.OperationalError, TypeError, ValueError, LookupError) as error:  # `require_whole` says so
        return Verification(0, "", 1, str(error))


def found(result: Verification) -> str:
    assert not result.whole
    return result.why_not


COVERED = [*dict.fromkeys(part.table for part in PARTS), *BY_ENTRIES, "row_seals"]
PROVEN = [*COVERED, "audit", "audit_tree", "outcome_time"]
"""The last of them with its outcome, once that has ended."""
ENDED = f"outcome in (select id from outcomes where status not in ({', '.join(map(repr, map(str, sorted(OPEN))))}))"


def test_every_table_is_covered_or_left_out_with_a_reason(copy: sqlite3.Connection) -> None:
    tables = {row[0] for row in copy.execute("select name from sqlite_master where type = 'table'")}
    assert tables == {*COVERED, *LEFT_OUT}
    assert all(len(reason) > 10 for reason in LEFT_OUT.values())


def test_the_ledger_as_it_is_written_is_whole(copy: sqlite3.Connection) -> None:
    result = audit_verification.verify(copy)
    assert result.why_not == ""
    assert result.rows is not None
    assert result.rows.subjects > 10
    assert result.rows.baseline is None


def values(db: sqlite3.Connection) -> Iterator[tuple[str, str, str, object]]:
    """(table, column, key of the row as SQL, value) of all that is covered."""
    for table in PROVEN:
        parts = [part for part in PARTS if part.table == table]
        columns = [(row["name"], row["pk"]) for row in db.execute(f"pragma table_info({table})")]
        key = [name for name, place in columns if place]
        left_out = {name for part in parts for name in part.left_out}
        for row in db.execute(f"select * from {table} where {rows_of(table)}"):
            condition = " and ".join(f'"{name}" = {literal(row[name])}' for name in key)
            for name, _ in columns:
                if name not in left_out and not is_progress(table, name, row):
                    yield table, name, condition, row[name]


def rows_of(table: str) -> str:
    """Which of them are proven, as SQL."""
    wheres = [f"({part.where.format(row='')})" for part in PARTS if part.table == table]
    return ENDED if table == "outcome_time" else " or ".join(wheres) or "1"


def is_progress(table: str, name: str, row: sqlite3.Row) -> bool:
    open_outcome = table == "outcomes" and row["status"] in ("pending", "running", "paused", "at_risk", "breached")
    part_of_4 = next(part for part in PARTS if part.table == "outcomes")
    return (open_outcome and name in part_of_4.as_) or (table, name) == ("row_seals", "hints")


def literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def others(value: object) -> Iterator[object]:
    """Values that somebody may put in its place; of a text and of bytes, each with one byte changed."""
    if isinstance(value, int):
        yield from (value + 1, None) if value else (value + 1,)
    elif value is None:
        yield from ("x", 7)
    else:
        content = value if isinstance(value, bytes) else str(value).encode()
        for place in range(len(content)):
            changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            yield changed if isinstance(value, bytes) else changed.decode("utf-8", "replace")
        if not content:
            yield "x"


def test_every_value_that_is_altered_is_found(copy: sqlite3.Connection) -> None:
    copy.execute("pragma ignore_check_constraints = on")
    every = list(values(copy))
    assert {table for table, *_ in every} == set(PROVEN)
    chosen = every
    if SCALE == 1:
        by_column = {(table, column): (table, column, key, value) for table, column, key, value in every}
        chosen = [*by_column.values()][:: max(1, len(by_column) // SAMPLE)]
    unnoticed = []
    for table, column, key, value in chosen:
        replacements = list(others(value))
        for other in replacements if SCALE > 1 else replacements[-1:]:
            if (table, column, other) == ("records", "next_at", 0):
                continue  # to be judged at once hides nothing
            try:
                result = altered(copy, f'update {table} set "{column}" = ? where {key}', other)
            except sqlite3.IntegrityError:
                continue  # SQLite itself does not take it
            if result.whole:
                unnoticed.append((table, column, key, other))
    assert unnoticed == []


@pytest.mark.parametrize("table", [table for table in PROVEN if table != "row_seals"])
def test_a_row_that_is_removed_doubled_or_swapped_is_found(copy: sqlite3.Connection, table: str) -> None:
    columns = copy.execute(f"pragma table_info({table})").fetchall()
    keys = [column["name"] for column in columns if column["pk"]]
    rows = copy.execute(f"select * from {table} where {rows_of(table)}").fetchall()
    assert rows
    for place in range(0, len(rows), 1 if SCALE > 1 else max(1, len(rows) // 2)):
        row = rows[place]
        assert not altered(copy, f"delete from {table} where {of_row(row, keys)}").whole
        with suppress(sqlite3.IntegrityError):  # SQLite itself does not take it
            if table != "meta":
                names = [f'"{column["name"]}"' for column in columns]
                last = f'"{keys[-1]}"'
                other = [doubled(name, row[keys[-1]]) if name == last else name for name in names]
                added = f"insert into {table} ({', '.join(names)}) select {', '.join(other)} from {table}"
                assert not altered(copy, f"{added} where {of_row(row, keys)}").whole
        with suppress(sqlite3.IntegrityError):
            if swapping := swapped(table, columns, row, rows[place - 1]):
                assert not altered(copy, swapping).whole, swapping


def of_row(row: sqlite3.Row, keys: list[str]) -> str:
    return " and ".join(f'"{name}" = {literal(row[name])}' for name in keys)


def doubled(name: str, value: object) -> str:
    return f"{name} + 100000" if isinstance(value, int) else f"{name} || '1'"


def swapped(table: str, columns: list[sqlite3.Row], one: sqlite3.Row, other: sqlite3.Row) -> str:
    """Each takes the place of the other; "" where nothing that is covered would be another thing."""
    keys = [column["name"] for column in columns if column["pk"]]
    left_out = {*keys, *(name for part in PARTS if part.table == table for name in part.left_out)}
    names = [column["name"] for column in columns if column["name"] not in left_out]
    names = [name for name in names if one[name] != other[name]]
    names = [name for name in names if not is_progress(table, name, one) and not is_progress(table, name, other)]
    first = of_row(one, keys)
    put = '"{}" = case when {} then {} else {} end'
    values = (put.format(name, first, literal(other[name]), literal(one[name])) for name in names)
    return f"update {table} set {', '.join(values)} where ({first}) or ({of_row(other, keys)})" if names else ""


def test_the_table_and_the_row_are_named(copy: sqlite3.Connection) -> None:
    change = "update facts set value = '2' where record_id = ? and name = 'hs_pipeline_stage'"
    text = found(altered(copy, change, LATE))
    assert f"record tickets:{LATE}, table facts: the row name hs_pipeline_stage, at " in text
    assert "nth 0 was altered" in text
    insert = "insert into facts values ('tickets', ?, 'hs_pipeline_stage', 5, 0, '4', 'API', null)"
    text = found(altered(copy, insert, LATE))
    assert f"record tickets:{LATE}, table facts: the row name hs_pipeline_stage, at 5, nth 0 was added" in text
    text = found(altered(copy, "update verdicts set status = 'met' where record_id = ?", LATE))
    assert f"record tickets:{LATE}, table verdicts: the row clock " in text


def test_a_row_that_names_no_type_of_record_is_named_all_the_same() -> None:
    """Without its constraints a file holds such rows too."""
    problem = RowProblem("outbox", None, "7", "a row was added")  # type: ignore[arg-type]
    assert str(problem) == "record None:7, table outbox: a row was added"
    assert problem.as_json()["kind"] == "None"


ALTERATIONS = {
    "a stored version": "update policy_versions set texts = x'00'",
    "a false fact": "insert into facts values ('tickets', '28100001', 'reply', 5, 0, 'x', 'API', null)",
    "a fact of no ticket": "insert into facts values ('tickets', '1', 'reply', 5, 0, 'x', 'API', null)",
    "a deadline that is gone": "update records set next_at = null, open = 0 where record_id = '28100001'",
    "a go-live ahead": "update meta set value = '9999999999999' where key = 'go_live_at'",
    "no go-live": "delete from meta where key = 'go_live_at'",
    "an invented outbox key": (
        "insert into outbox (key, object_type, record_id, kind, body, state, run_id, queued_at)"
        " values ('x', 'tickets', '28100001', 'task', '{}', 'confirmed', 'r', 1)"
    ),
    "an invented write": (
        "insert into outbox (key, object_type, record_id, kind, body, state, run_id, queued_at)"
        " values ('x', 'tickets', '28100001', 'properties', '{}', 'pending', 'r', 1)"
    ),
    "an invented waiver": (
        "insert into waivers (object_type, record_id, company_id, pipeline_id, reason, evidence, granted_by,"
        " granted_at, stops, entry) values ('tickets', '28100001', '', '', 'x', '', '', 1, 0, 1)"
    ),
    "an emptied log": "delete from audit",
    "a seal that is gone": "delete from row_seals where id = '28100001'",
    "all seals gone": "delete from row_seals",
    "time of an outcome that is not there": "insert into outcome_time values (99999, 'queue', '', 0, 1)",
}


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_what_hid_a_breach_is_found(copy: sqlite3.Connection, statement: str) -> None:
    found(altered(copy, statement))


def test_an_emptied_log_without_its_head_is_not_whole(copy: sqlite3.Connection) -> None:
    for emptied in ("audit", "audit_texts", "audit_tree", "row_seals"):
        copy.execute(f"delete from {emptied}")
    copy.execute("delete from meta where key = 'audit_head'")
    found(audit_verification.verify(copy))


def test_a_record_put_back_to_an_earlier_state_with_its_seal_is_found(judged: World, copy: sqlite3.Connection) -> None:
    """Rows, and the seal that they once had: the chain speaks of that record later."""
    before = copy.execute("select * from row_seals where id = ?", (LATE,)).fetchone()
    entry = next(
        row["seq"]
        for row in copy.execute("select seq, body from audit where kind = 'rows' order by seq")
        if f'"{LATE}"' in row["body"] and row["seq"] < before["entry"]
    )
    assert "row_seals" in found(altered(copy, "update row_seals set entry = ? where id = ?", entry, LATE))
    assert judged.rows("select count(*) from row_seals") != [(0,)]


# Nobody judges by rows that were altered, and nothing seals them anew.


@pytest.fixture
def ledger(path: Path) -> Iterator[database.Ledger]:
    with database.open_for_writing(path) as opened:
        with opened.transaction() as db:
            state.write(db, state.GO_LIVE, 5)
            state.write(db, state.PORTAL, "1")
        yield opened


def test_what_was_altered_is_not_sealed_by_a_change_of_the_same_row(ledger: database.Ledger) -> None:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("update meta set value = '9' where key = 'go_live_at'")
    with pytest.raises(LedgerDamaged, match="meta go_live_at"), ledger.transaction() as db:
        state.write(db, state.GO_LIVE, 7)
    assert state.read(ledger.db, state.GO_LIVE) == "9"
    assert "meta go_live_at" in found(audit_verification.verify(ledger.db))
    with ledger.transaction() as db:  # what is not concerned goes on
        state.write(db, state.PORTAL, "2")


def test_a_seal_forged_with_its_row_is_found_for_ever(ledger: database.Ledger) -> None:
    from hubspot_sla.ledger import row_digests, row_seals

    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.row_factory = sqlite3.Row
        other.execute("update meta set value = '9' where key = 'go_live_at'")
        part = next(part for part in covered_tables.PARTS if part.table == "meta")
        forged = row_digests.RowReader(other).digests(part, ":meta", ["go_live_at"])["go_live_at"]
        digests = row_digests.packed({part.number: forged})
        other.execute("update row_seals set digests = ?, hints = ? where id = 'go_live_at'", digests)
    assert "row_seals" in found(audit_verification.verify(ledger.db))
    with ledger.transaction() as db:  # the row and its seal agree
        state.write(db, state.GO_LIVE, 11)
    assert "goes on from rows that are not those of entry" in found(audit_verification.verify(ledger.db))
    assert row_seals.read(ledger.db, ":meta", ["go_live_at"])
