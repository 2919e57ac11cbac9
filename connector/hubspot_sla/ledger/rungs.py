"""Every rung that was ever reached, and what became of it: none fires twice."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.plan.ladder import Outcome, Reached
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

CUT_SHORT = "not all of it was done: "
_DEEDS = ("kind = 'task'", "kind in ('fields', 'note', 'notification')")
"""What rungs ask for, as the indexes of the outbox say it."""
_COLUMNS = "key, object_type, record_id, clock, cycle, ladder, rung, nth, level, state, due_at, at, reason"


def save(db: sqlite3.Connection, reached: Iterable[Reached], *, run_id: str) -> None:
    """Keep them. One that was passed by or withdrawn before may get a second date; one that fired stays as it is,
    unless it is withdrawn."""
    db.executemany(
        f"insert into rungs ({_COLUMNS}, run_id) values (?,?,?,?,?,?,?,?,?,?,?,?,?,?) on conflict (key) do update set"
        " level = excluded.level, state = excluded.state, due_at = excluded.due_at, at = excluded.at,"
        " reason = excluded.reason, run_id = excluded.run_id where"
        " rungs.state in ('skipped', 'withdrawn') or excluded.state = 'withdrawn'",
        ((*_bound(rung), run_id) for rung in reached),
    )


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, dict[str, Reached]]:
    """Record id to key to rung."""
    rungs_by_record: dict[str, dict[str, Reached]] = defaultdict(dict)
    for ids in chunks(record_ids):
        query = f"select {_COLUMNS} from rungs where record_id in ({marks(ids)}) and object_type = ?"
        for row in db.execute(query, (*ids, object_type)):
            rungs_by_record[row["record_id"]][row["key"]] = _read(row)
    return rungs_by_record


def by_keys(db: sqlite3.Connection, keys: Iterable[str]) -> dict[str, Reached]:
    """Those of these rungs that were reached, by key."""
    found: dict[str, Reached] = {}
    for some in chunks(keys):
        query = f"select {_COLUMNS} from rungs where key in ({marks(some)})"
        found |= {row["key"]: _read(row) for row in db.execute(query, some)}
    return found


def failed(db: sqlite3.Connection, key: str, reason: str) -> None:
    """Something that this rung asked for was refused for good. It does not fire again."""
    db.execute(
        "update rungs set state = 'failed', reason = ? where key = ? and state in ('fired', 'failed')", (reason, key)
    )


def withdrawn(db: sqlite3.Connection, keys: Iterable[str]) -> set[str]:
    """Those of these rungs that stand withdrawn."""
    query = "select 1 from rungs where key = ? and state = 'withdrawn'"
    return {key for key in dict.fromkeys(keys) if db.execute(query, (key,)).fetchone() is not None}


def mended(db: sqlite3.Connection, key: str) -> None:
    """What was refused has landed after all, unless something else that this rung asked for is refused still."""
    row = db.execute("select object_type, record_id from rungs where key = ? and state = 'failed'", (key,)).fetchone()
    if row is None:
        return
    refused = (
        f"select 1 from outbox where {which} and record_id = ? and object_type = ? and state = 'refused'"
        " and json_extract(body, '$.rung_key') = ?"
        for which in _DEEDS
    )
    if not any(db.execute(query, (row["record_id"], row["object_type"], key)).fetchone() for query in refused):
        db.execute("update rungs set state = 'fired', reason = null where key = ?", (key,))


def cut_short(db: sqlite3.Connection, records: Iterable[RecordRef] | None = None) -> None:
    """Note with the rungs of these records, or of all, whatever was withdrawn of what they had asked for. They have
    fired: nobody needs it any more."""
    for which in _DEEDS:
        query = (
            "update rungs set reason = ? || withdrawn.reason from (select json_extract(body, '$.rung_key') as rung,"
            f" reason, record_id, object_type from outbox where {which} and state = 'withdrawn') as withdrawn"
            " where rungs.key = withdrawn.rung and rungs.state = 'fired' and rungs.reason is null"
        )
        if records is None:
            db.execute(query, (CUT_SHORT,))
        else:
            values = ((CUT_SHORT, record_id, object_type) for object_type, record_id in records)
            db.executemany(query + " and withdrawn.record_id = ? and withdrawn.object_type = ?", values)


def made_whole(db: sqlite3.Connection, records: Iterable[RecordRef], reason: str) -> None:
    """What was withdrawn of what these records' rungs had asked for, for this reason, is sent after all."""
    db.executemany(
        "update rungs set reason = null where reason = ? and object_type = ? and record_id = ?",
        [(CUT_SHORT + reason, *record) for record in records],
    )


def every_failed(db: sqlite3.Connection, limit: int = 100) -> list[Reached]:
    """The latest first."""
    query = f"select {_COLUMNS} from rungs where state = 'failed' order by at desc, key limit ?"
    return [_read(row) for row in db.execute(query, (limit,))]


def tally(db: sqlite3.Connection) -> dict[str, int]:
    """How many rungs ended in each state."""
    return {row["state"]: row["n"] for row in db.execute("select state, count(*) as n from rungs group by state")}


def _bound(rung: Reached) -> tuple[object, ...]:
    where = (rung.key, *rung.record, rung.clock, rung.cycle, rung.ladder, rung.rung, rung.nth, rung.level)
    return (*where, rung.outcome.value, rung.due_at, rung.at, rung.reason or None)


def _read(row: sqlite3.Row) -> Reached:
    record = RecordRef(row["object_type"], row["record_id"])
    where = (row["key"], record, row["clock"], row["cycle"], row["ladder"], row["rung"], row["nth"])
    outcome = Outcome(row["state"])
    return Reached(*where, row["level"], outcome, row["due_at"], row["at"], row["reason"] or "")
