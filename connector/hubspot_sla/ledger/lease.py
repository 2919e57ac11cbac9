"""Who may write to a ledger: one worker at a time, by a lease with a number that only grows.

The lock of the operating system shows that a process lives: it ends with it, so the next one that gets it takes the
lease at once. It proves nothing of a process that stands still. A worker that does not get the lock may therefore take
over once the lease has ended, which one that lives renews long before; the one that stood still finds a higher number
at its next transaction and writes no more. A worker that took over without that lock has a lock of its own, named after
its number: while it lives nobody takes the lease from it, whoever gets the first lock meanwhile, and the next worker
starts at once when it dies. It takes the first lock too as soon as that is free.

Instants are epoch ms by the clock of this machine: a ledger is a file on one machine.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_sla.errors import AnotherWorkerActive, LeaseLost

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

LEASE_MS = 5 * 60_000
"""How long a worker may stand still before another one may take over."""
RENEWED_AFTER_MS = 60_000
"""A lease younger than this is not written again."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease as it stands in the file. `by_lock`: its holder has the lock of the operating system too."""

    fence: int
    holder: str
    by_lock: bool
    ends_at: int

    def lives(self, now: int) -> bool:
        """One that ends later than any lease can was written before the clock was set back: it counts as ended."""
        return now < self.ends_at <= now + LEASE_MS

    @property
    def is_given_back(self) -> bool:
        return not self.ends_at

    def left_behind(self) -> bool:
        """Whether its holder is gone from this machine and had no time to give it back; also one that is dead and not
        yet buried. Of a process on another machine, and of one whose number is taken again, nothing is known: False."""
        named = _PROCESS.fullmatch(self.holder)
        if self.is_given_back or named is None or named["host"] != socket.gethostname():
            return False
        try:
            os.kill(int(named["pid"]), 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return _is_dead(int(named["pid"]))

    def is_fresh(self, now: int) -> bool:
        return now + LEASE_MS - RENEWED_AFTER_MS <= self.ends_at <= now + LEASE_MS


def this_process() -> str:
    """How this process is named to others."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _is_dead(pid: int) -> bool:
    """Whether a process that still has its number has ended (state Z or X), as in a container whose first process looks
    after no others. Known where there is /proc."""
    try:
        _, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
    except OSError:
        return False
    return rest.split(maxsplit=1)[:1] in (["Z"], ["X"])


_PROCESS = re.compile(r"process (?P<pid>\d+) on (?P<host>.*)")


def standing(db: sqlite3.Connection) -> Lease | None:
    """The lease as it stands; None in a ledger to which nobody has written since it can hold one."""
    row = db.execute("select fence, holder, by_lock, ends_at from lease where id = 1").fetchone()
    return None if row is None else Lease(row[0], row[1], bool(row[2]), row[3])


def take(
    db: sqlite3.Connection, *, now: int, by_lock: bool, has_died: Callable[[Lease], bool] = lambda _lease: False
) -> Lease:
    """Take the lease inside the caller's transaction. `has_died` says whether the holder of a lease that was taken
    without the lock is known to be dead. AnotherWorkerActive: somebody else has it."""
    before = standing(db)
    if not _is_free(before, now, by_lock=by_lock, has_died=has_died):
        who = f": {before.holder}" if before else ""
        raise AnotherWorkerActive(
            f"another worker is writing to this ledger{who}",
            remedy="wait for it to end; a second one is never needed",
        )
    taken = Lease((before.fence if before else 0) + 1, this_process(), by_lock, now + LEASE_MS)
    db.execute(
        "insert or replace into lease (id, fence, holder, by_lock, ends_at) values (1, ?, ?, ?, ?)",
        (taken.fence, taken.holder, int(by_lock), taken.ends_at),
    )
    return taken


def _is_free(before: Lease | None, now: int, *, by_lock: bool, has_died: Callable[[Lease], bool]) -> bool:
    if before is None or before.by_lock:
        return by_lock or (before is not None and not before.lives(now))
    return not before.lives(now) or has_died(before)


def require(db: sqlite3.Connection, ours: Lease) -> Lease:
    """Our lease as it stands. LeaseLost: another worker has taken over."""
    current = standing(db)
    if current is None or current.fence != ours.fence:
        holder = current.holder if current else "nobody"
        raise LeaseLost(
            f"this worker stood still for too long, and the ledger was taken over by {holder}",
            remedy="it has written nothing since; let the other one go on, or end it and start again",
        )
    return current


def renew(db: sqlite3.Connection, *, now: int, by_lock: bool) -> None:
    """Put off the end of our lease, inside the caller's transaction and after `require`."""
    db.execute("update lease set ends_at = ?, by_lock = ? where id = 1", (now + LEASE_MS, int(by_lock)))


def give_back(db: sqlite3.Connection, ours: Lease) -> None:
    """The next worker need not wait. Does nothing where the lease is no longer ours."""
    db.execute("update lease set ends_at = 0 where id = 1 and fence = ?", (ours.fence,))
