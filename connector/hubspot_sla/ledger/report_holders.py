"""Whose time the broken promises of a period took: by metric, and by record with each instant once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.ledger.attribution_rows import unpacked
from hubspot_sla.ledger.report_rows import BROKEN
from hubspot_sla.measure.bottleneck import HeldTime, each_instant_once
from hubspot_sla.measure.whose_time import Holder

if TYPE_CHECKING:
    import sqlite3


_IN_PERIOD: Final = f"{BROKEN} and o.counted_at >= ? and o.counted_at < ?"


def by_metric(db: sqlite3.Connection, start_at: int, end_at: int) -> dict[str, list[HeldTime]]:
    query = (
        "select o.metric, t.holder, t.name, t.late, sum(t.ms) as ms from report_cycles as o"
        f" join outcome_time as t on t.outcome = o.id where {_IN_PERIOD}"
        f" group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    )
    times: dict[str, list[HeldTime]] = {}
    for row in db.execute(query, (start_at, end_at)):
        held = HeldTime(Holder(row["holder"]), row["name"], bool(row["late"]), row["ms"])
        times.setdefault(row["metric"], []).append(held)
    return times


class OfRecords(NamedTuple):
    """`unknown` records have several broken promises of which an earlier version did not keep whose time it was."""

    times: list[HeldTime]
    unknown: int


def by_record(db: sqlite3.Connection, start_at: int, end_at: int) -> OfRecords:
    """Each instant once. What has one broken promise is summed by SQLite, the rest walked through."""
    values = (start_at, end_at)
    broken = (
        "with broken as materialized (select o.id, o.object_type, o.record_id, o.clock, o.cycle, o.started_at,"
        " count(*) over (partition by o.object_type, o.record_id) as number from report_cycles as o"
        f" where {_IN_PERIOD})"
    )
    alone = (
        f"{broken} select t.holder, t.name, t.late, sum(t.ms) as ms from broken join outcome_time as t"
        " on t.outcome = broken.id where broken.number = 1 group by 1, 2, 3 order by 1, 2, 3"
    )
    times = [
        HeldTime(Holder(row["holder"]), row["name"], bool(row["late"]), row["ms"]) for row in db.execute(alone, values)
    ]
    several = (
        f"{broken} select b.object_type, b.record_id, b.started_at, o.spans from broken as b"
        " join outcomes as o on o.id = b.id where b.number > 1"
        " order by b.object_type, b.record_id, b.started_at, b.clock, b.cycle"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    unknown = 0
    for _, rows in groupby(cursor.execute(several, values), key=lambda row: row[:2]):
        cycles = [(started_at, spans) for _, _, started_at, spans in rows]
        if any(spans is None for _, spans in cycles):
            unknown += 1
        else:
            times += each_instant_once(unpacked(spans, started_at) for started_at, spans in cycles)
    return OfRecords(times, unknown)
