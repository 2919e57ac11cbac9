"""What is to be sent to HubSpot, decided together with the verdict that asks for it, and settled once.

A deed's key stands for it for ever: a task whose key is here is never asked for again, whatever became of it.
Property writes can be repeated safely, so theirs leave the outbox when HubSpot has confirmed them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger.rows import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


FIRST_WAIT_MS = 5 * 60_000
LONGEST_WAIT_MS = 24 * 60 * 60_000


class State(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    PROPERTIES = "properties"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to send. `body` is JSON-able."""

    key: str
    kind: Kind
    ticket_id: str
    body: Mapping[str, object]


def put(db: sqlite3.Connection, parcels: Iterable[Parcel], *, run_id: str, at: int) -> None:
    """Queue them: a newer property write replaces one not yet sent, a task is queued once in the life of its key."""
    for parcel in parcels:
        _put(db, parcel, run_id, at)


def _put(db: sqlite3.Connection, parcel: Parcel, run_id: str, at: int) -> None:
    insert = (
        "insert into outbox (key, ticket_id, kind, body, state, run_id, queued_at) values (?,?,?,?,'pending',?,?)"
        " on conflict (key) do "
    )
    replaced = (
        "update set body = excluded.body, state = 'pending', reason = null, run_id = excluded.run_id, again_at = null"
    )
    body = orjson.dumps(parcel.body, option=orjson.OPT_SORT_KEYS).decode()
    values = (parcel.key, parcel.ticket_id, parcel.kind.value, body, run_id, at)
    clause = replaced if parcel.kind is Kind.PROPERTIES else "nothing"
    db.execute(insert + clause, values)


def task_keys(db: sqlite3.Connection, ticket_ids: Iterable[str]) -> dict[str, set[str]]:
    """The tasks ever asked for, by ticket: none of them is asked for again."""
    found: dict[str, set[str]] = defaultdict(set)
    for ids in chunks(ticket_ids):
        query = f"select ticket_id, key from outbox where kind = 'task' and ticket_id in ({marks(ids)})"
        for row in db.execute(query, ids):
            found[row["ticket_id"]].add(row["key"])
    return found


def claim(db: sqlite3.Connection, kind: Kind, limit: int) -> list[Parcel]:
    """Take up to `limit` pending parcels, oldest first, marking them as being sent."""
    rows = db.execute(
        "update outbox set state = 'claimed' where key in (select key from outbox where kind = ? and"
        " state = 'pending' order by queued_at, key limit ?) returning key, kind, ticket_id, body",
        (kind.value, limit),
    ).fetchall()
    return [_read(row) for row in rows]


def pending(db: sqlite3.Connection, kind: Kind) -> int:
    query = "select count(*) from outbox where kind = ? and state = 'pending'"
    found: int = db.execute(query, (kind.value,)).fetchone()[0]
    return found


def can_be_sent(db: sqlite3.Connection, now: int) -> bool:
    """Whether anything is queued, or was refused and has waited long enough."""
    # The list of states is that of the index `to_deliver`, which SQLite would not use without it.
    queued = "select 1 from outbox where state in ('pending', 'claimed', 'unknown') and state = 'pending' limit 1"
    waited = "select 1 from outbox where state = 'refused' and again_at <= ? limit 1"
    return db.execute(queued).fetchone() is not None or db.execute(waited, (now,)).fetchone() is not None


def unsettled(db: sqlite3.Connection) -> list[Parcel]:
    """Everything still to be sent, or of which nobody knows whether it arrived; the oldest first."""
    query = (
        "select key, kind, ticket_id, body from outbox where state in ('pending', 'claimed', 'unknown')"
        " order by queued_at, key"
    )
    return [_read(row) for row in db.execute(query)]


def release_interrupted(db: sqlite3.Connection) -> None:
    """Back into the queue: what a worker that died had claimed, and what was never answered."""
    db.execute("update outbox set state = 'pending' where state in ('claimed', 'unknown')")


def release_waited(db: sqlite3.Connection, now: int) -> None:
    """Back into the queue: what was refused and has waited long enough."""
    db.execute("update outbox set state = 'pending' where state = 'refused' and again_at <= ?", (now,))


def release_refused(db: sqlite3.Connection) -> None:
    """Back into the queue whatever was refused: what it was refused for may have been mended just now."""
    db.execute("update outbox set state = 'pending' where state = 'refused' and again_at is not null")


def refuse(db: sqlite3.Connection, key: str, reason: str, now: int) -> None:
    """HubSpot would not have it: kept with its reason, to be sent again after 5 minutes, then 10, up to a day."""
    row = db.execute("select refusals from outbox where key = ?", (key,)).fetchone()
    refusals: int = row["refusals"] if row else 0
    again_at = now + min(FIRST_WAIT_MS << min(refusals, 16), LONGEST_WAIT_MS)
    db.execute(
        "update outbox set state = 'refused', reason = ?, refusals = refusals + 1, again_at = ? where key = ?",
        (reason, again_at, key),
    )


def withdraw_unsent(db: sqlite3.Connection, *, reason: str) -> None:
    """What has not been sent will not be: property writes are dropped, tasks are kept, as withdrawn."""
    db.execute("delete from outbox where kind = 'properties'")
    db.execute(
        "update outbox set state = 'withdrawn', reason = ? where kind = 'task' and state in ('pending', 'refused')",
        (reason,),
    )


def withdraw_tasks(db: sqlite3.Connection, ticket_ids: Iterable[str], *, reason: str) -> None:
    """Tasks of these tickets that were not sent yet are not needed any more."""
    db.executemany(
        "update outbox set state = 'withdrawn', reason = ? where kind = 'task' and ticket_id = ?"
        " and state in ('pending', 'refused')",
        ((reason, ticket_id) for ticket_id in ticket_ids),
    )


def settle(
    db: sqlite3.Connection, key: str, state: State, *, reason: str | None = None, result_id: str | None = None
) -> None:
    db.execute(
        "update outbox set state = ?, reason = ?, result_id = ? where key = ?",
        (state.value, reason, result_id, key),
    )


def done_with(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Confirmed property writes need no row any more: the audit log has them."""
    db.executemany("delete from outbox where key = ?", ((key,) for key in keys))


def waiting(db: sqlite3.Connection) -> dict[str, int]:
    """How many parcels are in each state, by `kind/state`."""
    rows = db.execute("select kind, state, count(*) as n from outbox group by kind, state")
    return {f"{row['kind']}/{row['state']}": row["n"] for row in rows}


def _read(row: sqlite3.Row) -> Parcel:
    return Parcel(row["key"], Kind(row["kind"]), row["ticket_id"], orjson.loads(row["body"]))
