"""What reports read of records rather than cycles: which of them kept every promise, and to which any was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger.temporary_tables import temporary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

NOTHING, UNKNOWN, PROMISED = 1, 2, 3
"""What is known of a record by its cycles, the most that one of them says; 0: it went into another record."""
_KNOWN: Final = (
    f"max(case excluded when 'merged' then 0 when 'no_sla' then {NOTHING} when 'unknown' then {UNKNOWN}"
    f" else {PROMISED} end)"
)
_JUDGED: Final = (
    "excluded is null and status in ('met', 'missed', 'breached') and placed_at >= ? and placed_at < ?"  # in a period
)


def gather(db: sqlite3.Connection, start_at: int, end_at: int) -> Sequence[str]:
    """Fill `temp.report_records` with a row for each record of `report_cycles`: what is `known` of it, whether it
    `kept` all that was judged of it in the period, and `kept0` and so on all of each of the metrics that are returned;
    null where nothing was. Within a transaction that is rolled back."""
    metrics = [row[0] for row in db.execute("select distinct metric from report_cycles order by metric")]
    of_metrics = "".join(f", min(case metric when ? then is_met end) as kept{place}" for place in range(len(metrics)))
    temporary(
        db,
        "report_records",
        f"select object_type, record_id, {_KNOWN} as known, min(is_met) as kept{of_metrics} from (select object_type,"
        f" record_id, metric, excluded, case when {_JUDGED} then status = 'met' end as is_met from report_cycles)"
        " group by record_id, object_type",  # most differ in their id: it is compared first
        (*metrics, start_at, end_at),
    )
    return metrics


def all_kept(db: sqlite3.Connection) -> tuple[int, int]:
    """Of the records with a judged cycle those with every one met, and all."""
    kept, judged = db.execute("select coalesce(sum(kept), 0), count(kept) from report_records").fetchone()
    return kept, judged


def kept_by_metric(db: sqlite3.Connection, metrics: Sequence[str]) -> dict[tuple[str | None, ...], tuple[int, int]]:
    """The same of the cycles of each metric that `gather` returned; one of which nothing was judged is absent."""
    sums = ", ".join(f"coalesce(sum(kept{place}), 0), count(kept{place})" for place in range(len(metrics)))
    if not sums:
        return {}
    row = tuple(db.execute(f"select {sums} from report_records").fetchone())
    found = zip(metrics, row[::2], row[1::2], strict=True)
    return {(metric,): (kept, judged) for metric, kept, judged in found if judged}


def kept_by(
    db: sqlite3.Connection, start_at: int, end_at: int, columns: Sequence[str]
) -> dict[tuple[str | None, ...], tuple[int, int]]:
    """The same of the cycles of the period that have values of `columns` in common, columns of `report_cycles`."""
    keys = ", ".join(columns)
    query = (
        f"select {keys}, count(distinct record_id), count(distinct case when status <> 'met' then record_id end)"
        f" from report_cycles where {_JUDGED} group by {keys}, object_type"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    found: dict[tuple[str | None, ...], tuple[int, int]] = {}
    for *key, judged, broken in cursor.execute(query, (start_at, end_at)):
        kept, number = found.get(tuple(key), (0, 0))
        found[tuple(key)] = kept + judged - broken, number + judged
    return found
