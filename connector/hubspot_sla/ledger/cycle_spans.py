"""From when to when cycles ran, as their outcomes say now, or said when an audit entry was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

Cycle = tuple[RecordRef, str, int]
"""A record, the key of a clock, the number of its cycle."""


def spans_of(db: sqlite3.Connection, cycles: Iterable[Cycle]) -> dict[Cycle, tuple[int | None, int | None]]:
    """Start and stop or end (epoch ms) of those that are known; None: it has not begun, or goes on."""
    query = (
        "select started_at, coalesce(stopped_at, ended_at) as over_at from outcomes"
        " where object_type = ? and record_id = ? and clock = ? and cycle = ?"
    )
    return _found(db, cycles, query, ())


def spans_at(db: sqlite3.Connection, cycles: Iterable[Cycle], entry: int) -> dict[Cycle, tuple[int | None, int | None]]:
    """The same as of this entry: what was restated since is read from the edition that was kept then. An outcome that
    came to its end since shows that."""
    query = (
        "select started_at, coalesce(stopped_at, ended_at) as over_at from (select 0 as nth, started_at, stopped_at,"
        " ended_at, object_type, record_id, clock, cycle, id from outcome_editions where entry > ?"
        " union all select 1, started_at, stopped_at, ended_at, object_type, record_id, clock, cycle, id from outcomes)"
        " where object_type = ? and record_id = ? and clock = ? and cycle = ? order by nth, id limit 1"
    )
    return _found(db, cycles, query, (entry,))


def _found(
    db: sqlite3.Connection, cycles: Iterable[Cycle], query: str, bound: tuple[int, ...]
) -> dict[Cycle, tuple[int | None, int | None]]:
    found: dict[Cycle, tuple[int | None, int | None]] = {}
    for record, clock, cycle in cycles:
        row = db.execute(query, (*bound, *record, clock, cycle)).fetchone()
        if row is not None:
            found[record, clock, cycle] = row["started_at"], row["over_at"]
    return found
