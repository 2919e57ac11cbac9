"""Cycles as lists of a report show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import Status
from hubspot_sla.ledger.report_rows import BROKEN, Selection
from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.ledger.temporary_tables import temporary
from hubspot_sla.measure.outcome import Excluded

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ListedCycle:
    """One row of outcomes. Instants in epoch ms."""

    object_type: str
    record_id: str
    clock: str
    cycle: int
    status: Status
    excluded: Excluded | None
    policy: str | None
    tier: str | None
    priority: str | None
    company_id: str | None
    owner_id: str | None
    target_ms: int | None
    started_at: int | None
    due_at: int | None
    breached_at: int | None
    stopped_at: int | None
    ended_at: int | None
    late_ms: int
    late_wall_ms: int


ORDER: Final = "o.record_id desc, o.object_type, o.clock, o.cycle"
"""What came at one instant stands in an order that does not depend on when it was judged."""
_COLUMNS: Final = ", ".join(f"o.{name}" for name in ListedCycle.__dataclass_fields__)


def of_rows(db: sqlite3.Connection, row_ids: Sequence[int]) -> dict[int, ListedCycle]:
    """By the number of the row."""
    found: dict[int, ListedCycle] = {}
    for ids in chunks(map(str, row_ids)):
        query = f"select o.id, {_COLUMNS} from outcomes as o where o.id in ({marks(ids)})"
        found |= {row[0]: _cycle(tuple(row)[1:]) for row in db.execute(query, [int(id_) for id_ in ids])}
    return found


def gather(db: sqlite3.Connection, start_at: int, end_at: int) -> None:
    """Fill `temp.report_listed` with the rows of `report_cycles` in the period that some list is about: what broke, is
    excluded, or was kept only by pauses. Within a transaction that is rolled back."""
    temporary(
        db,
        "report_listed",
        "select o.id, o.object_type, o.record_id, o.clock, o.cycle, o.placed_at, o.metric, o.status, o.excluded,"
        " o.met_by_pauses from report_cycles as o"
        " where o.placed_at >= ? and o.placed_at < ?"
        f" and (({BROKEN}) or o.excluded is not null or o.met_by_pauses = 1)",
        (start_at, end_at),
    )


def latest(db: sqlite3.Connection, selection: Selection, most: int) -> list[int]:
    """Numbers of the latest so many rows of `report_listed`, the latest first."""
    query = f"select o.id from report_listed as o where {selection.sql} order by o.placed_at desc, {ORDER} limit ?"
    return [row[0] for row in db.execute(query, (*selection.values, most))]


def late_now(db: sqlite3.Connection, selection: Selection) -> list[int]:
    """Numbers of the rows that are late and still open, the latest due first."""
    query = (
        "select o.id from outcomes as o where o.status = 'breached' and o.excluded is null"
        f" and ({selection.sql}) order by o.due_at desc, {ORDER}"
    )
    return [row[0] for row in db.execute(query, selection.values)]


def coming_due(db: sqlite3.Connection, selection: Selection, start_at: int, end_at: int) -> list[int]:
    """Numbers of the rows that run and come due in the interval (epoch ms), the next due first."""
    query = (
        "select o.id from outcomes as o where o.status in ('running', 'at_risk') and o.excluded is null"
        f" and o.due_at >= ? and o.due_at < ? and ({selection.sql}) order by o.due_at, {ORDER}"
    )
    return [row[0] for row in db.execute(query, (start_at, end_at, *selection.values))]


def _cycle(values: tuple[object, ...]) -> ListedCycle:
    row = ListedCycle(*values)  # type: ignore[arg-type]
    cause = None if row.excluded is None else Excluded(row.excluded)
    object.__setattr__(row, "status", Status(row.status))
    object.__setattr__(row, "excluded", cause)
    return row
