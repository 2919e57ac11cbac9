"""What reports read of outcomes: counted in SQL where that is enough, row by row where it is not.

`COUNTED_AT` is `measure.standing.counted_at` in SQL, so that a report of a month does not walk through all years. A
test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from hubspot_sla.clock.verdict import Status
from hubspot_sla.ledger.clock_parts import AGREEMENT_OF_CLOCK, KIND_OF_CLOCK, METRIC_OF_CLOCK, PLACE_OF_CLOCK
from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.measure.apdex import Apdex
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.ledger.periods import RecordCycle

COUNTED_AT: Final = (
    "case when o.due_at is null then o.breached_at when o.breached_at is null then o.due_at"
    " else min(o.due_at, o.breached_at) end"
)
PLACED_AT: Final = f"coalesce({COUNTED_AT}, o.ended_at, o.stopped_at)"
"""What is excluded often has no due instant: it is shown in the period of its end."""
_PARTS: Final = (
    f"{KIND_OF_CLOCK} as kind, {AGREEMENT_OF_CLOCK} as agreement,"
    f" {METRIC_OF_CLOCK} as metric, {PLACE_OF_CLOCK} as place"
)
QUARTER_MS: Final = 900_000
BROKEN: Final = "o.status in ('missed', 'breached') and o.excluded is null"


@dataclass(frozen=True, slots=True)
class Selection:
    """A condition on `o`, the outcomes, as SQL with its values."""

    sql: str = "1"
    values: tuple[object, ...] = ()

    def and_(self, other: Selection) -> Selection:
        return Selection(f"({self.sql}) and ({other.sql})", (*self.values, *other.values))


EVERYTHING: Final = Selection()


class CycleRow(NamedTuple):
    """One cycle of a period. Instants are epoch ms; `key` holds the values of the dimensions that were asked for."""

    id: int
    object_type: str
    record_id: str
    metric: str
    status: str
    excluded: str | None
    counted_at: int
    started_at: int | None
    stopped_at: int | None
    ended_at: int | None
    breached_at: int | None
    elapsed_ms: int
    target_ms: int | None
    owner_id: str | None
    company_id: str | None
    policy: str | None
    priority: str | None
    key: tuple[str | None, ...] = ()


_ROW: Final = (
    f"o.id, o.object_type, o.record_id, o.metric, o.status, o.excluded, {PLACED_AT}, o.started_at, o.stopped_at,"
    " o.ended_at, o.breached_at, o.elapsed_ms, o.target_ms, o.owner_id, o.company_id, o.policy, o.priority"
)


def cycles(
    db: sqlite3.Connection, selection: Selection, start_at: int, end_at: int, columns: Sequence[str] = ()
) -> Iterator[tuple[Any, ...]]:
    """The fields of a `CycleRow` up to `key`, then one value for each of `columns` (SQL on `o`), in the order in which
    they were written: the rows of a record stand together. Plain tuples: there may be a million."""
    more = "".join(f", {column}" for column in columns)
    query = (
        f"select {_ROW}{more} from outcomes as o where {PLACED_AT} >= ? and {PLACED_AT} < ? and ({selection.sql})"
        " order by o.id"
    )
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, (start_at, end_at, *selection.values))


def breaches(db: sqlite3.Connection, start_at: int, end_at: int) -> list[tuple[int, int]]:
    """How many promises broke, by the quarter of an hour (epoch ms): no zone's hour begins within one."""
    query = (
        f"select breached_at / {QUARTER_MS} * {QUARTER_MS}, count(*) from report_cycles as o"
        f" where {BROKEN} and breached_at is not null and placed_at >= ? and placed_at < ? group by 1"
    )
    return _plain(db).execute(query, (start_at, end_at)).fetchall()


def _plain(db: sqlite3.Connection) -> sqlite3.Cursor:
    """Rows as tuples."""
    cursor = db.cursor()
    cursor.row_factory = None
    return cursor


