"""Whose time the broken promises of a period took: by metric, and by record with each instant once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.ledger.attribution_rows import unpacked
from hubspot_sla.ledger.report_rows import BROKEN
from hubspot_sla.ledger.temporary_tables import temporary
from hubspot_sla.measure.bottleneck import HeldTime, each_instant_once
from hubspot_sla.measure.whose_time import Holder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from hubspot_sla.measure.whose_time import HolderSpan


def gather(db: sqlite3.Connection, start_at: int, end_at: int) -> None:
    """Fill `temp.report_broken` with the broken promises of the period, each with how many its record has. Within a
    transaction that is rolled back."""
    temporary(
        db,
        "report_broken",
        "select o.id, o.metric, o.object_type, o.record_id, o.started_at,"
        " count(*) over (partition by o.object_type, o.record_id) as number from report_cycles as o"
        f" where {BROKEN} and o.counted_at >= ? and o.counted_at < ?",
        (start_at, end_at),
    )


def by_metric(db: sqlite3.Connection) -> dict[str, list[HeldTime]]:
    query = (
        "select b.metric, t.holder, t.name, t.late, sum(t.ms) as ms from report_broken as b"
        " join outcome_time as t on t.outcome = b.id group by 1, 2, 3, 4 order by 1, 2, 3, 4"
    )
    times: dict[str, list[HeldTime]] = {}
    for row in db.execute(query):
        held = HeldTime(Holder(row["holder"]), row["name"], bool(row["late"]), row["ms"])
        times.setdefault(row["metric"], []).append(held)
    return times


class OfRecords(NamedTuple):
    """`unknown` records have several broken promises of which an earlier version did not keep whose time it was."""

    times: list[HeldTime]
    unknown: int


def by_record(db: sqlite3.Connection) -> OfRecords:
    """Each instant once. What has one broken promise is summed by SQLite, the rest walked through."""
    alone = (
        "select t.holder, t.name, t.late, sum(t.ms) as ms from report_broken as b join outcome_time as t"
        " on t.outcome = b.id where b.number = 1 group by 1, 2, 3 order by 1, 2, 3"
    )
    times = [HeldTime(Holder(row["holder"]), row["name"], bool(row["late"]), row["ms"]) for row in db.execute(alone)]
    several = (
        "select b.object_type, b.record_id, b.started_at, o.spans from report_broken as b"
        " join outcomes as o on o.id = b.id where b.number > 1"
        " order by b.object_type, b.record_id, b.started_at, o.clock, o.cycle"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    unknown: list[tuple[str, str]] = []

    def known() -> Iterator[Iterator[Iterator[HolderSpan]]]:
        for record, rows in groupby(cursor.execute(several), key=lambda row: row[:2]):
            cycles = [(started_at, spans) for _, _, started_at, spans in rows]
            if any(spans is None for _, spans in cycles):
                unknown.append(record)
            else:
                yield (unpacked(spans, started_at) for started_at, spans in cycles)

    return OfRecords([*times, *each_instant_once(known())], len(unknown))
