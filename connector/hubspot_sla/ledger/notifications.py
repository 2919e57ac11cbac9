"""Notifications in the outbox: by target, at the rate it allows, and folded into digests.

A digest is a parcel of its own with a key of its own, made in one transaction with the parcels it tells: whatever
happens afterwards, it is sent under that key, and they share its fate.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from hubspot_sla.ledger import outbox
from hubspot_sla.ledger.outbox import COLUMNS, NO_RECORD, UNSETTLED, Kind, OutboxItem, State
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_WAITING = f"kind = 'notification' and state = 'pending' and {UNSETTLED}"
_DIGEST = "digest:"
REPORT = "report:"
"""Keys of reports to subscribers begin so. None is folded into a digest: it is no escalation."""


def is_report(parcel: OutboxItem) -> bool:
    return parcel.key.startswith(REPORT)


def is_digest(parcel: OutboxItem) -> bool:
    return parcel.key.startswith(_DIGEST)


def members(parcel: OutboxItem) -> list[str]:
    """The keys of what a digest tells."""
    keys = parcel.body.get("keys")
    return [str(key) for key in keys] if isinstance(keys, list) else []


def targets_waiting(db: sqlite3.Connection, of_run: str | None = None) -> list[str]:
    """The targets something waits for, the longest waiting first; something about one run's records where it is
    named."""
    which, bound = outbox.only_of(of_run)
    query = f"select channel from outbox where {_WAITING}{which} group by channel order by min(queued_at), channel"
    return [row["channel"] or "" for row in db.execute(query, bound)]


def counts_waiting(db: sqlite3.Connection) -> dict[str, int]:
    """How many notices wait for each target something waits for; what a digest holds is not counted beside it."""
    query = f"select channel, count(*) as n from outbox where {_WAITING} group by channel order by channel"
    return {row["channel"] or "": row["n"] for row in db.execute(query)}


def waiting_for(db: sqlite3.Connection, target: str, of_run: str | None = None) -> tuple[list[str], list[str]]:
    """Keys of what waits for one target, oldest first: what must go as it is (digests, reports, and what the target may
    have got already), and what may still be folded. What is about one run's records alone where it is named."""
    which, bound = outbox.only_of(of_run)
    query = f"select key, tried from outbox where {_WAITING} and channel = ?{which} order by queued_at, key"
    as_they_are: list[str] = []
    singles: list[str] = []
    for row in db.execute(query, (target, *bound)):
        must_go = row["tried"] or row["key"].startswith((_DIGEST, REPORT))
        (as_they_are if must_go else singles).append(row["key"])
    return as_they_are, singles


def sent_since(db: sqlite3.Connection, target: str, since: int) -> int:
    """How many notices a target took after an instant; a digest is one."""
    query = "select count(*) from outbox where channel = ? and sent_at > ?"
    count: int = db.execute(query, (target, since)).fetchone()[0]
    return count


def fold(db: sqlite3.Connection, target: str, keys: Sequence[str], *, run_id: str, at: int) -> OutboxItem:
    """Queue one digest in place of the parcels of these keys."""
    name = sha256("\n".join(keys).encode()).hexdigest()[:16]
    digest = OutboxItem(f"{_DIGEST}{target}:{name}", Kind.NOTIFICATION, NO_RECORD, {"keys": list(keys)}, target)
    outbox.put(db, [digest], run_id=run_id, at=at)
    db.executemany(
        "update outbox set state = 'held', result_id = ?, reason = ? where key = ?",
        ((digest.key, f"told in {digest.key}", key) for key in keys),
    )
    return digest


def claim(db: sqlite3.Connection, keys: Iterable[str]) -> list[OutboxItem]:
    """Mark these parcels as being sent, and give them in the order asked for."""
    item_by_key: dict[str, OutboxItem] = {}
    wanted = list(keys)
    for some in chunks(wanted):
        query = f"update outbox set state = 'claimed', tried = 1 where key in ({marks(some)}) returning {COLUMNS}"
        item_by_key |= {row["key"]: outbox.read_row(row) for row in db.execute(query, some).fetchall()}
    return [item_by_key[key] for key in wanted if key in item_by_key]


def read(db: sqlite3.Connection, keys: Iterable[str]) -> list[OutboxItem]:
    """The parcels of these keys, in that order; those that are no more are left out."""
    item_by_key: dict[str, OutboxItem] = {}
    wanted = list(keys)
    for some in chunks(wanted):
        query = f"select {COLUMNS} from outbox where key in ({marks(some)})"
        item_by_key |= {row["key"]: outbox.read_row(row) for row in db.execute(query, some)}
    return [item_by_key[key] for key in wanted if key in item_by_key]


def put_back(db: sqlite3.Connection, keys: Iterable[str], *, reason: str | None, tried: bool) -> None:
    """To be sent again: by the target's own back-off, not theirs. `tried`: the target may have got it all the same.
    What was withdrawn meanwhile stays so."""
    db.executemany(
        "update outbox set state = 'pending', reason = ?, tried = ? where key = ? and state in ('claimed', 'pending')",
        ((reason, tried, key) for key in keys),
    )


def settle(db: sqlite3.Connection, parcel: OutboxItem, state: State, *, reason: str | None, at: int | None) -> None:
    """The end of a parcel, and with a digest of all it tells. `at`: when the target took it."""
    update = "update outbox set state = ?, reason = ?, sent_at = ? where key = ?"
    db.execute(update, (state.value, reason, at, parcel.key))
    if is_digest(parcel):
        update_told = "update outbox set state = ?, reason = ? where result_id = ? and state = 'held'"
        db.execute(update_told, (state.value, reason or f"told in {parcel.key}", parcel.key))
