"""The verdicts in force, one row for each ticket and metric; their history is the audit log."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

Body = dict[str, object]


def save(db: sqlite3.Connection, verdicts: Mapping[str, Mapping[str, Body]]) -> None:
    """Ticket id to metric to the verdict's JSON; `status` is in it. These are all the verdicts on a ticket: one on a
    clock that turned out never to have been promised goes."""
    db.executemany("delete from verdicts where ticket_id = ?", ((ticket_id,) for ticket_id in verdicts))
    rows = (
        (ticket_id, metric, body["status"], orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode())
        for ticket_id, of_ticket in verdicts.items()
        for metric, body in of_ticket.items()
    )
    db.executemany("insert or replace into verdicts (ticket_id, metric, status, body) values (?,?,?,?)", rows)


def load(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, dict[str, Body]]:
    found: dict[str, dict[str, Body]] = defaultdict(dict)
    for ids in chunks(ticket_ids):
        query = f"select ticket_id, metric, body from verdicts where ticket_id in ({marks(ids)})"
        for row in db.execute(query, ids):
            found[row["ticket_id"]][row["metric"]] = orjson.loads(row["body"])
    return found


def with_status(db: sqlite3.Connection, status: str) -> list[tuple[str, str, Body]]:
    """(ticket id, metric, verdict) of all that have this status now."""
    rows = db.execute("select ticket_id, metric, body from verdicts where status = ?", (status,))
    return [(row["ticket_id"], row["metric"], orjson.loads(row["body"])) for row in rows]


def tally(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Metric to status to how many tickets."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in db.execute("select metric, status, count(*) as n from verdicts group by metric, status"):
        found[row["metric"]][row["status"]] = row["n"]
    return found
