"""Tasks of ours that HubSpot has and that nobody was asked to complete yet: see `outbox.unfinished` for those of some
records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class UnfinishedTask:
    """A task of ours in HubSpot; `key` is that of its row here."""

    record: RecordRef
    key: str
    task_id: str


def every(db: sqlite3.Connection) -> list[UnfinishedTask]:
    """Of every record."""
    query = (
        "select object_type, record_id, key, result_id from outbox where kind = 'task' and state = 'confirmed'"
        " and result_id is not null"
        " and not exists (select 1 from outbox as done where done.key = 'complete:' || outbox.key)"
        " order by object_type, record_id, key"
    )
    return [UnfinishedTask(RecordRef(*row[:2]), row[2], row[3]) for row in db.execute(query)]


def of_rungs(db: sqlite3.Connection, prefix: str) -> list[tuple[UnfinishedTask, str]]:
    """Those that rungs asked for whose keys begin with `prefix`, each with the key of its rung."""
    query = (
        "select object_type, record_id, key, result_id, json_extract(body, '$.rung_key') as rung_key from outbox"
        " where kind = 'task' and state = 'confirmed' and result_id is not null and key like ? escape '!'"
        " and not exists (select 1 from outbox as done where done.key = 'complete:' || outbox.key) order by key"
    )
    like = "task:" + prefix.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    return [(UnfinishedTask(RecordRef(*row[:2]), row[2], row[3]), row[4]) for row in db.execute(query, (like,))]
