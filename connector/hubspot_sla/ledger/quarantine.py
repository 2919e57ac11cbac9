"""Rows that could not be judged or written, with the reason; the rest goes on without them.

Two words, because they have two owners: a row is *invalid* where we cannot judge it, *rejected* where HubSpot would
not take what we sent. Each is tried again after 5 minutes, then 10, up to a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.outbox import FIRST_WAIT_MS, LONGEST_WAIT_MS
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

JUDGING, READING = "judging", "reading"
"""The step that is ours, and the call without which it cannot be done; every other step is a call that HubSpot
refused too."""
INVALID, REJECTED = "invalid", "rejected"
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """One ticket in quarantine: `what` step failed and why, since when (epoch ms), how often, and when it is tried
    again (None: at its next change)."""

    ticket_id: str
    what: str
    reason: str
    since: int
    attempts: int
    again_at: int | None

    @property
    def word(self) -> str:
        """`invalid` or `rejected`."""
        return INVALID if self.what == JUDGING else REJECTED


def put(db: sqlite3.Connection, reasons: Mapping[str, str], *, what: str, run_id: str, at: int) -> None:
    """Ticket id to reason; `what` is the step that failed. The first instant stays when it fails again."""
    db.executemany(
        "insert into quarantine (ticket_id, what, reason, since, run_id, attempts, again_at) values (?,?,?,?,?,1,?)"
        " on conflict do update set reason = excluded.reason, run_id = excluded.run_id,"
        f" attempts = attempts + 1, again_at = ? + min({FIRST_WAIT_MS} << min(attempts, {_MOST_DOUBLINGS}),"
        f" {LONGEST_WAIT_MS})",
        [(ticket_id, what, reason, at, run_id, at + FIRST_WAIT_MS, at) for ticket_id, reason in reasons.items()],
    )


def release(db: sqlite3.Connection, ticket_ids: Iterable[str], *, what: str) -> None:
    db.executemany(
        "delete from quarantine where ticket_id = ? and what = ?",
        ((ticket_id, what) for ticket_id in ticket_ids),
    )


def forget(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> None:
    """Whatever was wrong with these tickets: they are gone."""
    db.executemany("delete from quarantine where ticket_id = ?", ((ticket_id,) for ticket_id in ticket_ids))


def due(db: sqlite3.Connection, now: int) -> list[str]:
    """Tickets that could not be read or judged and have waited long enough; what HubSpot would not have written waits
    in the outbox."""
    query = "select ticket_id from quarantine where again_at <= ? and what in (?, ?) order by again_at"
    return [row["ticket_id"] for row in db.execute(query, (now, JUDGING, READING))]


def every(db: sqlite3.Connection) -> list[Kept]:
    """All of it, the oldest first."""
    query = "select ticket_id, what, reason, since, attempts, again_at from quarantine order by since, ticket_id, what"
    return [Kept(**dict(row)) for row in db.execute(query)]


def retry(db: sqlite3.Connection, ticket_ids: Iterable[str] | None = None) -> int:
    """Have these tickets, or all, tried again by the next sync, with what HubSpot refused of theirs; how many there
    are. The attempts are counted on."""
    chosen = {row["ticket_id"] for row in db.execute("select ticket_id from quarantine")}
    if ticket_ids is not None:
        chosen &= set(ticket_ids)
    for ids in chunks(sorted(chosen)):
        db.execute(f"update quarantine set again_at = 0 where ticket_id in ({marks(ids)})", ids)
        db.execute(
            f"update outbox set again_at = 0 where state = 'refused' and again_at is not null"
            f" and ticket_id in ({marks(ids)})",
            ids,
        )
    return len(chosen)