class Counted(NamedTuple):
    """So many cycles, which count between one turn and the next; `turn` is the number of the former, None outside of
    all. `is_within` the period of the report: then `lengths` says how long they took."""

    turn: int | None
    is_within: bool
    owner_id: str | None
    metric: str
    status: Status
    excluded: Excluded | None
    number: int
    lengths: Lengths


class Lengths(NamedTuple):
    """How long cycles took that are not excluded. `elapsed_ms` is business time, `wall_ms` the time from start to stop
    of those that reached their goal; `apdex` goes by the target of each."""

    is_reached: bool
    elapsed_ms: list[int]
    wall_ms: list[int]
    apdex: Apdex


def counted(db: sqlite3.Connection, turns: Sequence[int], start_at: int, end_at: int) -> Iterator[Counted]:
    """What counts between the turns (epoch ms, sorted) or in the period, in one walk. There may be a million: SQLite
    puts together what has all but its durations in common."""
    whens = " ".join("when placed_at < ? then ?" for _ in turns)
    within = "excluded is null and placed_at >= ? and placed_at < ?"
    query = (
        f"select case {whens} end, placed_at >= ? and placed_at < ?, owner_id, metric, status, excluded,"
        f" stopped_at is not null, count(*), json_group_array(elapsed_ms) filter (where {within}),"
        f" json_group_array(stopped_at - coalesce(started_at, stopped_at)) filter (where {within}),"
        " count(target_ms), total(elapsed_ms <= target_ms), total(elapsed_ms <= 4 * target_ms), min(target_ms),"
        " max(target_ms) from report_cycles where placed_at >= ? and placed_at < ? group by 1, 2, 3, 4, 5, 6, 7"
    )
    ends = [value for number, end in enumerate(turns, -1) for value in (end, None if number < 0 else number)]
    least, most = min(turns[0], start_at), max(turns[-1], end_at)
    period = start_at, end_at
    rows = _plain(db).execute(query, (*ends, *period, *period, *period, least, most))
    for turn, is_within, owner_id, metric, status, cause, is_reached, number, *of_lengths in rows:
        lengths = _lengths(is_reached, *of_lengths) if is_within and cause is None else _NO_LENGTHS
        yield Counted(turn, bool(is_within), owner_id, metric, Status(status), _cause(cause), number, lengths)


def _lengths(is_reached: int, elapsed: str, wall: str, n: int, *of_targets: Any) -> Lengths:
    in_time, in_four, least, greatest = of_targets
    if not is_reached:
        return Lengths(False, orjson.loads(elapsed), [], Apdex())
    apdex = Apdex(n, int(in_time), int(in_four), least, greatest)
    return Lengths(True, orjson.loads(elapsed), orjson.loads(wall), apdex)


_NO_LENGTHS: Final = Lengths(False, [], [], Apdex())


def frozen_numbers(
    db: sqlite3.Connection, selection: Selection, closing: int
) -> dict[tuple[Status, Excluded | None], int]:
    """How many cycles the edition of a closed month holds (`closing` is the number of its row), by status and
    exclusion."""
    query = (
        "select o.status, o.excluded, count(*) as number from"
        f" (select *, {_PARTS}, null as waived_by, null as met_by_pauses from period_outcomes where closing = ?) as o"
        f" where {selection.sql} group by 1, 2 order by 1, 2"
    )
    rows = db.execute(query, (closing, *selection.values))
    return {(Status(row["status"]), _cause(row["excluded"])): row["number"] for row in rows}


def frozen_cycles(
    db: sqlite3.Connection, selection: Selection, closing: int, start_at: int, end_at: int
) -> Iterator[tuple[Any, ...]]:
    """(object type, record id, clock, cycle, status, excluded) of what the edition of a closed month holds and counts
    within [start_at, end_at)."""
    query = (
        "select o.object_type, o.record_id, o.clock, o.cycle, o.status, o.excluded from"
        f" (select *, {_PARTS}, null as waived_by, null as met_by_pauses from period_outcomes where closing = ?) as o"
        f" where {PLACED_AT} >= ? and {PLACED_AT} < ? and ({selection.sql}) order by o.id"
    )
    return _plain(db).execute(query, (closing, start_at, end_at, *selection.values))


