"""The ledger is for its owner alone: it holds what customers wrote, and who they are.

SQLite gives `-wal` and `-shm` the mode of the ledger when it makes them, so a ledger that is made 0600 stays so. One of
an earlier version may be open to every user of the machine, and is made 0600 too where this user may do so. A group
that its owner let in, and no others, stays in.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY: Final = 0o600
OTHERS: Final = 0o007
_BESIDE: Final = ("", "-wal", "-shm")


def make_for_owner(path: Path) -> None:
    """An empty file where there is none. What is wrong with the place is left for SQLite to tell."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))


def shut_to_others(path: Path) -> None:
    """A ledger that every user of the machine may open, and the files beside it, become 0600."""
    for file in (path.with_name(path.name + end) for end in _BESIDE):
        with suppress(OSError):
            if file.stat().st_mode & OTHERS:
                file.chmod(OWNER_ONLY)
