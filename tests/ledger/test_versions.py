"""A ledger of every earlier version opens, loses nothing, and goes on: `versions/README.md` says how they were made."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, world
from hubspot_sla.flows.inspection.audit_replay import replay
from hubspot_sla.ledger import append_only, audit_verification, database
from proof import SCALE
from proofs.checks import replayed
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World

VERSIONS = Path(__file__).parent / "versions"
EVERY = sorted((path.stem for path in VERSIONS.glob("*.sql")), key=lambda name: int(name[1:]))
LATE = "28100001"


@pytest.fixture(autouse=True)
def new_ledgers() -> None:
    """Made by the migrations, each anew."""


def restore(version: str, path: Path) -> None:
    with sqlite3.connect(path, isolation_level=None) as db:
        db.executescript((VERSIONS / f"{version}.sql").read_text(encoding="utf-8"))
    db.close()


def rows_of(db: sqlite3.Connection, columns: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(map(tuple, db.execute(f"select {', '.join(names)} from {table}")), key=repr)
        for table, names in columns.items()
    }


def columns_of(db: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [row[0] for row in db.execute("select name from sqlite_master where type = 'table'")]
    return {
        table: [row[1] for row in db.execute(f"pragma table_info({table})")]
        for table in tables
        if table not in ("_sqlite_migrations", "sqlite_sequence")
    }


RENAMED = {
    "tickets": ("records", {"id": "record_id", "held": "written"}),
    "facts": ("facts", {"ticket_id": "record_id"}),
    "verdicts": ("verdicts", {"ticket_id": "record_id", "metric": "clock"}),
    "contacts": ("contacts", {"ticket_id": "record_id", "id": "contact_id"}),
    "edits": ("edits", {"ticket_id": "record_id"}),
    "rungs": ("rungs", {"ticket_id": "record_id"}),
    "audit": ("audit", {"ticket_id": "record_id"}),
    "outbox": ("outbox", {"ticket_id": "record_id", "target": "channel"}),
    "quarantine": ("quarantine", {"ticket_id": "record_id", "what": "step", "since": "since_at"}),
    "policy_versions": ("policy_versions", {"resolution": "portal_ids"}),
    "targets": ("channels", {}),
}
"""Tables and columns up to version 4, and what they are called since."""


def rows_as_before(db: sqlite3.Connection, columns: dict[str, list[str]]) -> dict[str, list[tuple[object, ...]]]:
    """The rows of today's tables, under the names that they had."""
    rows_by_table = {}
    for table, names in columns.items():
        today, renamed = RENAMED.get(table, (table, {}))
        query = f"select {', '.join(renamed.get(name, name) for name in names)} from {today}"
        rows_by_table[table] = sorted(map(tuple, db.execute(query)), key=repr)
    return rows_by_table


def story(made: World) -> None:
    """What had happened in the portal by the end of each of the files: told again by today's sandbox."""
    made.set_up()
    made.sync()
    made.advance(minutes=1)
    made.ticket(hs_ticket_priority="HIGH", company="5015", hubspot_owner_id="3002")
    made.ticket(subject="Paper is out")
    done = made.ticket(subject="Solved")
    made.ticket(company="5021")
    made.sync()
    made.advance(minutes=10)
    made.change(done, hs_pipeline_stage="4")
    made.sync()
    made.advance(hours=2)
    made.sync()
    gone = made.ticket(hs_ticket_priority="HIGH", subject="Thrown away")
    made.sync()
    made.portal.archive("tickets", gone)
    made.advance(hours=1, seconds=2)
    made.edit("policies.yaml", lambda text: text.replace("default: 24h", "default: 20h"))
    made.sync()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "world"
    made = world(copied_portal(NOW, tickets=0), folder)
    story(made)
    yield made
    made.close()


def test_there_is_a_ledger_of_every_version_before_this_one() -> None:
    """Versions 3, 5, 6, 8, 9 and 11 to 18 were never released."""
    unreleased = (3, 5, 6, 8, 9, *range(11, 19))
    assert [f"v{n}" for n in range(1, database.SCHEMA_VERSION) if n not in unreleased] == EVERY


@pytest.mark.parametrize("version", EVERY)
def test_every_row_survives_and_the_chain_holds(version: str, path: Path) -> None:
    restore(version, path)
    with sqlite3.connect(path) as old:
        columns = columns_of(old)
        columns.pop("lease", None)  # taken by opening it
        before = rows_of(old, columns)
    old.close()
    with database.open_for_writing(path) as ledger:
        assert ledger.db.execute("pragma user_version").fetchone()[0] == database.SCHEMA_VERSION
        assert ledger.db.execute("pragma integrity_check").fetchone()[0] == "ok"
        # What was refused before ledgers knew how long to wait is free to be sent again; nothing else differs, but for
        # the note that outcomes are to be filled, and the entries that take the rows as they were found.
        now = rows_as_before(ledger.db, columns)
        verified = audit_verification.require_whole(ledger.db)
        now["audit"] = [row for row in now["audit"] if "baseline" not in row]
        assert verified.entries > len(before["audit"]) > 20
        assert verified.rows is not None
        assert verified.rows.since == len(before["audit"]) + 1
        for rows in (now, before):
            rows["meta"] = [row for row in rows["meta"] if row[0] != "audit_head"]
        now["meta"].remove(("outcomes_missing", "to be filled"))
        assert now == before
        assert replayed(ledger) == []


