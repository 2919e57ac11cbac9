"""A ledger whose rows do not parse ends every command that reads it with 4 and the remedy, or does without the row: no
row of any table, damaged in any way, ends in a traceback."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from altered import alter
from cli.conftest import Command
from flows.test_sweep import run_sweep
from flows.world import NOW, world
from hubspot_sandbox.native_sla import Goals
from proof import PARTS, SCALE
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

SAMPLE = 14
"""How many commands are run in the suite, each on a ledger with another damage; all of them behind PROOF_SCALE."""
CONTRACTS = """\
contracts:
  - id: acme
    name: Support of Acme
    customer: "5015"
    currency: EUR
    timezone: Europe/Berlin
    valid_from: 2026-09-16
    fees: {support: 999.99}
    objectives:
      - id: resolution
        measure: {attainment: resolution}
        promised: 95%
        credit: {bands: [{below: 95%, at_least: 90%, pays: 5%}, {below: 90%, pays: 10%}]}
    exclusions:
      - {waived: [customer's fault]}
    claim: {closes: {days: 30}}
"""
DAMAGES = (
    *("null", "'x'", "'{'", "'[1]'", "'null'", "'7'", "'{\"x\": 1}'"),
    *("x'ff'", "-1", "1.5", "9223372036854775807"),
)
READING = (
    *(("status",), ("status", "--json"), ("doctor",), ("quarantine", "list"), ("jobs",), ("list",), ("list", "--json")),
    *(("explain", "{late}"), ("explain", "{late}", "--json"), ("explain", "{late}", "--at", "{then}")),
    *(("explain", "{late}", "--at", "{then}", "--json"), ("receipt", "{late}")),
    *(("audit", "log"), ("audit", "log", "--json"), ("audit", "export"), ("audit", "verify"), ("audit", "replay")),
    *(("audit", "head"), ("waiver", "list"), ("notify",), ("period", "list"), ("period", "show", "2026-11")),
    *(("report",), ("report", "--format", "html", "--out", "report.html"), ("report", "--by", "customer,owner")),
    *(("report", "late"), ("report", "list", "--period", "2026-11"), ("report", "statement", "--customer", "5015")),
    *(("contract", "list"), ("contract", "show", "acme"), ("contract", "due")),
    *(("contract", "statement", "acme", "--period", "2026-11"), ("compare",), ("compare", "--json")),
    *(("plan",), ("outcomes", "rebuild", "--check"), ("backup", "copy.db")),
)
Damage = tuple[str, str, str, str]
"""Table, column, which rows as SQL, and the value as SQL."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """A month with something in nearly every table: closed, restated, waived, answered late, set aside."""
    made = world(copied_portal(NOW, tickets=0), tmp_path / "desk")
    made.portal.set_native_sla(Goals(first_response=60, close=480))
    made.go_live()
    yield made
    made.close()


@pytest.fixture
def sla(desk: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(desk, monkeypatch)


@pytest.fixture
def late(desk: World, sla: Command) -> str:
    (desk.folder / "mappings" / "contracts.yaml").write_text(CONTRACTS, encoding="utf-8")
    desk.advance(minutes=1)
    ticket = desk.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    done, gone = desk.ticket(company="5015"), desk.ticket()
    desk.sync()
    desk.advance(minutes=5)
    desk.change(done, hs_pipeline_stage="4", hubspot_owner_id="3002")
    desk.portal.archive("tickets", gone)
    desk.sync()
    desk.advance(hours=30)
    desk.sync()
    assert sla("waive", done, "--reason", "agreed", "--by", "Ada").code == 0
    assert sla("waiver", "revoke", "1", "--reason", "not agreed", "--by", "Ada").code == 0
    desk.change(done, sla_status="breached")
    desk.advance(days=7)
    desk.sync()
    run_sweep(desk)
    assert sla("period", "close", "2026-11", "--by", "Ada").code == 0
    assert sla("waive", ticket, "--reason", "an outage of theirs", "--by", "Ada").code == 0
    desk.advance(minutes=1)
    desk.sync()
    return ticket


def every_damage(ledger: Path) -> list[Damage]:
    with closing(sqlite3.connect(ledger)) as db:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table' order by name")]
        damages: list[Damage] = [
            (table, row[1], "1", damage)
            for table in tables
            if db.execute(f"select count(*) from {table}").fetchone()[0]
            for row in db.execute(f"pragma table_info({table})").fetchall()
            if (table, row[1]) not in {("meta", "value"), ("meta", "key")}
            for damage in DAMAGES
        ]
        keys = [row[0] for row in db.execute("select key from meta order by key")]
        return damages + [("meta", "value", f"key = '{key}'", damage) for key in keys for damage in DAMAGES]


def without_constraints(ledger: Path) -> None:
    """Whoever owns the file can lift them."""
    with closing(sqlite3.connect(ledger, isolation_level=None)) as db:
        db.execute("pragma writable_schema = on")
        for text in (" not null", " NOT NULL"):
            db.execute("update sqlite_master set sql = replace(sql, ?, '') where type = 'table'", (text,))
        db.execute("pragma wal_checkpoint(truncate)")


@pytest.mark.parametrize("part", PARTS)
def test_no_damaged_row_ends_in_a_traceback(desk: World, sla: Command, late: str, tmp_path: Path, part: int) -> None:
    ledger, whole = desk.folder / "ledger.db", tmp_path / "whole.db"
    without_constraints(ledger)
    shutil.copy(ledger, whole)
    damages = every_damage(whole)
    broken: list[object] = []
    if SCALE == 1:
        runs = [(damage, command) for damage in damages for command in READING]
        chosen = [(damage, [command]) for damage, command in runs[:: len(runs) // SAMPLE]]
    else:
        chosen = [(damage, list(READING)) for damage in damages[part :: len(PARTS)]]
    for (table, column, where, value), commands in chosen:
        for leftover in ("ledger.db-wal", "ledger.db-shm"):
            (desk.folder / leftover).unlink(missing_ok=True)
        shutil.copy(whole, ledger)
        try:
            alter(ledger, f"update or ignore {table} set {column} = {value} where {where}")
        except (AssertionError, sqlite3.IntegrityError):
            continue  # SQLite itself does not take it
        for command in commands:
            try:
                ended = sla(*(word.format(late=late, then="2026-11-24T08:00:00Z") for word in command))
            except BaseException as error:  # noqa: BLE001 - shown with what led to it
                broken.append((table, column, where, value, command, repr(error)[:300]))
                continue
            if "Traceback" in ended.err:
                broken.append((table, column, where, value, command, ended.err[-700:]))
    assert broken == []
