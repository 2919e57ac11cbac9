"""Opening the ledger: one file, one writer, every failure a clear error."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from hubspot_sla.errors import AnotherWorkerActive, LedgerDamaged, LedgerLocked, LedgerUnusable, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from filelock import BaseFileLock

SCHEMA_VERSION = 4
"""Number of migrations in `ledger/schema.py`; kept in `user_version`, so that an up-to-date file needs no import."""


class Ledger:
    """An open ledger. `db` is the raw connection; every write happens inside `transaction()`."""

    def __init__(self, path: Path, db: sqlite3.Connection, lease: BaseFileLock | None) -> None:
        self.path = path
        self.db = db
        self._lease = lease

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when it returns."""
        with self.telling_damage():
            self.db.execute("begin immediate")
            try:
                yield self.db
            except BaseException:
                self.db.rollback()
                raise
            self.db.commit()

    def telling_damage(self) -> AbstractContextManager[None]:
        """Within it, SQLite's errors are ours: damage may show only when a page is read."""
        return _translated(self.path)

    def close(self) -> None:
        self.db.close()
        if self._lease is not None:
            self._lease.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            with self.telling_damage():
                raise error


def open_for_writing(path: Path) -> Ledger:
    """The ledger with its lease, created if missing.

    Raises AnotherWorkerActive while another process writes to it; the lease is a lock of the operating system, so
    a killed worker leaves none behind. Raises LedgerUnusable for a file that cannot be used.
    """
    from filelock import FileLock, Timeout

    if not path.parent.is_dir():
        raise UsageProblem(f"there is no folder {path.parent} for the ledger", remedy="create it, or set SLA_LEDGER")
    lease = FileLock(f"{path}.lock")
    try:
        lease.acquire(blocking=False)
    except Timeout:
        raise AnotherWorkerActive(
            f"another worker is using {path}", remedy="wait for it to end; a second one is never needed"
        ) from None
    except OSError as error:
        raise LedgerUnusable(f"cannot lock {path}: {error.strerror}", remedy="check who owns the folder") from None
    try:
        return Ledger(path, _connect(path), lease)
    except BaseException:
        lease.release()
        raise


def open_for_reading(path: Path) -> Ledger:
    """The ledger without the lease, for commands that only look. It must exist."""
    if not path.is_file():
        raise UsageProblem(f"there is no ledger at {path}", remedy="run `sla setup`, or set SLA_LEDGER")
    return Ledger(path, _connect(path), None)


def _connect(path: Path) -> sqlite3.Connection:
    with _translated(path):
        db = sqlite3.connect(path, isolation_level=None, timeout=5)
        try:
            _prepare(path, db)
        except BaseException:
            db.close()
            raise
        return db


def _prepare(path: Path, db: sqlite3.Connection) -> None:
    db.row_factory = sqlite3.Row
    found = db.execute("pragma user_version").fetchone()[0]
    if found > SCHEMA_VERSION:
        raise LedgerUnusable(
            f"{path} was written by a newer version of hubspot-sla",
            remedy="upgrade hubspot-sla on this machine",
        )
    if found == 0 and not _is_ours(db):
        raise LedgerDamaged(f"{path} is an SQLite file, but no ledger of hubspot-sla", remedy="set SLA_LEDGER")
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    if found < SCHEMA_VERSION:
        _migrate(db)


def _is_ours(db: sqlite3.Connection) -> bool:
    """A new file is empty; one whose first migration was interrupted holds the table of migrations."""
    names = {row[0] for row in db.execute("select name from sqlite_master where type = 'table'")}
    return not names or "_sqlite_migrations" in names


def _migrate(db: sqlite3.Connection) -> None:
    from sqlite_utils import Database

    from hubspot_sla.ledger.schema import LEDGER

    LEDGER.apply(Database(db))
    db.execute(f"pragma user_version = {SCHEMA_VERSION}")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours: what is wrong with the file, and what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise LedgerLocked(f"{path} is locked by another program", remedy="close what holds it open") from error
        raise LedgerUnusable(f"cannot use {path}: {error}", remedy="check the disk and who owns the file") from error
    except sqlite3.DatabaseError as error:
        raise LedgerDamaged(
            f"{path} is damaged: {error}", remedy="restore a backup; HubSpot still holds what was written"
        ) from error
