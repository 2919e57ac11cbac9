"""Earlier editions of outcomes that were restated: appended, never changed. The present one stands in `outcomes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger.outcomes import COPIED, judged_of, outcome_of
from hubspot_sla.measure.restatement import Restated, RestatementCause
from hubspot_sla.measure.whose_time import Holder, HolderTime
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from hubspot_sla.ledger.outcomes import Judged
    from hubspot_sla.measure.outcome import Outcome

WHOSE_TIME: Final = (
    "(select json_group_array(json_array(holder, name, late, ms)) from"
    " (select holder, name, late, ms from outcome_time where outcome = outcomes.id order by holder, name, late))"
)
"""The rows of `outcome_time` of one outcome, as JSON."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What one cycle's outcome was until `restated_at` (epoch ms), when it was found to be another; `judged` is what
    this one was judged by, and `entry` the number of the audit entry that covers it."""

    outcome: Outcome
    judged: Judged
    restated: Restated
    restated_at: int
    entry: int


def keep(db: sqlite3.Connection, record: RecordRef, restated: Iterable[Restated], *, at: int, entry: int) -> None:
    """Keep these outcomes of a record as they stand now; they are to be replaced."""
    copied = f"insert into outcome_editions ({COPIED}, whose_time, cause, author, restated_at, entry)"
    query = (
        f"{copied} select {COPIED}, {WHOSE_TIME}, ?, ?, ?, ? from outcomes"
        " where object_type = ? and record_id = ? and clock = ? and cycle = ?"
    )
    db.executemany(query, ((one.cause.value, one.author, at, entry, *record, one.clock, one.cycle) for one in restated))


def of_record(db: sqlite3.Connection, record: RecordRef) -> list[Edition]:
    """All of one record, in the order in which they were restated."""
    query = "select * from outcome_editions where object_type = ? and record_id = ? order by id"
    return list(_read(db.execute(query, record)))


def after(db: sqlite3.Connection, entry: int) -> list[tuple[RecordRef, Edition]]:
    """Those that were covered by an audit entry after this one, with their records, the oldest first."""
    rows = db.execute("select * from outcome_editions where entry > ? order by id", (entry,)).fetchall()
    refs = [RecordRef(row["object_type"], row["record_id"]) for row in rows]
    return list(zip(refs, _read(rows), strict=True))


def _read(rows: Iterable[sqlite3.Row]) -> Iterator[Edition]:
    for row in rows:
        yield Edition(
            outcome_of(row, whose_time_in(row["whose_time"])),
            judged_of(row),
            Restated(row["clock"], row["cycle"], RestatementCause(row["cause"]), row["author"]),
            row["restated_at"],
            row["entry"],
        )


def whose_time_in(text: str) -> list[HolderTime]:
    """As `WHOSE_TIME` has it. ValueError: it was altered."""
    return [HolderTime(Holder(holder), name, bool(late), ms) for holder, name, late, ms in orjson.loads(text)]
