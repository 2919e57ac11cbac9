"""From when to when cycles ran, as their outcomes say now."""

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
    found: dict[Cycle, tuple[int | None, int | None]] = {}
    for record, clock, cycle in cycles:
        row = db.execute(query, (*record, clock, cycle)).fetchone()
        if row is not None:
            found[record, clock, cycle] = row["started_at"], row["over_at"]
    return found
