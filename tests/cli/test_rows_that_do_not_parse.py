"""A ledger whose rows do not parse ends every command that reads it with 4 and the remedy, or does without the row: no
row of any table, damaged in any way, ends in a traceback."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from altered import alter
from cli.conftest import Command, Ended
from ledger.full_ledger import desk_in, lived_through
from proof import PARTS, SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flows.world import World

SAMPLE = 14
"""How many commands are run in the suite, each on a ledger with another damage; all of them behind PROOF_SCALE."""
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
    made = desk_in(tmp_path / "desk")
    yield made
    made.close()


@pytest.fixture
def sla(desk: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(desk, monkeypatch)


@pytest.fixture
def late(desk: World, sla: Command) -> str:
    return lived_through(desk, sla)


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


def columns_read(run: Callable[[], object], patch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(table, column) of all that SQLite is asked for meanwhile: no damage elsewhere can make a difference."""
    found: set[tuple[str, str]] = set()
    plain = sqlite3.connect

    def note(action: int, table: str | None, column: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            found.add((str(table), str(column)))
        return sqlite3.SQLITE_OK

    def connect(*args: Any, **more: Any) -> sqlite3.Connection:
        db = plain(*args, **more)
        db.set_authorizer(note)
        return db

    with patch.context() as within:
        within.setattr(sqlite3, "connect", connect)
        run()
    return found


@pytest.mark.parametrize("part", PARTS)
def test_no_damaged_row_ends_in_a_traceback(
    desk: World, sla: Command, late: str, tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, whole, fresh = desk.folder / "ledger.db", tmp_path / "whole.db", tmp_path / "fresh.db"
    without_constraints(ledger)
    shutil.copy(ledger, whole)
    damages = every_damage(whole)
    broken: list[object] = []

    def run(command: tuple[str, ...]) -> Ended:
        return sla(*(word.format(late=late, then="2026-11-24T08:00:00Z") for word in command))

    if SCALE == 1:
        runs = [(damage, command) for damage in damages for command in READING]
        chosen = [(damage, [command]) for damage, command in runs[:: len(runs) // SAMPLE]]
    else:
        read = {command: columns_read(partial(run, command), monkeypatch) for command in READING}
        chosen = [
            (damage, [command for command in READING if damage[:2] in read[command]])
            for damage in damages[part :: len(PARTS)]
        ]
    for (table, column, where, value), commands in chosen:
        for leftover in ("ledger.db-wal", "ledger.db-shm"):
            (desk.folder / leftover).unlink(missing_ok=True)
        if not commands:
            continue
        shutil.copy(whole, fresh)
        fresh.replace(ledger)  # another file: whatever still holds the one before open has no part in it
        try:
            alter(ledger, f'update or ignore {table} set "{column}" = {value} where {where}')
        except (AssertionError, sqlite3.IntegrityError):
            continue  # SQLite itself does not take it
        for command in commands:
            try:
                ended = run(command)
            except BaseException as error:  # noqa: BLE001 - shown with what led to it
                broken.append((table, column, where, value, command, repr(error)[:300]))
                continue
            if "Traceback" in ended.err or "this check broke" in ended.out:
                broken.append((table, column, where, value, command, ended.err[-700:]))
    assert broken == []
