"""The audit log as a file, heads that were kept elsewhere, and what is said of rows that somebody altered."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import orjson
import pytest

from altered import alter
from hubspot_sla.ledger import audit_seals, covered_tables
from hubspot_sla.plan.records import RecordRef
from proof import SCALE

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Command
    from flows.world import World


@pytest.fixture
def late(live: World) -> str:
    ticket = live.ticket(subject="=cmd()", hs_ticket_priority="HIGH", company="5004")
    live.sync()
    live.advance(hours=2)
    live.sync()
    return ticket


def test_the_chain_is_computed_again_from_the_exported_lines(live: World, sla: Command, late: str) -> None:
    exported = [orjson.loads(line) for line in sla("audit", "export").out.splitlines()]
    assert [entry["seq"] for entry in exported] == list(range(1, len(exported) + 1))
    assert late in {entry["record_id"] for entry in exported}
    head = audit_seals.GENESIS
    for entry in exported:
        key = RecordRef(entry["object_type"], entry["record_id"]).key if entry["record_id"] else None
        hashes = [None if entry[name] is None else bytes.fromhex(entry[name]) for name in ("commitment", "digest")]
        place = entry["seq"], entry["at_ms"], entry["run_id"], entry["kind"]
        head = audit_seals.second_form(head, *place, key, entry["body"], *hashes).hex()
        assert entry["hash"] == head
        if hashes[0] is not None:
            assert hashlib.sha256(bytes.fromhex(entry["salt"]) + entry["texts"].encode()).digest() == hashes[0]
    assert live.rows("select lower(hex(hash)) from audit order by seq desc limit 1") == [(head,)]


def test_no_cell_of_the_exported_csv_is_a_formula(live: World, sla: Command, late: str) -> None:
    assert sla("audit", "export", "--format", "csv", "--out", "log.csv").code == 0
    content = (live.folder / "log.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert len(rows) == live.rows("select count(*) from audit")[0][0]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert sla("audit", "export", "--out", "no/such/folder").code == 2
    assert late in content


def test_a_kept_head_leads_to_the_log_and_to_no_other(live: World, sla: Command, late: str) -> None:
    (live.folder / "head.json").write_text(sla("audit", "head").out)
    live.change(late, hs_ticket_priority="LOW")
    live.advance(minutes=1)
    live.sync()
    ended = sla("audit", "verify", "--against", "head.json")
    assert ended.code == 0
    assert "1 heads that were kept lead to it" in ended.out
    assert sla("audit", "verify", "--against", "head.json", "--json").json["rows"]["problems"] == []
    other = orjson.loads((live.folder / "head.json").read_bytes()) | {"seal": "ab" * 32}
    (live.folder / "other.json").write_bytes(orjson.dumps(other))
    ended = sla("audit", "verify", "--against", "other.json")
    assert (ended.code, "is not the log of the head of" in ended.err) == (4, True)
    (live.folder / "none.json").write_text("{}")
    assert sla("audit", "verify", "--against", "none.json").code == 2


ALTERATIONS = {
    "a fact": "insert into facts values ('tickets', '{late}', 'x', 5, 0, '4', 'API', null)",
    "a verdict": "update verdicts set status = 'met' where record_id = '{late}'",
    "a deadline": "update records set next_at = null, open = 0 where record_id = '{late}'",
    "a version": "update policy_versions set effective_at = effective_at + 1",
    "a company": "update companies set history = replace(history, 'g', 'f')",
    "a seal": "update row_seals set salt = zeroblob(16) where id = '{late}'",
}


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_explanation_says_that_it_rests_on_altered_rows(
    live: World, sla: Command, late: str, statement: str
) -> None:
    assert sla("explain", late).code == 0
    alter(live.folder / "ledger.db", statement.format(late=late))
    ended = sla("explain", late)
    assert (ended.code, "do not follow from the audit chain" in ended.err) == (4, True)
    assert sla("audit", "verify").code == 4


def test_nothing_is_judged_by_an_altered_version_of_the_mappings(live: World, sla: Command, late: str) -> None:
    alter(live.folder / "ledger.db", "update policy_versions set portal_ids = portal_ids || ' '")
    live.advance(minutes=1)
    ended = sla("sync")
    assert (ended.code, "policy_versions 1" in ended.err) == (4, True)
    assert late


# A ledger whose rows do not parse.

READING = (
    *(("audit", "log"), ("audit", "log", "--json"), ("audit", "export"), ("audit", "verify"), ("audit", "replay")),
    *(("explain", "{late}"), ("explain", "{late}", "--json"), ("status",), ("status", "--json"), ("list",)),
    *(("report",), ("report", "late"), ("quarantine", "list"), ("waiver", "list"), ("period", "list")),
)
DAMAGES = ("x'ff'", "'{'", "'[1]'", "'null'", "'7'", "-1", "1.5")


def test_no_damaged_row_ends_in_a_traceback(live: World, sla: Command, late: str, tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    with closing(sqlite3.connect(live.folder / "ledger.db")) as db:
        db.execute("pragma wal_checkpoint(truncate)")
        tables = {*(part.table for part in covered_tables.PARTS), "audit", "audit_texts"} - {"meta"}
        progress = {(part.table, name) for part in covered_tables.PARTS for name in (*part.as_, *part.left_out)}
        every_column = {
            (table, row[1]) for table in tables for row in db.execute(f"pragma table_info({table})").fetchall()
        }
        columns = sorted(every_column - progress)
    shutil.copy(live.folder / "ledger.db", whole)
    every = [(place, damage, command) for place in columns for damage in DAMAGES for command in READING]
    broken = []
    for (table, column), damage, command in every[:: 1 if SCALE > 1 else len(every) // 40]:
        shutil.copy(whole, live.folder / "ledger.db")
        try:
            alter(live.folder / "ledger.db", f"update {table} set {column} = {damage}")
        except (AssertionError, sqlite3.IntegrityError):
            continue
        try:
            ended = sla(*(part.format(late=late) for part in command))
        except AssertionError as error:
            broken.append((table, column, damage, command, str(error)[-200:]))
            continue
        if ended.code not in (0, 2, 4, 75) or "Traceback" in ended.err:
            broken.append((table, column, damage, command, ended.code, ended.err[-300:]))
    assert broken == []
