"""Backups of the ledger: one file each, dated and verified; of the old ones as many stay as the caller says.

`restore.py` puts one back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.ledger import verified_copies

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.ledger.database import Ledger

_DATED = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Backup:
    """What was made: the audit chain of the copy up to its head; and which older files were thrown away."""

    path: Path
    size: int
    entries: int
    head: str
    removed: tuple[Path, ...] = ()

    def as_json(self) -> dict[str, object]:
        return {
            "file": str(self.path),
            "bytes": self.size,
            "audit_entries": self.entries,
            "audit_head": self.head,
            "removed": [str(path) for path in self.removed],
        }


def into_file(ledger: Ledger, target: Path, *, force: bool = False) -> Backup:
    """A backup under a name of one's own. A file that is there is replaced only where it is an earlier state of this
    very ledger, or with `force`; the ledger itself never. Raises UsageProblem, LedgerUnusable, LedgerDamaged."""
    _check_target(ledger, target, force=force)
    verified = verified_copies.copy(ledger, target)
    return Backup(target, target.stat().st_size, verified.entries, verified.head)


def into_folder(ledger: Ledger, folder: Path, now: int, *, keep: int | None = None) -> Backup:
    """A backup named by the ledger and `now` (epoch ms). Of the backups so named in the folder the newest `keep`
    stay, None for all; no other file is touched."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "set SLA_BACKUPS to a folder that may be written"
        raise UsageProblem(f"cannot make the folder {folder}: {error.strerror}", remedy=remedy) from None
    at = datetime.fromtimestamp(now / 1000, UTC)
    made = into_file(ledger, folder / f"{ledger.path.stem}-{at:%Y%m%dT%H%M%SZ}.db")
    old = _dated(folder, ledger.path.stem)[: -keep or None] if keep else []
    for path in old:
        path.unlink(missing_ok=True)
    return Backup(made.path, made.size, made.entries, made.head, tuple(old))


def _check_target(ledger: Ledger, target: Path, *, force: bool) -> None:
    if not target.parent.is_dir():
        raise UsageProblem(f"there is no folder {target.parent} for the backup", remedy="create it")
    if target.is_dir():
        raise UsageProblem(f"{target} is a folder", remedy="name a file in it, or set SLA_BACKUPS to it")
    if not target.exists():
        return
    if target.samefile(ledger.path):
        raise UsageProblem(f"{target} is the ledger itself", remedy="name another file")
    if not force and not verified_copies.is_earlier(ledger, target):
        raise UsageProblem(
            f"{target} is there, and is no backup of this ledger", remedy="name another file, or say --force"
        )


def _dated(folder: Path, stem: str) -> list[Path]:
    """Our backups in the folder, the oldest first."""
    names = re.compile(rf"{re.escape(stem)}-{_DATED.pattern}\.db")
    return sorted(path for path in folder.iterdir() if names.fullmatch(path.name))
