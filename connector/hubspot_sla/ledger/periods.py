"""Closed months: for each edition of each the outcomes as they were then. Appended, never changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger.outcome_editions import WHOSE_TIME, whose_time_in
from hubspot_sla.ledger.outcomes import COPIED, outcome_of
from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import counted_at
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.restatement import CycleKey

RecordCycle = tuple[RecordRef, str, int]
"""A record, the key of a clock, and the number of a cycle."""


@dataclass(frozen=True, slots=True)
class ClosedPeriod:
    """One edition of a closed month, from `since` up to `until` (epoch ms) in `zone`. `reason` says why an edition
    after the first was made, `unknown` are the records that were in quarantine, and `entry` is the number of the audit
    entry that covers it with its outcomes."""

    name: str
    edition: int
    since: int
    until: int
    zone: str
    closed_at: int
    closed_by: str
    reason: str
    unknown: tuple[RecordRef, ...]
    entry: int
    number: int = 0
    """That of its row."""


@dataclass(frozen=True, slots=True)
class Due:
    """The cycles that are counted in some interval, by the numbers of their rows."""

    rows: tuple[int, ...]
    cycles: dict[RecordCycle, Outcome]


def due_between(db: sqlite3.Connection, since: int, until: int) -> Due:
    """The outcomes as they stand now that count in an interval: `measure.standing` says which."""
    ids = _ids_due_between(db, since, until)
    found: dict[RecordCycle, Outcome] = {}
    for some in chunks(map(str, ids)):
        for row in db.execute(f"select *, {WHOSE_TIME} as whose_time from outcomes where id in ({marks(some)})", some):
            found[_cycle(row)] = outcome_of(row, whose_time_in(row["whose_time"]))
    return Due(tuple(ids), found)


def due_without_holders(db: sqlite3.Connection, since: int, until: int) -> dict[RecordCycle, Outcome]:
    """The same without whose time it was."""
    found: dict[RecordCycle, Outcome] = {}
    for some in chunks(map(str, _ids_due_between(db, since, until))):
        for row in db.execute(f"select * from outcomes where id in ({marks(some)})", some):
            found[_cycle(row)] = outcome_of(row, ())
    return found


def _ids_due_between(db: sqlite3.Connection, since: int, until: int) -> list[int]:
    dated = db.execute(
        "select id, due_at, breached_at from outcomes where due_at is not null or breached_at is not null"
    )
    return [
        row["id"]
        for row in dated
        if (at := counted_at(row["due_at"], row["breached_at"])) is not None and since <= at < until
    ]


def close(db: sqlite3.Connection, closed: ClosedPeriod, rows: Iterable[int]) -> int:
    """Keep this edition, with the outcomes of these rows; those of records in quarantine as unknown. Its number."""
    unknown = orjson.dumps([record.key for record in closed.unknown]).decode()
    number: int = db.execute(
        "insert into periods (period, edition, since, until, zone, closed_at, closed_by, reason, unknown, entry)"
        " values (?,?,?,?,?,?,?,?,?,?) returning id",
        (
            *(closed.name, closed.edition, closed.since, closed.until, closed.zone),
            *(closed.closed_at, closed.closed_by, closed.reason, unknown, closed.entry),
        ),
    ).fetchone()[0]
    copy = (
        f"insert into period_outcomes (closing, {COPIED}, whose_time) select ?, {_FROZEN}, {WHOSE_TIME} from outcomes"
    )
    in_quarantine = orjson.dumps([list(record) for record in closed.unknown]).decode()
    db.executemany(f"{copy} where id = ?", ((number, in_quarantine, row) for row in rows))
    return number


_UNKNOWN: Final = (
    "exists (select 1 from json_each(?) where json_extract(value, '$[0]') = object_type"
    " and json_extract(value, '$[1]') = record_id)"
)
_FROZEN: Final = COPIED.replace(" excluded,", f" case when {_UNKNOWN} then '{Excluded.UNKNOWN}' else excluded end,")


def every(db: sqlite3.Connection) -> list[ClosedPeriod]:
    """All editions, the oldest month first, and of each month the oldest edition."""
    return list(map(_read, db.execute("select * from periods order by since, edition")))


def editions(db: sqlite3.Connection, name: str) -> list[ClosedPeriod]:
    """Those of one month, the oldest first; none where it is not closed."""
    return list(map(_read, db.execute("select * from periods where period = ? order by edition", (name,))))


def frozen(db: sqlite3.Connection, closed: ClosedPeriod) -> dict[RecordCycle, Outcome]:
    """The outcomes of one edition, as they were when it was made."""
    rows = db.execute("select * from period_outcomes where closing = ? order by id", (closed.number,))
    return {_cycle(row): outcome_of(row, whose_time_in(row["whose_time"])) for row in rows}


def also_frozen(db: sqlite3.Connection, closed: ClosedPeriod) -> dict[str, int]:
    """How many of its cycles are in the newest edition of an earlier month too, by the name of that month."""
    query = (
        "select earlier.period, count(*) as number from period_outcomes as own join period_outcomes as other"
        " using (object_type, record_id, clock, cycle) join periods as earlier on earlier.id = other.closing"
        " where own.closing = ? and earlier.since < ? and earlier.edition ="
        " (select max(edition) from periods where period = earlier.period) group by earlier.since"
        " order by earlier.since"
    )
    return {row["period"]: row["number"] for row in db.execute(query, (closed.number, closed.since))}


def frozen_cycles(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]
) -> defaultdict[str, set[CycleKey]]:
    """The cycles of these records that are in any closed month, by record id."""
    cycles: defaultdict[str, set[CycleKey]] = defaultdict(set)
    for ids in chunks(record_ids):
        query = (
            f"select record_id, clock, cycle from period_outcomes where object_type = ? and record_id in ({marks(ids)})"
        )
        for row in db.execute(query, (object_type, *ids)):
            cycles[row["record_id"]].add((row["clock"], row["cycle"]))
    return cycles


def _read(row: sqlite3.Row) -> ClosedPeriod:
    plain = ("edition", "since", "until", "zone", "closed_at", "closed_by", "reason", "entry")
    said = {name: row[name] for name in plain}
    unknown = tuple(map(RecordRef.of, orjson.loads(row["unknown"])))
    return ClosedPeriod(name=row["period"], unknown=unknown, number=row["id"], **said)


def _cycle(row: sqlite3.Row) -> RecordCycle:
    return RecordRef(row["object_type"], row["record_id"]), row["clock"], row["cycle"]
