"""Whole copies of a ledger while it is in use, each proved before it takes its name."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hubspot_sla.errors import LedgerDamaged, LedgerUnusable
from hubspot_sla.ledger import audit_verification
from hubspot_sla.ledger.sqlite_errors import translated

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.audit_verification import Verification
    from hubspot_sla.ledger.database import Ledger


def copy(ledger: Ledger, target: Path) -> Verification:
    """The ledger as it stands this moment, as the file `target`; what was there is replaced, or left on any error.

    Readable by its owner alone: it holds what customers wrote. Raises LedgerDamaged when the ledger, and so its copy,
    does not hold; LedgerUnusable when there is no room or no right to write.
    """
    half = target.with_name(f".{target.name}.half")
    try:
        _create(half)
        with translated(half), closing(sqlite3.connect(half, isolation_level=None)) as db:
            ledger.db.backup(db)
            _settle(db)
        verified = verify(half)
        _pack(half)
        _sync(half)
        half.replace(target)
        _sync(target.parent)
    except LedgerDamaged as error:
        reason = f"{ledger.path} is damaged, so no backup was made of it: {error}"
        raise LedgerDamaged(reason, remedy="restore an earlier backup") from error
    except OSError as error:
        reason = f"cannot write the backup {target}: {error.strerror}"
        raise LedgerUnusable(reason, remedy="check the folder, who owns it, and the disk") from None
    finally:
        for left in (half, half.with_name(f"{half.name}-journal")):
            left.unlink(missing_ok=True)
    return verified


def verify(path: Path) -> Verification:
    """Every page and every entry of the audit log of a ledger that nobody uses. Raises LedgerDamaged."""
    with translated(path), _read_only(path) as db:
        db.row_factory = sqlite3.Row
        _require_sound(db, path)
        return audit_verification.require_whole(db)


def is_earlier(ledger: Ledger, path: Path) -> bool:
    """Whether the file is this same ledger as it was before, or is now: its newest audit entry stands in ours."""
    try:
        with _read_only(path) as db:
            newest = db.execute("select seq, hash from audit order by seq desc limit 1").fetchone()
    except sqlite3.Error:
        return False
    if newest is None:
        return False
    query = "select 1 from audit where seq = ? and hash = ?"
    return ledger.db.execute(query, tuple(newest)).fetchone() is not None


def _read_only(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _create(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _settle(db: sqlite3.Connection) -> None:
    """One file, without a log beside it, and a lease that nobody holds."""
    db.execute("pragma journal_mode = delete")
    db.execute("update lease set ends_at = 0")


def _pack(path: Path) -> None:
    """Without the gaps between the rows, which take a twentieth of the file."""
    with translated(path), closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("vacuum")
        _require_sound(db, path)


def _require_sound(db: sqlite3.Connection, path: Path) -> None:
    integrity = db.execute("pragma integrity_check(1)").fetchone()[0]
    if integrity != "ok":
        raise LedgerDamaged(f"{path} is damaged: {integrity}", remedy="restore an earlier backup")


def _sync(path: Path) -> None:
    """On the disk, also when the power goes."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
