"""What reports read of pauses: who made clocks stand still, and what was met only because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.measure.pause_audit import Paused

if TYPE_CHECKING:
    import sqlite3

_COUNTS = "o.excluded is null and o.counted_at >= ? and o.counted_at < ?"
_PAUSED = "(o.pauses is not null or o.met_by_pauses = 1 or (o.met_by_pauses is null and o.paused_ms > 0))"


class OfMetric(NamedTuple):
    """`by_author` has the longest first; `together` counts each cycle once. Of `unknown` cycles nobody says who paused:
    an earlier version judged them."""

    by_author: list[Paused]
    together: Paused
    unknown: int


def by_metric(db: sqlite3.Connection, start_at: int, end_at: int) -> dict[str, OfMetric]:
    """Of the cycles that count in the period and are not excluded; a metric without pauses is absent."""
    values = (start_at, end_at)
    authors: dict[str, list[Paused]] = {}
    query = (
        f"select o.metric, {_field(0)} as author, count(*) as cycles, sum({_field(1)}) as business_ms,"
        f" sum({_field(2)}) as wall_ms, sum({_field(3)}) as met_only from report_cycles as o, json_each(o.pauses) as p"
        f" where o.pauses is not null and {_COUNTS} group by 1, 2 order by 1, 4 desc, 5 desc, 2"
    )
    for row in db.execute(query, values):
        of_author = Paused(row["author"], row["cycles"], row["business_ms"], row["wall_ms"], row["met_only"])
        authors.setdefault(row["metric"], []).append(of_author)
    query = (
        "select o.metric, sum(o.pauses is not null) as cycles, total(o.met_by_pauses) as met_only,"
        " sum(o.met_by_pauses is null and o.paused_ms > 0) as unknown from report_cycles as o"
        f" where {_PAUSED} and {_COUNTS} group by 1 order by 1"
    )
    return {
        row["metric"]: OfMetric(of_authors, _together(row, of_authors), row["unknown"])
        for row in db.execute(query, values)
        if (of_authors := authors.get(row["metric"], [])) or row["unknown"]
    }


def _field(place: int) -> str:
    return f"json_extract(p.value, '$[{place}]')"


def _together(row: sqlite3.Row, authors: list[Paused]) -> Paused:
    business_ms, wall_ms = sum(one.business_ms for one in authors), sum(one.wall_ms for one in authors)
    return Paused(None, row["cycles"], business_ms, wall_ms, int(row["met_only"]))
