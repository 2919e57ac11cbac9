"""Which promises to customers a view of chains speaks of: those that broke, and those that are open over open links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import BROKEN, Selection
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3

_OPEN: Final = "status in ('running', 'at_risk', 'paused', 'breached') and excluded is null and started_at is not null"
"""Begun, and not over."""
CycleOfClock = tuple[str, int]
"""A clock's key and the number of its cycle."""


def broken(db: sqlite3.Connection, start_at: int, end_at: int) -> dict[RecordRef, set[CycleOfClock]]:
    """Promises to customers that count in the period and were broken, those late and still open among them."""
    found: dict[RecordRef, set[CycleOfClock]] = {}
    own = Selection(f"o.kind = 'sla' and {BROKEN}")
    for row in report_rows.cycles(db, own, start_at, end_at, ["o.clock", "o.cycle"]):
        found.setdefault(RecordRef(row[1], row[2]), set()).add((row[17], row[18]))
    return found


def going(db: sqlite3.Connection) -> list[RecordRef]:
    """Records with an open promise to the customer, and an open one of a department or vendor behind it."""
    query = (
        f"select distinct object_type, record_id from outcomes where kind <> 'sla' and {_OPEN}"
        f" intersect select object_type, record_id from outcomes where kind = 'sla' and {_OPEN}"
        " order by object_type, record_id"
    )
    return [RecordRef(row["object_type"], row["record_id"]) for row in db.execute(query)]
