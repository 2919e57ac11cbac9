"""The cycles that a report is about, in a table of their own for as long as it is made.

Every figure asks for them, and in `outcomes` each question would work their parts out of a million rows again. The
table is temporary: it is in no file of the ledger, and is gone with the transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger.report_rows import COUNTED_AT, PLACED_AT
from hubspot_sla.ledger.temporary_tables import temporary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.ledger.report_rows import Selection

OF_RECORDS: Final = (
    *("object_type", "record_id", "metric", "status", "excluded", "stopped_at", "calendar"),
    *("pauses", "paused_ms", "met_by_pauses"),
)
"""Those from which follows which records kept all, what was promised to whom, who paused, and when people answer."""
OF_CYCLES: Final = (
    *("id", "object_type", "record_id", "clock", "cycle", "metric", "status", "excluded", "started_at", "stopped_at"),
    *("breached_at", "elapsed_ms", "target_ms", "due_at", "owner_id", "policy", "priority", "met_by_pauses"),
    "waived_by",
)
"""Those from which everything else follows but what is broken down by keys."""
COPIED: Final = tuple(dict.fromkeys((*OF_CYCLES, *OF_RECORDS)))


def gather(
    db: sqlite3.Connection,
    selection: Selection,
    since_at: int,
    columns: Sequence[str],
    copied: Sequence[str] = COPIED,
) -> None:
    """Fill `temp.report_cycles` with the selected cycles that count, end or begin since (epoch ms), and those that have
    no instant: the columns `copied`, and `counted_at`, the instant whose period counts a cycle; `placed_at` also has
    one for what is excluded; `key0` and so on are `columns` (SQL on `o`). Within a transaction that is rolled back."""
    names = ", ".join(f"o.{name}" for name in copied)
    keys = "".join(f", {column} as key{place}" for place, column in enumerate(columns))
    temporary(
        db,
        "report_cycles",
        f"select {names}, {COUNTED_AT} as counted_at, {PLACED_AT} as placed_at{keys} from outcomes as o"
        f" where ({PLACED_AT} is null or {PLACED_AT} >= ? or o.started_at >= ? or o.stopped_at >= ?)"
        f" and ({selection.sql})",
        (since_at, since_at, since_at, *selection.values),
    )
