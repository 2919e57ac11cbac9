"""Full disks, torn files, missing pieces, other programs: an error that says what to do, and nothing half-written."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.errors import LedgerDamaged, LedgerLocked, LedgerUnusable
from hubspot_sla.ledger import audit, audit_verification, database, state
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

AS_ROOT = os.geteuid() == 0


def fill(ledger: Ledger) -> None:
    while True:
        with ledger.transaction() as db:
            audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {"pad": "x" * 2000}) for _ in range(50)])


def entries(path: Path) -> int:
    with database.open_for_reading(path) as ledger:
        return audit_verification.require_whole(ledger.db).entries


def test_it_is_written_ahead_and_synced_to_the_disk(ledger: Ledger) -> None:
    assert ledger.db.execute("pragma journal_mode").fetchone()[0] == "wal"
    assert ledger.db.execute("pragma synchronous").fetchone()[0] == 2


def test_a_full_file_says_so_and_leaves_what_was_whole(ledger: Ledger, path: Path) -> None:
    pages = ledger.db.execute("pragma page_count").fetchone()[0]
    ledger.db.execute(f"pragma max_page_count = {pages + 100}")
    with pytest.raises(LedgerUnusable, match="disk is full") as caught:
        fill(ledger)
    assert "make room" in caught.value.remedy
    assert entries(path) % 50 == 0


TOO_LARGE = """
import resource, sys
from pathlib import Path
from hubspot_sla.errors import LedgerUnusable
from hubspot_sla.ledger import audit, database
from hubspot_sla.ledger.audit import Entry
with database.open_for_writing(Path(sys.argv[1])) as ledger:
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    try:
        while True:
            with ledger.transaction() as db:
                audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {"pad": "x" * 2000}) for _ in range(50)])
    except LedgerUnusable as error:
        print(error.exit_code, error, error.remedy)
"""


def test_a_file_that_may_not_grow_says_so_and_leaves_what_was_whole(path: Path) -> None:
    """The real limit of the operating system, as a quota or a full disk is met."""
    ran = subprocess.run([sys.executable, "-c", TOO_LARGE, str(path)], capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("4 cannot use "), ran.stderr
    assert "disk" in ran.stdout
    assert entries(path) % 50 == 0


@pytest.mark.skipif(not AS_ROOT or shutil.which("mount") is None, reason="only root may mount a small disk")
def test_a_disk_that_is_full_says_so(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with database.open_for_writing(disk / "ledger.db") as ledger, pytest.raises(LedgerUnusable, match="disk"):
            fill(ledger)
        assert entries(disk / "ledger.db") % 50 == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_header_that_is_overwritten_is_damage(path: Path) -> None:
    with database.open_for_writing(path):
        pass
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\xa5" * 84)
    with pytest.raises(LedgerDamaged) as caught:
        database.open_for_writing(path)
    assert "backup" in caught.value.remedy


def test_a_file_cut_short_is_damage(path: Path) -> None:
    with database.open_for_writing(path) as ledger, ledger.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {"pad": "x" * 500}) for _ in range(500)])
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(LedgerDamaged), database.open_for_reading(path) as ledger:
        audit_verification.require_whole(ledger.db)


KILLED = """
import os, signal, sys
from pathlib import Path
from hubspot_sla.ledger import audit, database
from hubspot_sla.ledger.audit import Entry
ledger = database.open_for_writing(Path(sys.argv[1]))
ledger.db.execute("pragma wal_checkpoint(truncate)")
ledger.db.execute("pragma wal_autocheckpoint = 0")
for number in range(20):
    with ledger.transaction() as db:
        audit.append(db, at=1, run_id="r", entries=[Entry("verdict", {"n": number})])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_writer_left_in_the_log_is_there_and_without_the_log_the_ledger_is_an_older_one(
    path: Path,
) -> None:
    """Somebody copied or restored the file without its `-wal`: it is whole, and as old as a backup would be."""
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, check=False)
    assert ran.returncode == -signal.SIGKILL
    alone = path.with_name("alone.db")
    shutil.copyfile(path, alone)
    assert entries(path) == 20
    assert entries(alone) == 0
    with database.open_for_writing(alone) as ledger, ledger.transaction() as db:
        state.write(db, "one", "1")


@pytest.mark.parametrize("opened", [database.open_for_writing, database.open_for_reading])
def test_a_file_that_another_program_holds_says_so(path: Path, opened: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 50)
    with database.open_for_writing(path):
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("pragma locking_mode = exclusive")
    other.execute("begin exclusive")
    other.execute("create table other (x)")
    try:
        with pytest.raises(LedgerLocked) as caught:
            opened(path)  # type: ignore[operator]
        assert "close" in caught.value.remedy
    finally:
        other.close()


READ_ONLY = """
import os, sys
from pathlib import Path
import filelock
from hubspot_sla.errors import SlaError
from hubspot_sla.ledger import database
os.setuid(65534)
try:
    database.open_for_writing(Path(sys.argv[1]))
except SlaError as error:
    print(error.exit_code, error)
"""


@pytest.mark.skipif(not AS_ROOT, reason="somebody else can be made only by root")
def test_a_ledger_of_somebody_else_is_unusable(path: Path) -> None:
    with database.open_for_writing(path):
        pass
    for folder in path.parents:
        if folder.name.startswith(("pytest", "popen-gw")):  # of a process of the suite
            folder.chmod(0o755)
    path.parent.chmod(0o755)
    path.chmod(0o644)
    ran = subprocess.run([sys.executable, "-c", READ_ONLY, str(path)], capture_output=True, text=True, check=False)
    assert ran.stdout.startswith("4 "), ran.stdout + ran.stderr
