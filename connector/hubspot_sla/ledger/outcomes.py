"""Outcomes: one row for each cycle of each clock of each record, and in a second table whose time it was.

All rows of a record are written together, in the transaction of its verdicts, with what they were judged by: `sla
outcomes rebuild` computes the same rows again from the same facts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import orjson

from hubspot_sla.clock.verdict import Status
from hubspot_sla.ledger import attribution_rows, state
from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.measure.outcome import Excluded, Outcome, Promised, When, Who
from hubspot_sla.measure.whose_time import Holder, HolderTime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubspot_sla.measure.outcome import Attribution


@dataclass(frozen=True, slots=True)
class Judged:
    """What a record was last judged by: the instant (epoch ms), the number of the clock's rules, how many versions of
    the mappings were known, and the newest audit entry then: what later entries cover was not known."""

    at: int
    rules: int
    mappings: int
    entry: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcomes of one record as they stand, in the order in which they were written."""

    judged: Judged
    outcomes: tuple[Outcome, ...]


_PROMISED: Final = "policy, mappings, tier, calendar, target_ms, contract"
_WHO: Final = (
    "who_at, company_id, owner_id, team_id, pipeline_id, stage_id, stage_role, priority, source, category,"
    " first_responder_id, dimensions"
)
_WHEN: Final = (
    "started_at, at_risk_at, due_at, stopped_at, ended_at, breached_at, withdrawn, elapsed_ms, paused_ms, late_ms,"
    " late_wall_ms"
)
COPIED: Final = (
    f"object_type, record_id, clock, cycle, status, excluded, inferred, {_PROMISED}, {_WHO}, {_WHEN},"
    " judged_at, rules, judged_mappings, judged_entry"
)
"""The columns of an outcome that a copy of it has too."""
_ATTRIBUTION: Final = "pauses, met_by_pauses, waived_by, spans"
_COLUMNS: Final = f"id, {COPIED}, {_ATTRIBUTION}"
_NUMBER: Final = len(_COLUMNS.split(","))
_OF_ITSELF: Final = "clock, cycle, status, excluded, inferred, dimensions, withdrawn"
_INSTANTS, _, _LENGTHS = _WHEN.partition(", withdrawn, ")
_PARTS: Final = (_OF_ITSELF, _PROMISED, _WHO.removesuffix(", dimensions"), _INSTANTS, _LENGTHS)
_STATUSES: Final = {status.value: status for status in Status}
_EXCLUDED: Final = {reason.value: reason for reason in Excluded}
"""Found sooner than by asking the enumeration."""


def last_judged(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, int]:
    """When each record was last judged (epoch ms), by id; one that never was is absent."""
    judged_at: dict[str, int] = {}
    for ids in chunks(record_ids):
        query = (
            "select record_id, max(judged_at) as judged_at from outcomes"
            f" where object_type = ? and record_id in ({marks(ids)}) group by record_id"
        )
        judged_at |= {row["record_id"]: row["judged_at"] for row in db.execute(query, (object_type, *ids))}
    return judged_at


def newest_judgement(db: sqlite3.Connection) -> int | None:
    """When any record was last judged (epoch ms); None where none was."""
    judged_at: int | None = db.execute("select max(judged_at) from outcomes").fetchone()[0]
    return judged_at


def save(
    db: sqlite3.Connection, object_type: str, outcomes: Mapping[str, Sequence[Outcome]], judged: Mapping[str, Judged]
) -> None:
    """By record id, in place of those that were there."""
    records = [(object_type, record_id) for record_id in outcomes]
    rows_of = "select id from outcomes where object_type = ? and record_id = ?"
    db.executemany(f"delete from outcome_time where outcome in ({rows_of})", records)
    db.executemany("delete from outcomes where object_type = ? and record_id = ?", records)
    insert(db, object_type, outcomes, judged)


