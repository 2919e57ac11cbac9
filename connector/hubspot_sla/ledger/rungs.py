"""Every rung that was ever reached, and what became of it: none fires twice."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hubspot_sla.ledger.rows import chunks, marks
from hubspot_sla.plan.ladder import Outcome, Reached

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_COLUMNS = "key, ticket_id, clock, cycle, ladder, rung, nth, level, state, due_at, at, reason"


def save(db: sqlite3.Connection, reached: Iterable[Reached], *, run_id: str) -> None:
    """Keep them. One that was passed by before may get a second date; one that fired stays as it is."""
    db.executemany(
        f"insert into rungs ({_COLUMNS}, run_id) values (?,?,?,?,?,?,?,?,?,?,?,?,?) on conflict (key) do update set"
        " level = excluded.level, state = excluded.state, due_at = excluded.due_at, at = excluded.at,"
        " reason = excluded.reason, run_id = excluded.run_id where rungs.state = 'skipped'",
        ((*_bound(one), run_id) for one in reached),
    )


def load(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, dict[str, Reached]]:
    """Ticket id to key to rung."""
    found: dict[str, dict[str, Reached]] = defaultdict(dict)
    for ids in chunks(ticket_ids):
        for row in db.execute(f"select {_COLUMNS} from rungs where ticket_id in ({marks(ids)})", ids):
            found[row["ticket_id"]][row["key"]] = _read(row)
    return found


def failed(db: sqlite3.Connection, key: str, reason: str) -> None:
    """Something that this rung asked for was refused for good. It does not fire again."""
    db.execute("update rungs set state = 'failed', reason = ? where key = ? and state <> 'skipped'", (reason, key))


def every_failed(db: sqlite3.Connection, limit: int = 100) -> list[Reached]:
    """The latest first."""
    query = f"select {_COLUMNS} from rungs where state = 'failed' order by at desc, key limit ?"
    return [_read(row) for row in db.execute(query, (limit,))]


def tally(db: sqlite3.Connection) -> dict[str, int]:
    """How many rungs ended in each state."""
    return {row["state"]: row["n"] for row in db.execute("select state, count(*) as n from rungs group by state")}


def _bound(one: Reached) -> tuple[object, ...]:
    where = (one.key, one.ticket_id, one.clock, one.cycle, one.ladder, one.rung, one.nth, one.level)
    return (*where, one.outcome.value, one.due_at, one.at, one.reason or None)


def _read(row: sqlite3.Row) -> Reached:
    where = (row["key"], row["ticket_id"], row["clock"], row["cycle"], row["ladder"], row["rung"], row["nth"])
    outcome = Outcome(row["state"])
    return Reached(*where, row["level"], outcome, row["due_at"], row["at"], row["reason"] or "")
