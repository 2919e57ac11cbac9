"""A backup is whole or not there, replaces nothing by mistake, and put back it makes nothing happen twice."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from altered import alter
from hubspot_sla.errors import LedgerDamaged, LedgerUnusable, UsageProblem
from hubspot_sla.flows.installation import backup
from hubspot_sla.ledger import audit, audit_verification, database, lease, state, verified_copies
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World

AT = 1_795_420_800_000
DAY_MS = 86_400_000


def ledger_of(world: World) -> database.Ledger:
    return database.open_for_reading(world.folder / "ledger.db")


def test_a_restored_ledger_makes_no_second_task(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    with ledger_of(live) as ledger:
        made = backup.into_folder(ledger, live.folder / "backups", AT)
    live.advance(hours=2)
    live.sync()
    (task,) = live.tasks()[ticket]
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        (live.folder / name).unlink(missing_ok=True)
    shutil.copyfile(made.path, live.folder / "ledger.db")
    live.require_whole_chain()
    live.sync()
    live.sync()
    assert live.tasks()[ticket] == [task]
    assert live.held(ticket)["status"] == "breached"
    live.require_whole_chain()


def test_a_backup_is_one_closed_file_of_its_owner_with_a_free_lease(live: World) -> None:
    with database.open_for_writing(live.folder / "ledger.db") as ledger:
        made = backup.into_file(ledger, live.folder / "copy.db")
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in live.folder.glob("*copy*")] == ["copy.db"]
    with sqlite3.connect(made.path) as db:
        assert db.execute("pragma journal_mode").fetchone()[0] == "delete"
    db.close()
    with ledger_of(live) as ledger:
        assert (made.entries, made.head) == (
            audit_verification.verify(ledger.db).entries,
            audit_verification.verify(ledger.db).head,
        )
    with database.open_for_reading(made.path) as copied:
        standing = lease.standing(copied.db)
        assert standing is not None
        assert not standing.lives(database.wall_ms())


def test_a_backup_made_while_somebody_writes_is_whole(live: World) -> None:
    path, stop = live.folder / "ledger.db", threading.Event()

    def write() -> None:
        with database.open_for_writing(path) as ledger:
            for number in range(2000):
                if stop.is_set():
                    return
                with ledger.transaction() as db:
                    audit.append(db, at=number, run_id="r", entries=[Entry("verdict", {"n": number})])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with ledger_of(live) as ledger:
            entries = [backup.into_file(ledger, live.folder / f"{n}.db").entries for n in range(5)]
    finally:
        stop.set()
        writer.join()
    assert entries == sorted(entries)


def test_the_newest_are_kept_and_no_other_file_is_touched(live: World) -> None:
    folder = live.folder / "backups"
    folder.mkdir()
    (folder / "ledger-of-somebody.db").write_text("precious")
    (folder / "other-20200101T000000Z.db").write_text("precious")
    with ledger_of(live) as ledger:
        for day in range(4):
            made = backup.into_folder(ledger, folder, AT + day * DAY_MS, keep=2)
    assert [path.name for path in made.removed] == ["ledger-20261124T080000Z.db"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "ledger-20261125T080000Z.db",
        "ledger-20261126T080000Z.db",
        "ledger-of-somebody.db",
        "other-20200101T000000Z.db",
    ]


def test_an_earlier_backup_of_the_same_ledger_may_be_replaced(live: World) -> None:
    target = live.folder / "copy.db"
    with ledger_of(live) as ledger:
        before = backup.into_file(ledger, target)
    live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    with ledger_of(live) as ledger:
        assert backup.into_file(ledger, target).entries > before.entries


@pytest.mark.parametrize("other", ["text", "database", "another ledger"])
def test_any_other_file_is_replaced_by_force_only(live: World, other: str, tmp_path: Path) -> None:
    target = live.folder / "copy.db"
    if other == "text":
        target.write_text("precious")
    elif other == "database":
        with sqlite3.connect(target) as db:
            db.execute("create table precious (x)")
        db.close()
    else:
        with database.open_for_writing(target) as ledger, ledger.transaction() as db:
            audit.append(db, at=1, run_id="r", entries=[Entry("setup", {})])
    before = target.read_bytes()
    with ledger_of(live) as ledger:
        with pytest.raises(UsageProblem, match="no backup of this ledger"):
            backup.into_file(ledger, target)
        assert target.read_bytes() == before
        assert backup.into_file(ledger, target, force=True).entries > 0


def test_the_ledger_itself_is_never_the_target(live: World) -> None:
    link = live.folder / "link.db"
    link.symlink_to(live.folder / "ledger.db")
    with ledger_of(live) as ledger:
        for target in (live.folder / "ledger.db", link):
            with pytest.raises(UsageProblem, match="the ledger itself"):
                backup.into_file(ledger, target, force=True)


def test_a_damaged_ledger_is_not_backed_up_and_the_old_backup_stays(live: World) -> None:
    target = live.folder / "copy.db"
    with ledger_of(live) as ledger:
        backup.into_file(ledger, target)
    before = target.read_bytes()
    alter(live.folder / "ledger.db", "update audit set body = '{}' where seq = 2")
    with ledger_of(live) as ledger, pytest.raises(LedgerDamaged, match="so no backup was made"):
        backup.into_file(ledger, target)
    assert target.read_bytes() == before
    with pytest.raises(LedgerDamaged):
        verified_copies.verify(live.folder / "ledger.db")


def test_a_folder_that_is_not_there_or_cannot_be_made_is_a_mistake(live: World) -> None:
    (live.folder / "file").write_text("")
    with ledger_of(live) as ledger:
        with pytest.raises(UsageProblem, match="no folder"):
            backup.into_file(ledger, live.folder / "nowhere" / "copy.db")
        with pytest.raises(UsageProblem, match="cannot make"):
            backup.into_folder(ledger, live.folder / "file" / "inside", AT)
        with pytest.raises(UsageProblem, match="is a folder"):
            backup.into_file(ledger, live.folder / "mappings")


def test_no_half_backup_is_left_when_it_cannot_be_written(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(verified_copies, "_sync", full)
    with ledger_of(live) as ledger, pytest.raises(LedgerUnusable, match="No space left"):
        backup.into_file(ledger, live.folder / "copy.db")
    assert list(live.folder.glob("*copy*")) == []


def test_the_job_makes_one(live: World) -> None:
    from hubspot_sla.flows.context.context import wired
    from hubspot_sla.flows.worker.job_files import discover

    job = next(job for job in discover(live.folder / "jobs")[0] if job.name == "backup")
    with wired(live.settings()) as context:
        told = job.run(context)
    (made,) = (live.folder / "backups").iterdir()
    assert str(made) in str(told)
    with database.open_for_reading(made) as copied:
        assert state.read(copied.db, state.PORTAL) == "145000001"
