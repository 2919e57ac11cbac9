"""Whether the writes of our properties that wait are those that audit entries ask for, and none of them is missing.

Such a write leaves the outbox once HubSpot has confirmed it, seconds later, so no digest covers it until it is refused.
The entry that decided about the record asks for it, and the entry of what became of it names that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.ledger import audit_fields, erasures
from hubspot_sla.ledger.row_problem import RowProblem
from hubspot_sla.ledger.row_seals import BASELINE
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_ASKED: Final = (
    # The newest that asks, of each record; those that an upgrade found may have been settled by rules of before.
    "select object_type, record_id, max(seq) as seq from audit where"
    " kind in ('plan', 'restatement', 'verdict', 'contract_states')"
    f" and seq > coalesce((select max(seq) from audit where kind = '{BASELINE}'), 0)"
    ' and instr(body, \'"key":"properties:\') > 0 group by object_type, record_id'
)
_SETTLED: Final = (
    "select 1 from audit as later where later.record_id = asked.record_id and later.object_type = asked.object_type"
    " and later.seq > asked.seq"
    " and (later.kind = 'gone' or (later.kind = 'write' and json_extract(later.body, '$.entry') = asked.seq))"
)
_TORN_DOWN: Final = "select 1 from audit as teardown where teardown.kind = 'teardown' and teardown.seq > asked.seq"
_WAITING: Final = (
    "select 1 from outbox where outbox.record_id = asked.record_id and outbox.object_type = asked.object_type"
    " and outbox.kind = 'properties' and outbox.entry = asked.seq"
)


def problems(db: sqlite3.Connection) -> Iterator[RowProblem]:
    yield from _unasked(db)
    yield from _put_back(db)
    yield from _missing(db)


def _unasked(db: sqlite3.Connection) -> Iterator[RowProblem]:
    """Writes that are not what the entry that they name asks for. Older ones name none."""
    query = (
        "select key, outbox.object_type, outbox.record_id, outbox.body, outbox.entry, audit.body as asked, texts"
        " from outbox left join audit on seq = outbox.entry and audit.record_id = outbox.record_id"
        " and audit.object_type = outbox.object_type left join audit_texts on audit_texts.entry = seq"
        " where outbox.kind = 'properties' and (outbox.entry is not null"
        f" or not exists (select 1 from audit where kind = '{BASELINE}'))"
    )
    for row in db.execute(query):
        if not _is_asked_for(row):
            what = f"the row key {row['key']} is not what entry {row['entry']} asks for"
            yield RowProblem("outbox", row["object_type"], row["record_id"], what)


def _is_asked_for(row: sqlite3.Row) -> bool:
    try:
        said = audit_fields.joined(orjson.loads(row["asked"] or "{}"), orjson.loads(row["texts"] or "{}"))
        body = orjson.loads(row["body"])
        return body["key"] == row["key"] and body in said.get("plan", [])
    except (TypeError, ValueError, LookupError):
        return False


def _put_back(db: sqlite3.Connection) -> Iterator[RowProblem]:
    """What an entry asked for before another one asked for something else."""
    query = (
        f"select key, outbox.object_type, outbox.record_id, entry, seq from ({_ASKED}) as asked join outbox"
        " on outbox.record_id = asked.record_id and outbox.object_type = asked.object_type"
        " where outbox.kind = 'properties' and coalesce(entry, 0) < seq order by seq"
    )
    for row in db.execute(query):
        what = (
            f"the row key {row['key']} is what entry {row['entry']} asks for, and entry {row['seq']} asks for another"
        )
        yield RowProblem("outbox", row["object_type"], row["record_id"], what)


def _missing(db: sqlite3.Connection) -> Iterator[RowProblem]:
    """What was asked for last, came to no end, and does not wait either."""
    query = (
        f"select * from ({_ASKED}) as asked where not exists ({_SETTLED}) and not exists ({_TORN_DOWN})"
        f" and not exists ({_WAITING}) order by seq"
    )
    for row in db.execute(query).fetchall():
        record = RecordRef(row["object_type"], row["record_id"])
        if erasures.touched_records(db).get(record, 0) < row["seq"]:
            yield RowProblem("outbox", *record, f"the write that entry {row['seq']} asks for is missing")