def insert(
    db: sqlite3.Connection,
    object_type: str,
    outcomes: Mapping[str, Sequence[Outcome]],
    judged: Mapping[str, Judged],
    suffix: str = "",
) -> None:
    """By record id, beside those that are there; into the tables whose names end in `suffix`."""
    newest: int = db.execute(
        "select max(coalesce((select max(id) from main.outcomes), 0),"
        " coalesce((select max(outcome) from main.outcome_time), 0),"
        f" coalesce((select max(id) from outcomes{suffix}), 0))"
    ).fetchone()[0]
    every = ((record_id, outcome) for record_id, of_record in outcomes.items() for outcome in of_record)
    numbered = [(number, record_id, outcome) for number, (record_id, outcome) in enumerate(every, newest + 1)]
    db.executemany(
        f"insert into outcomes{suffix} ({_COLUMNS}) values ({marks('?' * _NUMBER)})",
        [_bound(number, object_type, record_id, outcome, judged[record_id]) for number, record_id, outcome in numbered],
    )
    db.executemany(
        f"insert into outcome_time{suffix} (outcome, holder, name, late, ms) values (?,?,?,?,?)",
        [
            (number, share.holder.value, share.name, int(share.late), share.ms)
            for number, _, outcome in numbered
            for share in outcome.whose_time
        ],
    )


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, Stored]:
    """Those of these records that have any, by record id."""
    rows = _rows(db, object_type, record_ids)
    holders = _whose_time(db, (str(row["id"]) for of_record in rows.values() for row in of_record))
    return {
        record_id: Stored(judged_of(of_record[0]), tuple(_outcome(row, holders[row["id"]]) for row in of_record))
        for record_id, of_record in rows.items()
    }


def load_without_holders(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, Stored]:
    """The same without whose time it was, and by whose doing."""
    return {
        record_id: Stored(judged_of(of_record[0]), tuple(outcome_of(row, ()) for row in of_record))
        for record_id, of_record in _rows(db, object_type, record_ids).items()
    }


def _rows(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, list[sqlite3.Row]]:
    rows: defaultdict[str, list[sqlite3.Row]] = defaultdict(list)
    for ids in chunks(record_ids):
        query = f"select * from outcomes where object_type = ? and record_id in ({marks(ids)}) order by id"
        for row in db.execute(query, (object_type, *ids)):
            rows[row["record_id"]].append(row)
    return rows


@dataclass(frozen=True, slots=True)
class Missing:
    """How many records have verdicts and no outcomes; `can_be_filled` until a sync or a rebuild has tried all."""

    number: int = 0
    can_be_filled: bool = False


def missing(db: sqlite3.Connection) -> Missing:
    """Counted only where an upgrade has left any; otherwise one look at a note."""
    noted = state.read(db, state.MISSING_OUTCOMES)
    return Missing() if noted is None else Missing(count_missing(db), noted == state.TO_BE_FILLED)


def note_missing(db: sqlite3.Connection) -> None:
    """All that could be filled has been. What is missing still is judged anew by a backfill."""
    if count_missing(db):
        state.write(db, state.MISSING_OUTCOMES, state.NOT_REPRODUCED)
    else:
        state.forget(db, state.MISSING_OUTCOMES)


def count_missing(db: sqlite3.Connection) -> int:
    """Looks at every record."""
    number: int = db.execute(f"select count(*) from ({_MISSING})").fetchone()[0]
    return number


def incomplete_page(db: sqlite3.Connection, object_type: str, after: str, limit: int) -> list[str]:
    """Ids of records past `after`, in their order, that have no outcomes, or some without their attribution."""
    query = f"{_INCOMPLETE} and object_type = ? and record_id > ? order by record_id limit ?"
    return [row["record_id"] for row in db.execute(query, (object_type, after, limit))]


_MISSING: Final = (
    "select object_type, record_id from records where not exists (select 1 from outcomes"
    " where outcomes.object_type = records.object_type and outcomes.record_id = records.record_id)"
    " and exists (select 1 from verdicts"
    " where verdicts.object_type = records.object_type and verdicts.record_id = records.record_id)"
)


