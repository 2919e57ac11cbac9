"""The lease as this process holds it: taken when the ledger is opened, checked inside every transaction, given back."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from hubspot_sla.errors import AnotherWorkerActive, LedgerUnusable
from hubspot_sla.ledger import lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from filelock import BaseFileLock

    from hubspot_sla.ledger.lease import Lease


BUSY_MS = 5000
"""How long a statement waits for another program to let go of the file."""


class LeaseLock:
    """The lease of this process, and the lock of the operating system where it has that too. A process that took over
    without it has a lock of its own: `takeover_lock`."""

    def __init__(self, path: Path, lock: BaseFileLock, wall: Callable[[], int]) -> None:
        self._path = path
        self._lock = lock
        self._own_lock: BaseFileLock | None = None
        self._wall = wall
        self._ours: Lease | None = None

    @classmethod
    def of(cls, path: Path, wall: Callable[[], int]) -> LeaseLock:
        """With the lock if it is free. AnotherWorkerActive where there is nothing yet that could be taken over."""
        from filelock import Timeout

        lock = _lock_file(path.with_name(f"{path.name}.lock"))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            if not path.is_file():
                raise AnotherWorkerActive(f"another worker is making {path}", remedy="wait for it to end") from None
        except OSError as error:
            remedy = "check who owns the folder"
            raise LedgerUnusable(f"cannot lock {path}: {error.strerror}", remedy=remedy) from None
        return cls(path, lock, wall)

    def require_free(self) -> None:
        """For who puts another file in the place of the ledger: returns when nobody writes to it. AnotherWorkerActive.
        A ledger that cannot be read has no writer."""
        if not self._lock.is_locked:
            raise AnotherWorkerActive("another worker holds this ledger", remedy="stop it first")
        if not self._path.is_file():
            return
        standing = None
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as db,
        ):
            standing = lease.standing(db)
        if standing is None or standing.by_lock or not standing.lives(self._wall()) or self._has_died(standing):
            return
        raise AnotherWorkerActive(f"{standing.holder} has taken this ledger over", remedy="stop it first")

    def take(self, db: sqlite3.Connection) -> None:
        """AnotherWorkerActive: somebody holds the lease, or is writing this moment."""
        self._begin(db)
        try:
            by_lock = self._lock.is_locked
            self._ours = lease.take(db, now=self._wall(), by_lock=by_lock, has_died=self._has_died)
            if not by_lock:  # before anybody else can see the lease
                self._own_lock = _lock_file(takeover_lock(self._path, self._ours.fence))
                self._own_lock.acquire(blocking=False)
        except BaseException:
            db.rollback()
            raise
        db.commit()

    def is_kept(self, db: sqlite3.Connection) -> bool:
        """Whether the lease is ours and has most of its time before it. LeaseLost."""
        standing = lease.require(db, self._taken())
        return standing.by_lock and standing.is_fresh(self._wall())

    def keep(self, db: sqlite3.Connection) -> None:
        """Inside a transaction: make sure that the lease is ours, and renew it where that is due. LeaseLost."""
        if not self.is_kept(db):
            self._lock_again()
            lease.renew(db, now=self._wall(), by_lock=self._lock.is_locked)

    def give_back(self, db: sqlite3.Connection) -> None:
        if self._ours is not None:
            lease.give_back(db, self._ours)

    def unlock(self) -> None:
        if self._own_lock is not None:
            self._own_lock.release()
            takeover_lock(self._path, self._taken().fence).unlink(missing_ok=True)
        self._lock.release()

    def _has_died(self, holder: Lease) -> bool:
        """Whether the process that took over without the lock is dead: its own lock can be taken. Not known where it
        has none, as one of an earlier version."""
        from filelock import Timeout

        path = takeover_lock(self._path, holder.fence)
        if not path.is_file():
            return False
        lock = _lock_file(path)
        try:
            lock.acquire(blocking=False)
        except (Timeout, OSError):
            return False
        lock.release()
        path.unlink(missing_ok=True)  # no other process is ever given this number
        return True

    def _begin(self, db: sqlite3.Connection) -> None:
        try:
            if not self._lock.is_locked:
                db.execute("pragma busy_timeout = 500")  # who stands still while writing may do so for long
            db.execute("begin immediate")
            db.execute(f"pragma busy_timeout = {BUSY_MS}")
        except sqlite3.OperationalError as error:
            if self._lock.is_locked or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise AnotherWorkerActive(
                "another worker is in the middle of writing to this ledger", remedy="wait for it to end, or end it"
            ) from None

    def _lock_again(self) -> None:
        """Who took over without the lock takes it too, once the one that stood still has gone."""
        from filelock import Timeout

        if not self._lock.is_locked:
            with suppress(Timeout, OSError):
                self._lock.acquire(blocking=False)

    def _taken(self) -> Lease:
        if self._ours is None:
            raise LookupError("the lease is asked for before it was taken")
        return self._ours


def takeover_lock(path: Path, fence: int) -> Path:
    """The lock of the one process that took the lease of this number while the first lock was not to be had."""
    return path.with_name(f"{path.name}.lock-{fence}")


def _lock_file(path: Path) -> BaseFileLock:
    from filelock import FileLock

    return FileLock(path, mode=0o600)
