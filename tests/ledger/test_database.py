"""One file, one writer, all or nothing, and a clear word for everything that can be wrong with it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import AnotherWorkerActive, LedgerDamaged, LedgerLocked, LedgerUnusable, UsageProblem
from hubspot_sla.ledger import audit, audit_verification, database, facts, state
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.facts import Fact

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

HOLDER = """
import sys
from pathlib import Path
from hubspot_sla.ledger import audit, database, state
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.records import RecordRef
with database.open_for_writing(Path(sys.argv[1])) as ledger, ledger.transaction() as db:
    state.write(db, "half", "written")
    audit.append(db, at=2, run_id="r2", entries=[Entry("verdict", {"n": n}, RecordRef.of("1")) for n in range(2000)])
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def new_ledgers() -> None:
    """Made by the migrations, each anew."""


def test_a_killed_writer_leaves_nothing_half_written_and_no_lease(path: Path) -> None:
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        audit.append(db, at=1, run_id="r1", entries=[Entry("verdict", {"n": 1})])
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "inside\n"
        with pytest.raises(AnotherWorkerActive):
            database.open_for_writing(path)
        os.kill(holder.pid, signal.SIGKILL)
    with database.open_for_writing(path) as ledger:
        assert audit_verification.require_whole(ledger.db).entries == 1
        assert state.read(ledger.db, "half") is None


def test_readers_need_no_lease_while_somebody_writes(ledger: Ledger, path: Path) -> None:
    with ledger.transaction() as db:
        state.write(db, "seen", "before")
        with database.open_for_reading(path) as reader:
            assert state.read(reader.db, "seen") is None
    with database.open_for_reading(path) as reader:
        assert state.read(reader.db, "seen") == "before"


def fail_half_way(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        state.write(db, "one", "1")
        facts.remember(db, "tickets", {"1": [Fact("stage", 1, "new", "API")]}, 1)
        raise ZeroDivisionError


def test_a_transaction_rolls_back_whole(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_half_way(ledger)
    assert state.read(ledger.db, "one") is None
    assert facts.recall(ledger.db, "tickets", ["1"]) == {}
    with ledger.transaction() as db:
        state.write(db, "one", "2")
    assert state.read(ledger.db, "one") == "2"


def test_a_ledger_is_found_again_as_it_was_left(path: Path) -> None:
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        state.write(db, "one", "1")
    with database.open_for_writing(path) as ledger:
        assert state.read(ledger.db, "one") == "1"


def test_a_file_that_is_no_database_is_damaged(path: Path) -> None:
    path.write_bytes(b"these are not the bytes of a database, and there are many of them" * 100)
    with pytest.raises(LedgerDamaged):
        database.open_for_writing(path)
    path.with_name("ledger.db.lock").unlink(missing_ok=True)
    with pytest.raises(LedgerDamaged):
        database.open_for_reading(path)


def test_another_program_s_database_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as foreign:
        foreign.execute("create table precious (x)")
    foreign.close()
    before = path.read_bytes()
    with pytest.raises(LedgerDamaged, match="no ledger of hubspot-sla"):
        database.open_for_writing(path)
    assert path.read_bytes() == before


def test_a_ledger_of_a_newer_version_is_not_touched(path: Path) -> None:
    with database.open_for_writing(path) as ledger:
        ledger.db.execute(f"pragma user_version = {database.SCHEMA_VERSION + 1}")
    with pytest.raises(LedgerUnusable, match="newer version"):
        database.open_for_writing(path)


def test_after_a_refused_ledger_the_lease_is_free_again(path: Path) -> None:
    path.write_bytes(b"nothing of ours" * 100)
    for _ in range(2):
        with pytest.raises(LedgerDamaged):
            database.open_for_writing(path)


def test_a_missing_folder_is_a_mistake_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no folder"):
        database.open_for_writing(tmp_path / "missing" / "ledger.db")


def test_a_missing_ledger_cannot_be_read(path: Path) -> None:
    with pytest.raises(UsageProblem, match="no ledger"):
        database.open_for_reading(path)
    assert not path.exists()


def test_a_folder_in_the_ledger_s_place_is_unusable(path: Path) -> None:
    path.mkdir()
    with pytest.raises(LedgerUnusable):
        database.open_for_writing(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_unusable(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(LedgerUnusable):
        database.open_for_writing(folder / "ledger.db")


def test_a_ledger_locked_by_another_program_says_so(path: Path) -> None:
    with database.open_for_writing(path) as ledger:
        ledger.db.execute("pragma busy_timeout = 0")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("begin immediate")
        with pytest.raises(LedgerLocked), ledger.transaction():
            pass
        other.close()


def test_damage_met_while_reading_is_a_damaged_ledger(path: Path) -> None:
    """Pages overwritten in the middle show only when they are read."""
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {"n": n, "pad": "x" * 500}) for n in range(500)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged), database.open_for_reading(path) as ledger:
        audit_verification.require_whole(ledger.db)


def modes(path: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob("ledger.db*")}


def test_a_new_ledger_and_all_beside_it_are_for_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with database.open_for_writing(path) as ledger, ledger.transaction() as db:
            state.write(db, "key", "value")
            assert modes(path) == dict.fromkeys(
                ("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"), 0o600
            )
    finally:
        os.umask(before)


def test_a_ledger_of_an_earlier_version_that_is_open_to_all_is_shut_to_them(path: Path) -> None:
    database.open_for_writing(path).close()
    path.chmod(0o644)
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        state.write(db, "key", "value")
        assert set(modes(path).values()) == {0o600}


def test_a_group_that_was_let_in_stays_in(path: Path) -> None:
    database.open_for_writing(path).close()
    path.chmod(0o640)
    with database.open_for_writing(path):
        assert modes(path)["ledger.db"] == 0o640
