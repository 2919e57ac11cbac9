"""Opening the ledger: one file, one writer, every failure a clear error."""

from __future__ import annotations

import sqlite3
import time
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerDamaged, LedgerUnusable, SlaError, UsageProblem
from hubspot_sla.ledger import append_only, audit, audit_verification, file_mode, row_proof, row_seals, row_shapes
from hubspot_sla.ledger.lease_holder import BUSY_MS, LeaseLock
from hubspot_sla.ledger.row_seals import RowWatch
from hubspot_sla.ledger.sqlite_errors import SENSELESS, UNREADABLE, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

SCHEMA_VERSION = 19
"""Number of migrations in `ledger/schema.py`; kept in `user_version`, so that an up-to-date file needs no import."""
FIRST_SEALED = 15
"""The version since which rows are sealed: `ledger/row_seals.py`."""


def wall_ms() -> int:
    """Epoch ms by the clock of this machine, by which leases end."""
    return time.time_ns() // 1_000_000


class Ledger:
    """An open ledger. `db` is the raw connection; every write happens inside `transaction()`."""

    def __init__(self, path: Path, db: sqlite3.Connection, lock: LeaseLock | None = None) -> None:
        self.path = path
        self.db = db
        self._held = lock
        self._watch: RowWatch | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when it returns. LeaseLost: another worker has taken over, nothing is written."""
        with self.telling_damage():
            watch = self._watching()
            self.db.execute("begin immediate")
            try:
                if self._held is not None:
                    self._held.keep(self.db)
                yield self.db
                watch.seal()
            except BaseException:
                self.db.rollback()
                watch.forget()
                raise
            self.db.commit()

    def expect(self, object_type: str, record_ids: Iterable[str]) -> None:
        """Within a transaction: these records are judged by what stands here. LedgerDamaged at its end: it does not
        stand as it was sealed."""
        self._watching().expect(object_type, record_ids)

    def expect_settings(self) -> None:
        """The same of what every record is judged by: versions of the mappings, waivers, the go-live."""
        self._watching().expect_settings()

    def renew_salts(self) -> None:
        """Within a transaction that removes values for good: nothing that stays tells what they were."""
        self._watching().renew_salts()

    def _watching(self) -> RowWatch:
        if self._watch is None:
            self._watch = RowWatch(self.db, partial(audit.append_rows, self.db, first_at=wall_ms))
        return self._watch

    def renew(self) -> None:
        """Keep the lease while there is nothing to write. LeaseLost."""
        if self._held is not None and not self._held.is_kept(self.db):
            with self.transaction():
                pass

    def still_ours(self) -> None:
        """Returns when nobody else may write for minutes to come: for the moment before something is sent that
        must not be sent twice. LeaseLost."""
        self.renew()

    def telling_damage(self) -> AbstractContextManager[None]:
        """Within it, SQLite's errors are ours: damage may show only when a page is read."""
        return translated(self.path)

    def tell_unreadable(self, error: BaseException) -> None:
        """LedgerDamaged: what was read of this ledger made no sense, and it does not hold."""
        if not isinstance(error, SENSELESS):
            return
        try:
            audit_verification.require_whole(self.db)
        except LedgerDamaged as damage:
            raise self._unreadable(damage.message, row_seals.REMEDY) from error
        why_not = self._misshapen()
        if why_not or isinstance(error, UNREADABLE):
            raise self._unreadable(why_not or str(error), row_shapes.REMEDY) from error

    def _misshapen(self) -> str:
        with in_memory(self.path) as model:
            try:
                return row_shapes.first_misshapen(self.db, model.db)
            except sqlite3.Error as error:  # a text is none
                return str(error)

    def _unreadable(self, why_not: str, remedy: str) -> LedgerDamaged:
        return LedgerDamaged(f"what stands in {self.path} cannot be read: {why_not}", remedy=remedy)

    def close(self) -> None:
        """Gives the lease back. An error of the file was reported before, or will be at the next start."""
        if self._held is not None:
            with suppress(sqlite3.Error):
                self._held.give_back(self.db)
        self.db.close()
        if self._held is not None:
            self._held.unlock()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            if error is not None and not isinstance(error, SlaError):
                self.tell_unreadable(error)
        finally:
            self.close()
        if isinstance(error, sqlite3.Error):
            with self.telling_damage():
                raise error