@pytest.mark.parametrize("version", EVERY)
def test_an_old_ledger_has_the_tables_of_a_new_one(version: str, path: Path) -> None:
    restore(version, path)
    with database.open_for_reading(path) as old, database.open_for_writing(path.with_name("new.db")) as new:
        assert {table: set(names) for table, names in columns_of(old.db).items()} == {
            table: set(names) for table, names in columns_of(new.db).items()
        }


@pytest.mark.parametrize("version", EVERY)
def test_every_append_only_table_refuses_update_and_delete_after_the_upgrade(version: str, path: Path) -> None:
    restore(version, path)
    with database.open_for_reading(path) as old:
        triggers = [row[0] for row in old.db.execute("select name from sqlite_master where type = 'trigger'")]
    assert sorted(triggers) == sorted(
        f"{table}_refuse_{change}" for table in append_only.TABLES for change in ("update", "delete")
    )


@pytest.mark.parametrize("version", EVERY)
def test_a_sync_goes_on_from_an_old_ledger(version: str, told: World) -> None:
    ledger = told.folder / "ledger.db"
    ledger.unlink()
    restore(version, ledger)
    (task_of_late_ticket,) = told.tasks()[LATE]
    told.advance(minutes=5)
    new = told.ticket(hs_ticket_priority="HIGH", subject="After the upgrade")
    told.sync()
    assert told.tasks()[LATE] == [task_of_late_ticket]
    assert told.rows("select name from names where kind = 'owner'"), "texts would call people by their ids"
    assert told.held(LATE)["status"] == "breached"
    told.advance(hours=1, seconds=1)
    told.sync()
    assert len(told.tasks()[new]) == 1
    assert len(told.task_keys()) == len(set(told.task_keys()))
    told.require_whole_chain()
    with database.open_for_reading(ledger) as upgraded:
        assert replay(upgraded).examples == []


class Torn(BaseException):
    """The power went."""


def torn_after(path: Path, statements: int) -> bool:
    """Open the file, and lose the connection after so many statements of the migration. False: it came to its end."""
    left = [statements]

    def count(sql: str) -> None:
        left[0] -= 1

    class Counting(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
            if not left[0]:
                raise Torn
            count(sql)
            return super().execute(sql, *arguments)

    db = sqlite3.connect(path, isolation_level=None, factory=Counting)
    try:
        database._prepare(path, db)
    except Torn:
        return True
    finally:
        sqlite3.Connection.close(db)
    return False


@pytest.mark.parametrize(("version", "step"), [("v1", 29), ("v2", 31), ("a new file", 37)])
def test_a_migration_cut_off_anywhere_is_completed_at_the_next_opening(version: str, step: int, tmp_path: Path) -> None:
    """After every so many statements; `make crash` after each."""
    for statements in range(0, 400, 1 if SCALE > 1 else step):
        path = tmp_path / f"{statements}.db"
        if version in EVERY:
            restore(version, path)
        torn = torn_after(path, statements)
        with database.open_for_writing(path) as ledger:
            assert ledger.db.execute("pragma user_version").fetchone()[0] == database.SCHEMA_VERSION
            assert columns_of(ledger.db)["lease"]
            audit_verification.require_whole(ledger.db)
        if not torn:
            break
    assert statements > 10


KILLED = """
import os, signal, sys
from pathlib import Path
from hubspot_sla.ledger import database, schema
def die(db):
    db.execute("create table half (x)")
    os.kill(os.getpid(), signal.SIGKILL)
schema.LEDGER._migrations[-1].fn = die
database.open_for_writing(Path(sys.argv[1]))
"""


def test_a_process_killed_in_a_migration_leaves_the_old_version_whole(path: Path) -> None:
    restore(EVERY[-1], path)
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, capture_output=True)
    assert ran.returncode == -signal.SIGKILL
    with sqlite3.connect(path) as old:
        assert old.execute("pragma user_version").fetchone()[0] == int(EVERY[-1][1:])
    old.close()
    with database.open_for_writing(path) as ledger:
        assert "half" not in columns_of(ledger.db)
        assert ledger.db.execute("pragma user_version").fetchone()[0] == database.SCHEMA_VERSION


def test_two_that_open_an_old_file_at_once_migrate_it_once(path: Path) -> None:
    restore(EVERY[0], path)
    opens = "import sys; from pathlib import Path; from hubspot_sla.ledger import database\n"
    opens += "database.open_for_reading(Path(sys.argv[1])).close()"
    both = [subprocess.Popen([sys.executable, "-c", opens, str(path)]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
