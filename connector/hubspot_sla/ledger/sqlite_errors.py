"""SQLite's errors in our words: what is wrong with the file, and what to do about it."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import LedgerDamaged, LedgerLocked, LedgerUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNREADABLE: Final = (zlib.error, UnicodeDecodeError, orjson.JSONDecodeError)
SENSELESS: Final = (*UNREADABLE, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What code raises that reads rows which make no sense; `sqlite3.Error` apart."""
_PRIMARY = 0xFF  # an extended code of SQLite carries the primary one in its lowest byte
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NO_TEXT = "Could not decode to UTF-8"
"""What Python says of a text that is none; SQLite has no code for it."""
_REMEDIES = {
    sqlite3.SQLITE_FULL: ("the disk is full, or the file as large as it may be", "make room, then run again"),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", "check the disk, its quota and its file size limit"),
    sqlite3.SQLITE_READONLY: ("it may not be written", "check who owns the file and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "check who owns the file and its folder, and the disk"),
    sqlite3.SQLITE_PERM: ("it may not be opened", "check who owns the file and its folder"),
}
"""What is not damage: nothing half-written is left behind by any of these."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Within it, errors of SQLite about the file at `path` are LedgerLocked, LedgerDamaged or LedgerUnusable."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _ours(path, error) from error


def _ours(path: Path, error: sqlite3.DatabaseError) -> LedgerUnusable:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code in _BUSY:
        return LedgerLocked(f"{path} is locked by another program", remedy="close what holds it open")
    if code in _DAMAGED or not isinstance(error, sqlite3.OperationalError) or _NO_TEXT in str(error):
        return LedgerDamaged(
            f"{path} is damaged: {error}", remedy="restore a backup; HubSpot still holds what was written"
        )
    reason, remedy = _REMEDIES.get(code, ("", "check the disk and who owns the file"))
    return LedgerUnusable(f"cannot use {path}: {reason or error}", remedy=remedy)