_INCOMPLETE: Final = (
    "select object_type, record_id from records where not exists (select 1 from outcomes"
    " where outcomes.object_type = records.object_type and outcomes.record_id = records.record_id"
    " and outcomes.met_by_pauses is not null)"
    " and exists (select 1 from verdicts"
    " where verdicts.object_type = records.object_type and verdicts.record_id = records.record_id)"
)


def _bound(number: int, object_type: str, record_id: str, outcome: Outcome, judged: Judged) -> tuple[object, ...]:
    who, when = outcome.who, outcome.when
    return (
        *(number, object_type, record_id, outcome.clock, outcome.cycle, outcome.status.value),
        outcome.excluded.value if outcome.excluded else None,
        int(outcome.inferred),
        *astuple(outcome.promised),
        *(who.at, who.company_id, who.owner_id, who.team_id, who.pipeline_id, who.stage_id, who.stage_role),
        *(who.priority, who.source, who.category, who.first_responder_id),
        orjson.dumps(dict(who.dimensions)).decode() if who.dimensions else None,
        *(when.started_at, when.at_risk_at, when.due_at, when.stopped_at, when.ended_at, when.breached_at),
        orjson.dumps(when.withdrawn).decode() if when.withdrawn else None,
        *(when.elapsed_ms, when.paused_ms, when.late_ms, when.late_wall_ms),
        *(judged.at, judged.rules, judged.mappings, judged.entry),
        *attribution_rows.bound(outcome.attribution),
    )


def judged_of(row: sqlite3.Row) -> Judged:
    """What the outcome in a row was judged by."""
    return Judged(row["judged_at"], row["rules"], row["judged_mappings"], row["judged_entry"])


def _outcome(row: sqlite3.Row, whose_time: Sequence[HolderTime]) -> Outcome:
    return outcome_of(row, whose_time, attribution_rows.read(row))


def outcome_of(row: sqlite3.Row, whose_time: Sequence[HolderTime], attribution: Attribution | None = None) -> Outcome:
    """The outcome in a row of `outcomes`, or of a table of copies."""
    # By their places: a row looks through the names of all its columns for each that it is asked for.
    of_itself, of_promise, of_who, of_instants, of_lengths = _places(tuple(row.keys()))
    clock, cycle, status, excluded, inferred, dimensions, withdrawn = of_itself(row)
    undone: list[list[int]] = orjson.loads(withdrawn) if withdrawn else []
    said: dict[str, str | None] = orjson.loads(dimensions) if dimensions else {}
    return Outcome(
        clock,
        cycle,
        _STATUSES.get(status) or Status(status),
        (_EXCLUDED.get(excluded) or Excluded(excluded)) if excluded else None,
        bool(inferred),
        Promised(*of_promise(row)),
        Who(*(*of_who(row), tuple(said.items()))),
        When(*(*of_instants(row), tuple(map(tuple, undone)), *of_lengths(row))),
        tuple(whose_time),
        attribution,
    )


@lru_cache(maxsize=32)
def _places(columns: tuple[str, ...]) -> tuple[Callable[[sqlite3.Row], tuple[Any, ...]], ...]:
    """What takes out of a row with these columns what an outcome says of itself, of the promise, of whose record it
    was, its instants, and its lengths."""
    place_by_name = {name: place for place, name in enumerate(columns)}
    return tuple(itemgetter(*(place_by_name[name] for name in names.split(", "))) for names in _PARTS)


def _whose_time(db: sqlite3.Connection, outcome_ids: Iterable[str]) -> defaultdict[int, list[HolderTime]]:
    rows: defaultdict[int, list[HolderTime]] = defaultdict(list)
    for ids in chunks(outcome_ids):
        query = f"select * from outcome_time where outcome in ({marks(ids)}) order by outcome, holder, name, late"
        for row in db.execute(query, ids):
            rows[row["outcome"]].append(HolderTime(Holder(row["holder"]), row["name"], bool(row["late"]), row["ms"]))
    return rows
