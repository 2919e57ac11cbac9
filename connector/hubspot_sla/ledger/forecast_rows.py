"""What a forecast reads of outcomes: the cycles that were over by an instant and known to be, and the other records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_TO_JUDGE: Final = (
    "select object_type, record_id from outcomes where kind = :kind and started_at < :at"
    " and (judged_entry > :entry or coalesce(stopped_at, ended_at, :at) >= :at)"
)


def records_to_judge(db: sqlite3.Connection, at: int, entry: int, kind: str = "sla") -> list[RecordRef]:
    """Records with a cycle of this kind of promise that had begun by `at` (epoch ms) and was not over then, or that
    were judged after audit entry `entry`: what was known of them then is to be judged anew. In the order of object
    type and id."""
    query = f"{_TO_JUDGE} group by object_type, record_id order by object_type, record_id"
    rows = db.execute(query, {"at": at, "entry": entry, "kind": kind})
    return [RecordRef(row["object_type"], row["record_id"]) for row in rows]


def paused_between(db: sqlite3.Connection, since: int, at: int) -> list[RecordRef]:
    """Records with a cycle that stood still for some time, began before `at` and was not over at `since` (epoch ms), in
    the order of object type and id."""
    query = (
        "select distinct object_type, record_id from outcomes where kind = 'sla' and excluded is null and paused_ms > 0"
        " and started_at < ? and coalesce(stopped_at, ended_at, ?) >= ?"
        " order by object_type, record_id"
    )
    return [RecordRef(row["object_type"], row["record_id"]) for row in db.execute(query, (at, at, since))]


def ended(db: sqlite3.Connection, at: int, entry: int, kind: str = "sla") -> Iterator[tuple[Any, ...]]:
    """(metric, policy, priority, elapsed ms, whether the goal was reached, status) of every cycle of the other records
    that is not excluded; "" for no policy and no priority. Plain tuples: there may be a million."""
    query = (
        "select metric, coalesce(policy, ''), coalesce(priority, ''), elapsed_ms, stopped_at is not null, status"
        " from outcomes where kind = :kind and excluded is null and started_at < :at"
        f" and (object_type, record_id) not in ({_TO_JUDGE})"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, {"at": at, "entry": entry, "kind": kind})


def fates(db: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """(object type, record id, clock, cycle, status) of every cycle that was judged, as it stands now."""
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(
        "select object_type, record_id, clock, cycle, status from outcomes"
        " where kind = 'sla' and excluded is null and status in ('met', 'missed', 'breached')"
    )