Stands = dict["RecordCycle", tuple[Status, Excluded | None]]
"""How cycles stand."""


def moved(
    db: sqlite3.Connection, selection: Selection, closing: int, start_at: int, end_at: int
) -> tuple[Stands, Stands]:
    """What of a closed month does not stand as its edition holds it: how it stood then, and how it stands now. One of
    them has what the other has not: what counts in another month now, or is of the selection now alone."""
    columns = "select o.object_type, o.record_id, o.clock, o.cycle, o.status, o.excluded from"
    then = (
        f"{columns} (select *, {_PARTS}, null as waived_by, null as met_by_pauses from period_outcomes"
        f" where closing = ?) as o where ({selection.sql})"
    )
    now = f"{columns} outcomes as o where {COUNTED_AT} >= ? and {COUNTED_AT} < ? and ({selection.sql})"
    of_then, of_now = (closing, *selection.values), (start_at, end_at, *selection.values)
    return (
        _stands(_plain(db).execute(f"{then} except {now}", (*of_then, *of_now))),
        _stands(_plain(db).execute(f"{now} except {then}", (*of_now, *of_then))),
    )


def _stands(rows: Iterable[tuple[Any, ...]]) -> Stands:
    return {
        (RecordRef(object_type, record_id), clock, cycle): (Status(status), _cause(cause))
        for object_type, record_id, clock, cycle, status, cause in rows
    }


class Undated(NamedTuple):
    """Cycles without a due instant, of one metric: paused, or not started. `oldest_at` is when the first started."""

    metric: str
    number: int
    oldest_at: int | None


def undated(db: sqlite3.Connection) -> list[Undated]:
    """Those that no period counts yet."""
    query = (
        "select metric, count(*) as number, min(started_at) as oldest_at from report_cycles where excluded is null"
        " and status in ('paused', 'pending') and counted_at is null group by metric order by metric"
    )
    return [Undated(row["metric"], row["number"], row["oldest_at"]) for row in db.execute(query)]


def excluded_without_instant(db: sqlite3.Connection) -> dict[Excluded, int]:
    """What is excluded and has neither a due instant nor an end, so that it is in no period."""
    query = (
        "select excluded, count(*) as number from report_cycles where excluded is not null and placed_at is null"
        " group by excluded order by excluded"
    )
    return {Excluded(row["excluded"]): row["number"] for row in db.execute(query)}


class OpenCycle(NamedTuple):
    """A promise that is still to come due, with what a forecast needs."""

    metric: str
    policy: str
    priority: str
    elapsed_ms: int
    target_ms: int
    company_id: str | None


def to_come(db: sqlite3.Connection, start_at: int, end_at: int, selection: Selection = EVERYTHING) -> list[OpenCycle]:
    """Those that come due in the period, of `report_cycles`; `selection` is on `o`, their outcomes."""
    query = (
        "select c.metric, coalesce(c.policy, ''), coalesce(c.priority, ''), c.elapsed_ms, coalesce(c.target_ms, 0),"
        " o.company_id from report_cycles as c cross join outcomes as o on o.id = c.id where c.excluded is null"
        f" and c.status in ('running', 'at_risk') and c.due_at >= ? and c.due_at < ? and ({selection.sql})"
        " order by 1, 2, 3, 4, 5, 6"
    )
    return [OpenCycle(*row) for row in _plain(db).execute(query, (start_at, end_at, *selection.values))]


class Lives(NamedTuple):
    """How long cycles of one kind ran until they reached their goal, or until now; "" for no policy, no priority."""

    metric: str
    policy: str
    priority: str
    is_reached: bool
    elapsed_ms: list[int]


