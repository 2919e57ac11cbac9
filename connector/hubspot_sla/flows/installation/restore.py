"""A backup put in the place of the ledger: proved first, and what was there is kept.

What was sent since the backup is not known to it. Properties are compared with HubSpot, tasks and notes are found there
by their markers; messages through channels cannot be found. Those may be held.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubspot_sla.errors import SlaError, UsageProblem
from hubspot_sla.flows.context.local_clock import local_now, wall_now
from hubspot_sla.ledger import database, held_notices, notifications, state, verified_copies
from hubspot_sla.ledger.lease_holder import LeaseLock
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot_sla.hubspot.current_time import ClockMode
    from hubspot_sla.ledger.database import Ledger

BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Restored:
    """`newest_at` (epoch ms) is the newest entry of the backup's audit log; `kept` where the ledger is that was there
    before, None where there was none; `held_before` is None where notices are not held, `withdrawn` how many waited."""

    path: Path
    entries: int
    head: str
    newest_at: int | None
    kept: Path | None
    waiting: int
    held_before: int | None
    withdrawn: int = 0

    def as_json(self) -> dict[str, object]:
        return {
            "ledger": str(self.path),
            "audit_entries": self.entries,
            "audit_head": self.head,
            "newest_entry_at": None if self.newest_at is None else wire(self.newest_at),
            "kept": None if self.kept is None else str(self.kept),
            "notices_waiting": self.waiting,
            "held_before": None if self.held_before is None else wire(self.held_before),
            "notices_withdrawn": self.withdrawn,
        }


def restore(path: Path, backup: Path, clock: ClockMode, *, hold: bool) -> Restored:
    """`backup` as the ledger at `path`; `clock` says whose time it is.

    Raises UsageProblem, AnotherWorkerActive while anybody writes to the ledger, LedgerDamaged and LedgerUnusable for a
    backup that cannot be used; then nothing has changed.
    """
    if not backup.is_file():
        raise UsageProblem(f"there is no file {backup}", remedy="name a backup that `sla backup` made")
    if path.exists() and backup.samefile(path):
        raise UsageProblem(f"{backup} is the ledger itself", remedy="name a backup")
    lock = LeaseLock.of(path, database.wall_ms)
    try:
        lock.require_free()
        return _restored(path, backup, clock, hold=hold)
    finally:
        lock.unlock()


def _restored(path: Path, backup: Path, clock: ClockMode, *, hold: bool) -> Restored:
    verified = verified_copies.verify(backup)
    half = path.with_name(f".{path.name}.restored")
    try:
        _copy(backup, half)
        with database.open_beside(half) as ledger:
            former = _former(path, clock)
            _require_same_portal(former.portal, ledger)
            now = former.now or local_now(ledger.db, clock)
            newest_at, waiting, withdrawn = _prepare(ledger, now, hold=hold)
        kept = _keep(path, wall_now())
        half.replace(path)
    finally:
        for end in ("", *BESIDE):
            half.with_name(half.name + end).unlink(missing_ok=True)
    held_before = now if hold else None
    return Restored(path, verified.entries, verified.head, newest_at, kept, waiting, held_before, withdrawn)


def _copy(backup: Path, half: Path) -> None:
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with backup.open("rb") as source, half.open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        raise UsageProblem(f"cannot write {half}: {error.strerror}", remedy="check the folder and the disk") from None


def _prepare(ledger: Ledger, now: int, *, hold: bool) -> tuple[int | None, int, int]:
    """When the newest entry is from, how many notices wait, and how many of them are withdrawn."""
    row = ledger.db.execute("select at from audit order by seq desc limit 1").fetchone()
    waiting = sum(notifications.counts_waiting(ledger.db).values())
    with ledger.transaction() as db:
        withdrawn = held_notices.hold(db, now) if hold else 0
        db.execute("update lease set ends_at = 0")
    ledger.db.execute("pragma wal_checkpoint(truncate)")
    ledger.db.execute("pragma journal_mode = delete")
    return (None if row is None else row[0]), waiting, withdrawn


@dataclass(frozen=True, slots=True)
class _Former:
    """Of the ledger that is there, as far as it can still be read: whose it is, and what time it is by it."""

    portal: str | None = None
    now: int = 0


def _former(path: Path, clock: ClockMode) -> _Former:
    if path.is_file():
        with suppress(SlaError), database.open_for_reading(path) as ledger, ledger.telling_damage():
            return _Former(state.read(ledger.db, state.PORTAL), local_now(ledger.db, clock))
    return _Former()


def _require_same_portal(known: str | None, restored: Ledger) -> None:
    portal = state.read(restored.db, state.PORTAL)
    if known is not None and portal is not None and known != portal:
        raise UsageProblem(
            f"this backup belongs to portal {portal}, the ledger in its place to portal {known}",
            remedy="set SLA_LEDGER to the ledger of that portal, or name another backup",
        )


def _keep(path: Path, now: int) -> Path | None:
    """The ledger that is there gets another name, with what SQLite keeps beside it."""
    if not path.exists():
        return None
    kept = path.with_name(f"{path.name}.replaced-{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}")
    if kept.exists():
        raise UsageProblem(f"{kept} is there already", remedy="move it away")
    for end in BESIDE:
        beside = path.with_name(path.name + end)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + end))
    path.replace(kept)
    return kept
