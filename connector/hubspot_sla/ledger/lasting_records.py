"""Which records a look at a period has to take in: those that were not over long before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3


def lasting_records(db: sqlite3.Connection, since: int, until: int) -> list[RecordRef]:
    """Those with an outcome that were still of some concern at `since` (due, open, or over after it), and had begun by
    `until` (epoch ms); of those without any instant nobody can say. In the order of object type and id."""
    latest = (
        "max(max(coalesce(due_at, 0), coalesce(stopped_at, 0), coalesce(ended_at, 0), coalesce(breached_at, 0),"
        " case when started_at is not null and stopped_at is null and ended_at is null then ? else 0 end))"
    )
    query = (
        "select object_type, record_id from outcomes group by object_type, record_id"
        f" having ({latest} >= ? or coalesce(max(started_at), 0) = 0) and coalesce(min(started_at), 0) < ?"
        " order by object_type, record_id"
    )
    rows = db.execute(query, (since, since, until))
    return [RecordRef(row["object_type"], row["record_id"]) for row in rows]
