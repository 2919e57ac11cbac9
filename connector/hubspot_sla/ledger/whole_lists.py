"""Lists of all cycles that something counts: SQLite puts them in order, and they are read a row at a time.

There may be a million; nothing here keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hubspot_sla.ledger.report_lists import ORDER
from hubspot_sla.ledger.report_rows import PLACED_AT, Selection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Which:
    """Which rows of outcomes, and by which instant (SQL on `o`) the latest is first."""

    selection: Selection
    latest_by: str


class Course(NamedTuple):
    """What a list says of how a cycle went. `late_since` is epoch ms, and only of one that is open still; `late_ms` is
    wall time, to the minute from an hour on and to the second below: no list shows more."""

    excluded: str | None
    policy: str | None
    target_ms: int | None
    is_stopped: bool
    is_ended: bool
    is_late: bool
    is_broken: bool
    late_since: int | None
    late_ms: int


_OPEN: Final = "o.stopped_at is null and o.ended_at is null"
_COURSE: Final = (
    "o.excluded, o.policy, o.target_ms, o.stopped_at is not null, o.ended_at is not null, o.late_ms <> 0,"
    f" o.breached_at is not null, case when {_OPEN} then o.breached_at end,"
    f" case when o.breached_at is null or {_OPEN} then 0"
    " when o.late_wall_ms >= 3600000 then o.late_wall_ms / 60000 * 60000 else o.late_wall_ms / 1000 * 1000 end"
)


def that_count(selection: Selection, start_at: int, end_at: int) -> Which:
    """Those that count in the period (epoch ms)."""
    return Which(selection.and_(Selection(f"{PLACED_AT} >= ? and {PLACED_AT} < ?", (start_at, end_at))), PLACED_AT)


def that_are_late(selection: Selection) -> Which:
    """Those that are late and still open."""
    return Which(selection.and_(Selection("o.status = 'breached' and o.excluded is null")), "o.due_at")


def number(db: sqlite3.Connection, which: Which) -> int:
    """How many there are."""
    query = f"select count(*) from outcomes as o where {which.selection.sql}"
    return int(db.execute(query, which.selection.values).fetchone()[0])


def rows(db: sqlite3.Connection, which: Which, titles: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """(object type, record id, what the record is called, clock, company id, owner id, due at, done at, then the fields
    of a `Course`), the latest first. `titles` has the property that holds the title, by object type. Plain tuples."""
    whens = " ".join("when ? then ?" for _ in titles)
    paths = [value for object_type, name in titles.items() for value in (object_type, f'$."{name}"')]
    query = (
        "select o.object_type, o.record_id, coalesce((select json_extract(r.inputs, case o.object_type"
        f" {whens} end) from records as r where r.object_type = o.object_type and r.record_id = o.record_id), ''),"
        f" o.clock, o.company_id, o.owner_id, o.due_at, coalesce(o.stopped_at, o.ended_at), {_COURSE}"
        f" from outcomes as o where {which.selection.sql} order by {which.latest_by} desc, {ORDER}"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, (*paths, *which.selection.values))