def lives(db: sqlite3.Connection, since_at: int) -> Iterator[Lives]:
    """Of what started since (epoch ms) and is not excluded."""
    query = (
        "select metric, coalesce(policy, ''), coalesce(priority, ''), stopped_at is not null,"
        " json_group_array(elapsed_ms) from report_cycles where started_at >= ? and excluded is null"
        " group by 1, 2, 3, 4"
    )
    for metric, policy, priority, is_reached, elapsed in _plain(db).execute(query, (since_at,)):
        yield Lives(metric, policy, priority, bool(is_reached), orjson.loads(elapsed))


def numbers_by(
    db: sqlite3.Connection, start_at: int, end_at: int, columns: Sequence[str]
) -> dict[tuple[str | None, ...], dict[tuple[Status, Excluded | None], int]]:
    """How many cycles count in the period by columns of `report_cycles`, and of each by status and exclusion."""
    return _numbers(db, "report_cycles as o", columns, "o.placed_at >= ? and o.placed_at < ?", (start_at, end_at))


def numbers_of(
    db: sqlite3.Connection, selection: Selection, start_at: int, end_at: int, columns: Sequence[str]
) -> dict[tuple[str | None, ...], dict[tuple[Status, Excluded | None], int]]:
    """The same of any selection, by columns (SQL on `o`)."""
    where = f"{PLACED_AT} >= ? and {PLACED_AT} < ? and ({selection.sql})"
    return _numbers(db, "outcomes as o", columns, where, (start_at, end_at, *selection.values))


def _numbers(
    db: sqlite3.Connection, source: str, columns: Sequence[str], where: str, values: Sequence[object]
) -> dict[tuple[str | None, ...], dict[tuple[Status, Excluded | None], int]]:
    places = ", ".join(str(place) for place in range(1, len(columns) + 3))
    query = (
        f"select {', '.join(columns)}, o.status, o.excluded, count(*) from {source} where {where}"
        f" group by {places} order by {places}"
    )
    names = ", ".join(f"value{place}" for place in range(len(columns) + 3))
    # One row: between two of many, Python would wait for whatever another thread does.
    whole = f"with counted({names}) as ({query}) select json_group_array(json_array({names})) from counted"
    found: dict[tuple[str | None, ...], dict[tuple[Status, Excluded | None], int]] = {}
    for *key, status, cause, number in orjson.loads(_plain(db).execute(whole, values).fetchone()[0]):
        found.setdefault(tuple(key), {})[Status(status), _cause(cause)] = number
    return found


def distinct(db: sqlite3.Connection, column: str) -> list[str | None]:
    """Every value that a column of outcomes (SQL on `o`) holds, sorted."""
    return [row[0] for row in db.execute(f"select distinct {column} from outcomes as o order by 1")]


def is_one_of(column: str, values: Iterable[str | None]) -> Selection:
    """A condition that the column holds one of these; None stands for no value."""
    wanted = list(values)
    known = [value for value in wanted if value is not None]
    parts = [f"coalesce({column} in ({marks(known)}), 0)"] if known else []
    parts += [f"{column} is null"] if None in wanted else []
    return Selection(" or ".join(parts) or "0", tuple(known))


def titles(db: sqlite3.Connection, object_type: str, record_ids: Sequence[str], title: str) -> dict[str, str]:
    """What records are called, by id: the property `title` as last seen."""
    found: dict[str, str] = {}
    for ids in chunks(record_ids):
        query = (
            "select record_id, json_extract(inputs, ?) as title from records"
            f" where object_type = ? and record_id in ({marks(ids)})"
        )
        rows = db.execute(query, (f'$."{title}"', object_type, *ids))
        found |= {row["record_id"]: row["title"] or "" for row in rows}
    return found


def _cause(excluded: str | None) -> Excluded | None:
    return None if excluded is None else Excluded(excluded)
