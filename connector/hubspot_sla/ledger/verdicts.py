"""The verdicts in force, one row for each record and clock; their history is the audit log."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

Body = dict[str, object]


def save(db: sqlite3.Connection, object_type: str, verdicts: Mapping[str, Mapping[str, Body]], *, rules: int) -> None:
    """Record id to clock key to the verdict's JSON; `status` is in it. These are all the verdicts on a record: one on a
    clock that turned out never to have been promised goes. `rules` is the number of the clock's rules they were given
    by."""
    records = ((object_type, record_id) for record_id in verdicts)
    db.executemany("delete from verdicts where object_type = ? and record_id = ?", records)
    rows = (
        (object_type, record_id, clock, body["status"], orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode(), rules)
        for record_id, of_record in verdicts.items()
        for clock, body in of_record.items()
    )
    db.executemany(
        "insert or replace into verdicts (object_type, record_id, clock, status, body, rules) values (?,?,?,?,?,?)",
        rows,
    )


def confirm(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], *, rules: int) -> None:
    """The verdicts on these records are the same by these rules of the clock."""
    values = ((rules, object_type, record_id) for record_id in record_ids)
    db.executemany("update verdicts set rules = ? where object_type = ? and record_id = ?", values)


def rules_of(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, int]:
    """By record id, the number of the clock's rules that its verdicts were given by."""
    rules: dict[str, int] = {}
    for ids in chunks(record_ids):
        query = (
            "select record_id, min(rules) as rules from verdicts"
            f" where object_type = ? and record_id in ({marks(ids)}) group by record_id"
        )
        rules |= {row["record_id"]: row["rules"] for row in db.execute(query, (object_type, *ids))}
    return rules


def load(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, dict[str, Body]]:
    """Record id to clock key to verdict."""
    verdicts_by_record: dict[str, dict[str, Body]] = defaultdict(dict)
    for ids in chunks(record_ids):
        query = f"select record_id, clock, body from verdicts where object_type = ? and record_id in ({marks(ids)})"
        for row in db.execute(query, (object_type, *ids)):
            verdicts_by_record[row["record_id"]][row["clock"]] = orjson.loads(row["body"])
    return verdicts_by_record


def page(db: sqlite3.Connection, object_type: str, after: str, limit: int) -> list[str]:
    """Ids of records past `after` that have verdicts, in their order."""
    query = "select distinct record_id from verdicts where object_type = ? and record_id > ? order by record_id limit ?"
    return [row["record_id"] for row in db.execute(query, (object_type, after, limit))]


def with_status(db: sqlite3.Connection, status: str) -> list[tuple[RecordRef, str, Body]]:
    """(record, clock key, verdict) of all that have this status now."""
    rows = db.execute("select object_type, record_id, clock, body from verdicts where status = ?", (status,))
    return [(RecordRef(row["object_type"], row["record_id"]), row["clock"], orjson.loads(row["body"])) for row in rows]


def tally(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Clock key to status to how many records."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.execute("select clock, status, count(*) as n from verdicts group by clock, status"):
        counts[row["clock"]][row["status"]] = row["n"]
    return counts