def open_for_writing(path: Path, *, wall: Callable[[], int] = wall_ms) -> Ledger:
    """The ledger with its lease, created if missing; `wall` tells epoch ms by this machine's clock.

    Raises AnotherWorkerActive while another process writes to it: `ledger/lease.py` says when one may take over.
    Raises LedgerUnusable for a file that cannot be used.
    """
    if not path.parent.is_dir():
        raise UsageProblem(f"there is no folder {path.parent} for the ledger", remedy="create it, or set SLA_LEDGER")
    lock = LeaseLock.of(path, wall)
    try:
        return Ledger(path, _taken(path, lock), lock)
    except BaseException:
        lock.unlock()
        raise


def _taken(path: Path, lock: LeaseLock) -> sqlite3.Connection:
    db = _connect(path, making=True)
    try:
        with translated(path):
            lock.take(db)
    except BaseException:
        db.close()
        raise
    return db


def open_for_reading(path: Path) -> Ledger:
    """The ledger without the lease, for commands that only look; SQLite refuses any write. It must exist."""
    ledger = open_beside(path)
    ledger.db.execute("pragma query_only = on")
    return ledger


def in_memory(path: Path) -> Ledger:
    """An empty ledger that nobody will ever find at `path`: for looking ahead before there is one."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    _prepare(path, db)
    return Ledger(path, db)


def open_beside(path: Path) -> Ledger:
    """The ledger without the lease, for one small change beside its holder: something that a worker reads anew
    at every round, and never decides by from memory. It must exist."""
    if not path.is_file():
        raise UsageProblem(f"there is no ledger at {path}", remedy="run `sla setup`, or set SLA_LEDGER")
    return Ledger(path, _connect(path))


def _connect(path: Path, *, making: bool = False) -> sqlite3.Connection:
    with translated(path):
        if making:
            file_mode.make_for_owner(path)
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
        try:
            _prepare(path, db)
        except BaseException:
            db.close()
            raise
        if making:
            file_mode.shut_to_others(path)
        return db


def _prepare(path: Path, db: sqlite3.Connection) -> None:
    db.row_factory = sqlite3.Row
    version = db.execute("pragma user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise LedgerUnusable(
            f"{path} was written by a newer version of hubspot-sla",
            remedy="upgrade hubspot-sla on this machine",
        )
    if version == 0 and not _is_ours(db):
        raise LedgerDamaged(f"{path} is an SQLite file, but no ledger of hubspot-sla", remedy="set SLA_LEDGER")
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    if version < SCHEMA_VERSION:
        _migrate(db, version)


def _is_ours(db: sqlite3.Connection) -> bool:
    """A new file is empty; one whose first migration was interrupted holds the table of migrations."""
    names = {row[0] for row in db.execute("select name from sqlite_master where type = 'table'")}
    return not names or "_sqlite_migrations" in names


def _migrate(db: sqlite3.Connection, version: int) -> None:
    """All that are missing in one transaction: of two that open an old file at once, the second finds nothing to do."""
    from sqlite_utils import Database

    from hubspot_sla.ledger.schema import LEDGER

    if version >= FIRST_SEALED and (problems := row_proof.prove(db, version).problems):
        raise LedgerDamaged(f"no upgrade builds on altered rows: {problems[0]}", remedy=row_seals.REMEDY)
    db.execute("begin immediate")
    try:
        append_only.lift(db)
        LEDGER.apply(Database(db))
        append_only.guard(db)
        row_seals.baseline(db, partial(audit.append_rows, db, first_at=wall_ms))
        db.execute(f"pragma user_version = {SCHEMA_VERSION}")
    except BaseException:
        db.rollback()
        raise
    db.commit()
