"""Rows that could not be judged or written, with the reason; the rest goes on without them.

Two words, because they have two owners: a row is *invalid* where we cannot judge it, *rejected* where HubSpot would
not take what we sent. Each is tried again after 5 minutes, then 10, up to a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.outbox import FIRST_WAIT_MS, LONGEST_WAIT_MS
from hubspot_sla.ledger.sql import by_object_type
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

JUDGING, READING = "judging", "reading"
"""The step that is ours, and the call without which it cannot be done; every other step is a call that HubSpot
refused too."""
INVALID, REJECTED = "invalid", "rejected"
_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """One record in quarantine: which `step` failed and why, since when (epoch ms), how often, and when it is tried
    again (None: at its next change)."""

    record: RecordRef
    step: str
    reason: str
    since_at: int
    attempts: int
    again_at: int | None

    @property
    def word(self) -> str:
        """`invalid` or `rejected`."""
        return INVALID if self.step == JUDGING else REJECTED


def put(db: sqlite3.Connection, reasons: Mapping[RecordRef, str], *, step: str, run_id: str, at: int) -> None:
    """Record to reason; `step` is the one that failed. The first instant stays when it fails again."""
    db.executemany(
        "insert into quarantine (object_type, record_id, step, reason, since_at, run_id, attempts, again_at)"
        " values (?,?,?,?,?,?,1,?)"
        " on conflict do update set reason = excluded.reason, run_id = excluded.run_id,"
        f" attempts = attempts + 1, again_at = ? + min({FIRST_WAIT_MS} << min(attempts, {_MOST_DOUBLINGS}),"
        f" {LONGEST_WAIT_MS})",
        [(*record, step, reason, at, run_id, at + FIRST_WAIT_MS, at) for record, reason in reasons.items()],
    )


def release(db: sqlite3.Connection, records: Iterable[RecordRef], *, step: str) -> None:
    db.executemany(
        "delete from quarantine where object_type = ? and record_id = ? and step = ?",
        ((*record, step) for record in records),
    )


def forget(db: sqlite3.Connection, records: Iterable[RecordRef]) -> None:
    """Whatever was wrong with these records: they are gone."""
    db.executemany("delete from quarantine where object_type = ? and record_id = ?", records)


def due(db: sqlite3.Connection, now: int) -> dict[str, list[str]]:
    """Ids of the records that could not be read or judged and have waited long enough, by object type; what HubSpot
    would not have written waits in the outbox."""
    query = "select object_type, record_id from quarantine where again_at <= ? and step in (?, ?) order by again_at"
    return by_object_type(db.execute(query, (now, JUDGING, READING)))


def every(db: sqlite3.Connection) -> list[QuarantinedRecord]:
    """All of it, the oldest first."""
    query = (
        "select object_type, record_id, step, reason, since_at, attempts, again_at from quarantine"
        " order by since_at, object_type, record_id, step"
    )
    return [QuarantinedRecord(RecordRef(row[0], row[1]), *tuple(row)[2:]) for row in db.execute(query)]


def retry(db: sqlite3.Connection, records: Iterable[RecordRef] | None = None) -> int:
    """Have these records, or all, tried again by the next sync, with what HubSpot refused of theirs; how many there
    are. The attempts are counted on."""
    chosen = {RecordRef(*row) for row in db.execute("select object_type, record_id from quarantine")}
    if records is not None:
        chosen &= set(records)
    db.executemany("update quarantine set again_at = 0 where object_type = ? and record_id = ?", chosen)
    db.executemany(
        "update outbox set again_at = 0 where state = 'refused' and again_at is not null"
        " and object_type = ? and record_id = ?",
        chosen,
    )
    return len(chosen)
