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

from hubspot_sla.ledger.sql import chunks, marks
from hubspot_sla.plan.actions import properties_key
from hubspot_sla.plan.records import TICKETS, RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.plan.ladder import Reached


UNSETTLED = "state in ('pending', 'claimed', 'unknown', 'refused')"
"""As the index says it: SQLite uses the index only for queries that contain its own condition."""
COLUMNS = "key, kind, object_type, record_id, body, channel, entry"
OF_RUN = f"(object_type, record_id) in (select object_type, record_id from outbox where {UNSETTLED} and run_id = ?)"
"""Items of the records for which a run has asked for anything that is not settled yet."""
NO_RECORD = RecordRef(TICKETS, "")
"""Of an item that is about no single record."""
CLOSED = "the ticket was closed before it was sent"
TAKEN_BACK = "its rung was withdrawn before it was sent"
LANDED = "landed"
"""In the body of an item of fields: those of its values that HubSpot took while it refused the others."""
FIRST_WAIT_MS = 5 * 60_000
LONGEST_WAIT_MS = 24 * 60 * 60_000


class State(StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    """Part of another item, its digest; ends as the digest ends."""


class Kind(StrEnum):
    """`properties` are ours, written again and again; every other kind is a deed done once, for which a rung asked."""

    PROPERTIES = "properties"
    TASK = "task"
    FIELDS = "fields"
    NOTE = "note"
    NOTIFICATION = "notification"
    COMPLETION = "completion"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """One thing to send. `record` is `NO_RECORD` for a digest, which speaks of several. `body` is JSON-able; `channel`
    is where a notification goes, None for HubSpot. `entry` is the number of the audit entry that asks for it; None
    where the key alone says it, or is of an earlier version."""

    key: str
    kind: Kind
    record: RecordRef
    body: Mapping[str, object]
    channel: str | None = None
    entry: int | None = None


def rung_of(parcel: OutboxItem) -> str:
    """The key of the rung that asked for it; "" where none did."""
    return str(parcel.body.get("rung_key") or "")


def put(db: sqlite3.Connection, parcels: Iterable[OutboxItem], *, run_id: str, at: int) -> None:
    """Queue them: a newer property write replaces one not yet sent, anything else is queued once in the life of its
    key."""
    for parcel in parcels:
        _put(db, parcel, run_id, at)


def _put(db: sqlite3.Connection, parcel: OutboxItem, run_id: str, at: int) -> None:
    insert = (
        "insert into outbox (key, object_type, record_id, kind, body, channel, entry, state, run_id, queued_at)"
        " values (?,?,?,?,?,?,?,'pending',?,?)"
        " on conflict (key) do "
    )
    replaced = (
        "update set body = excluded.body, entry = excluded.entry, state = 'pending', reason = null,"
        " run_id = excluded.run_id, again_at = null"
    )
    body = orjson.dumps(parcel.body, option=orjson.OPT_SORT_KEYS).decode()
    values = (parcel.key, *parcel.record, parcel.kind.value, body, parcel.channel, parcel.entry, run_id, at)
    clause = replaced if parcel.kind is Kind.PROPERTIES else "nothing"
    db.execute(insert + clause, values)


def task_keys(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, set[str]]:
    """The tasks ever asked for, by record id: none of them is asked for again."""
    keys_by_record: dict[str, set[str]] = defaultdict(set)
    for ids in chunks(record_ids):
        query = f"select record_id, key from outbox where {_tasks_of(ids)}"
        for row in db.execute(query, (*ids, object_type)):
            keys_by_record[row["record_id"]].add(row["key"])
    return keys_by_record


def unfinished(db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """The tasks that HubSpot has and that nobody was asked to complete yet: key to id in HubSpot, by record id."""
    tasks_by_record: dict[str, dict[str, str]] = defaultdict(dict)
    for ids in chunks(record_ids):
        query = (
            f"select record_id, key, result_id from outbox where {_tasks_of(ids)}"
            " and state = 'confirmed' and result_id is not null"
            " and not exists (select 1 from outbox as done where done.key = 'complete:' || outbox.key)"
        )
        for row in db.execute(query, (*ids, object_type)):
            tasks_by_record[row["record_id"]][row["key"]] = row["result_id"]
    return tasks_by_record


def _tasks_of(record_ids: Sequence[str]) -> str:
    return f"kind = 'task' and record_id in ({marks(record_ids)}) and object_type = ?"


def claim(db: sqlite3.Connection, kind: Kind, limit: int, of_run: str | None = None) -> list[OutboxItem]:
    """Take up to `limit` pending parcels, oldest first, marking them as being sent; of one run's records alone where it
    is named."""
    which, bound = only_of(of_run)
    rows = db.execute(
        f"update outbox set state = 'claimed' where key in (select key from outbox where {UNSETTLED} and"
        f" state = 'pending' and kind = ?{which} order by queued_at, key limit ?) returning {COLUMNS}",
        (kind.value, *bound, limit),
    ).fetchall()
    return [read_row(row) for row in rows]


def pending(db: sqlite3.Connection, kind: Kind, at_most: int = -1, of_run: str | None = None) -> int:
    """How many wait to be sent, of one run's records alone where it is named; counted no further than to `at_most`
    where that is not negative."""
    which, bound = only_of(of_run)
    query = f"select 1 from outbox where {UNSETTLED} and state = 'pending' and kind = ?{which} limit ?"
    count: int = db.execute(f"select count(*) from ({query})", (kind.value, *bound, at_most)).fetchone()[0]
    return count


def only_of(run_id: str | None) -> tuple[str, tuple[str, ...]]:
    """A further condition for one run's records, with what it is bound to; none where no run is named."""
    return ("", ()) if run_id is None else (f" and {OF_RUN}", (run_id,))


def can_be_sent(db: sqlite3.Connection, now: int) -> bool:
    """Whether anything is queued, or was refused and has waited long enough."""
    queued = f"select 1 from outbox where {UNSETTLED} and state = 'pending' limit 1"
    waited = "select 1 from outbox where state = 'refused' and again_at <= ? limit 1"
    return db.execute(queued).fetchone() is not None or db.execute(waited, (now,)).fetchone() is not None


def unsettled(db: sqlite3.Connection) -> list[OutboxItem]:
    """Everything still to be sent, or of which nobody knows whether it arrived; the oldest first."""
    query = f"select {COLUMNS} from outbox where {UNSETTLED} and state <> 'refused' order by queued_at, key"
    return [read_row(row) for row in db.execute(query)]


def to_be_sent(db: sqlite3.Connection, now: int) -> list[OutboxItem]:
    """Everything that a run would send now: as `unsettled`, and what was refused and has waited long enough."""
    waited = f"select {COLUMNS} from outbox where {UNSETTLED} and state = 'refused' and again_at <= ? order by key"
    return [*unsettled(db), *(read_row(row) for row in db.execute(waited, (now,)))]


def release_interrupted(db: sqlite3.Connection, now: int, grace_ms: Mapping[Kind, int]) -> None:
    """Back into the queue: what a worker that died had claimed, and what was never answered. It may have arrived.

    What of some kind a worker may just have sent when it died waits so many milliseconds first, as what was never
    answered does."""
    db.executemany(
        f"update outbox set state = 'unknown', again_at = ? where {UNSETTLED} and state = 'claimed' and kind = ?",
        [(now + wait_ms, kind.value) for kind, wait_ms in grace_ms.items()],
    )
    db.execute(
        f"update outbox set state = 'pending', tried = 1, again_at = null where {UNSETTLED}"
        " and state in ('claimed', 'unknown') and (state = 'claimed' or again_at is null or again_at <= ?)",
        (now,),
    )


def release_waited(db: sqlite3.Connection, now: int) -> None:
    """Back into the queue: what was refused and has waited long enough."""
    db.execute(f"update outbox set state = 'pending' where {UNSETTLED} and state = 'refused' and again_at <= ?", (now,))


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
    """What has not been sent will not be: property writes are dropped, deeds are kept, as withdrawn."""
    db.execute("delete from outbox where kind = 'properties'")
    db.execute(
        "update outbox set state = 'withdrawn', reason = ? where state in ('pending', 'refused', 'held')", (reason,)
    )


def hand_over(db: sqlite3.Connection, object_type: str, survivors: Mapping[str, str]) -> None:
    """What rungs asked for on these records and was not settled yet is for those they were merged into; HubSpot has
    moved what had arrived."""
    for which in ("kind = 'task'", "kind in ('fields', 'note', 'notification')"):  # as the indexes say it
        db.executemany(
            f"update outbox set record_id = ? where {which} and record_id = ? and object_type = ?"
            " and state in ('pending', 'refused', 'unknown')",
            [(survivor, absorbed, object_type) for absorbed, survivor in survivors.items()],
        )


def withdraw_deeds(db: sqlite3.Connection, records: Iterable[RecordRef], *, reason: str) -> None:
    """What rungs asked for on these records and was not sent yet is not needed any more. A task or a note that may have
    arrived is searched for first: the sender withdraws it if it did not."""
    values = [(reason, record_id, object_type) for object_type, record_id in records]
    for which in ("kind = 'task'", "kind in ('fields', 'note', 'notification')"):  # as the indexes say it
        db.executemany(
            f"update outbox set state = 'withdrawn', reason = ? where {which} and record_id = ?"
            " and object_type = ? and state in ('pending', 'refused') and (tried = 0 or kind not in ('task', 'note'))",
            values,
        )


def withdraw_deeds_of_rungs(db: sqlite3.Connection, rungs: Iterable[Reached]) -> None:
    """The same for what these rungs asked for, and no others; the reason is theirs."""
    values = [(rung.reason, rung.record.record_id, rung.record.object_type, rung.key) for rung in rungs]
    for which in ("kind = 'task'", "kind in ('fields', 'note', 'notification')"):  # as the indexes say it
        db.executemany(
            f"update outbox set state = 'withdrawn', reason = ? where {which} and record_id = ? and object_type = ?"
            " and json_extract(body, '$.rung_key') = ? and state in ('pending', 'refused')"
            " and (tried = 0 or kind not in ('task', 'note'))",
            values,
        )


def withdraw_all(db: sqlite3.Connection, records: Iterable[RecordRef], *, reason: str) -> None:
    """HubSpot no longer has these records: property writes are dropped, anything else not sent yet is withdrawn."""
    for record in records:
        db.execute("delete from outbox where key = ?", (properties_key(record),))
        db.execute(
            "update outbox set state = 'withdrawn', reason = ? where state in ('pending', 'claimed', 'unknown',"
            " 'refused') and state in ('pending', 'refused') and object_type = ? and record_id = ?",
            (reason, *record),
        )


def ask_again(db: sqlite3.Connection, records: Iterable[RecordRef], *, reason: str) -> None:
    """What was withdrawn of these records for this reason, which no longer holds, is to be sent after all."""
    db.executemany(
        "update outbox set state = 'pending', reason = null, again_at = null where state = 'withdrawn' and reason = ?"
        " and object_type = ? and record_id = ?",
        [(reason, *record) for record in records],
    )


def changes_waiting(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str]
) -> dict[str, Mapping[str, str]]:
    """The property values under way to these records, by record id: HubSpot may hold them already though its answer
    has not come."""
    changes: dict[str, Mapping[str, str]] = {}
    for ids in chunks(record_ids):
        keys = [properties_key(RecordRef(object_type, record_id)) for record_id in ids]
        for row in db.execute(f"select record_id, body from outbox where key in ({marks(keys)})", keys):
            changes[row["record_id"]] = orjson.loads(row["body"]).get("changes", {})
    return changes


def refused_writes(db: sqlite3.Connection, about: Iterable[RecordRef]) -> dict[RecordRef, str]:
    """HubSpot's reason against the write of our properties that waits for each of these records, where it has one."""
    reasons: dict[RecordRef, str] = {}
    for record in about:
        query = "select reason from outbox where key = ? and state = 'refused'"
        row = db.execute(query, (properties_key(record),)).fetchone()
        if row is not None:
            reasons[record] = row["reason"]
    return reasons


def maybe_sent(db: sqlite3.Connection, keys: Iterable[str]) -> set[str]:
    """Those of these keys that were sent before, or may have been."""
    sent_keys: set[str] = set()
    for some in chunks(keys):
        rows = db.execute(f"select key from outbox where key in ({marks(some)}) and tried = 1", some)
        sent_keys.update(row["key"] for row in rows)
    return sent_keys


def result_ids(db: sqlite3.Connection, kind: Kind, about: Iterable[RecordRef]) -> set[str]:
    """The ids in HubSpot of all that was made of this kind for these records."""
    which = "kind = 'task'" if kind is Kind.TASK else "kind in ('fields', 'note', 'notification')"  # as the indexes say
    query = (
        f"select result_id from outbox where {which} and record_id = ? and object_type = ? and result_id is not null"
    )
    return {row["result_id"] for each in about for row in db.execute(query, (each.record_id, each.object_type))}


def values_sent(db: sqlite3.Connection, record: RecordRef) -> dict[str, set[str]]:
    """The values that rungs had set on this record, or may have, by property."""
    query = (
        "select body, state in ('claimed', 'confirmed', 'unknown') as is_sent from outbox"
        " where kind in ('fields', 'note', 'notification') and kind = 'fields' and record_id = ? and object_type = ?"
    )
    values: dict[str, set[str]] = defaultdict(set)
    for row in db.execute(query, (record.record_id, record.object_type)):
        body = orjson.loads(row["body"])
        for name, value in {**body.get(LANDED, {}), **(body.get("changes", {}) if row["is_sent"] else {})}.items():
            values[name].add(value)
    return values


def narrow(db: sqlite3.Connection, parcel: OutboxItem, landed: Mapping[str, str], rest: Mapping[str, str]) -> None:
    """HubSpot took a part of the values of an item of fields, `landed`: what is left to be sent of it is `rest`."""
    before = parcel.body.get(LANDED)
    body = {
        **parcel.body,
        "changes": dict(rest),
        LANDED: {**(before if isinstance(before, dict) else {}), **landed},
    }
    json = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
    db.execute("update outbox set body = ? where key = ?", (json, parcel.key))


def settle(
    db: sqlite3.Connection,
    key: str,
    state: State,
    *,
    reason: str | None = None,
    result_id: str | None = None,
    again_at: int | None = None,
) -> None:
    """`again_at` (epoch ms): not to be touched before."""
    db.execute(
        "update outbox set state = ?, reason = ?, result_id = ?, again_at = ? where key = ?",
        (state.value, reason, result_id, again_at, key),
    )


def done_with(db: sqlite3.Connection, keys: Iterable[str]) -> None:
    """Confirmed property writes need no row any more: the audit log has them. One that was replaced by a newer one
    while it was being sent stays, for the newer one is still to be sent."""
    db.executemany("delete from outbox where key = ? and state = 'claimed'", ((key,) for key in keys))


def waiting(db: sqlite3.Connection) -> dict[str, int]:
    """How many parcels are in each state, by `kind/state`."""
    rows = db.execute("select kind, state, count(*) as n from outbox group by kind, state")
    return {f"{row['kind']}/{row['state']}": row["n"] for row in rows}


def read_row(row: sqlite3.Row) -> OutboxItem:
    record = RecordRef(row["object_type"], row["record_id"])
    return OutboxItem(row["key"], Kind(row["kind"]), record, orjson.loads(row["body"]), row["channel"], row["entry"])
