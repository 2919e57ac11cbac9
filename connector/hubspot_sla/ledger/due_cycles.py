"""What is still owed: the cycles of open records that have a due instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.clock.verdict import OPEN, Status
from hubspot_sla.ledger.sql import marks
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

_OWED: Final = sorted(status.value for status in OPEN)


@dataclass(frozen=True, slots=True)
class DueCycle:
    """One cycle that has a due instant and was not over at the last sync. Instants in epoch ms; `owner_id` and
    `team_id` are those of now, not those of the due instant; `inputs` are the mapped properties as last seen."""

    record: RecordRef
    clock: str
    cycle: int
    status: Status
    due_at: int
    breached_at: int | None
    policy: str
    calendar: str
    tier: str | None
    priority: str | None
    company_id: str | None
    owner_id: str | None
    team_id: str | None
    pipeline_id: str | None
    stage_id: str | None
    inputs: Mapping[str, str | None]


def of_type(db: sqlite3.Connection, object_type: str, *, owner: str, team: str) -> Iterator[DueCycle]:
    """Those of one object type, the one due first in front. `owner` and `team` are the names of these properties."""
    newest = (
        "(select value from facts where facts.object_type = o.object_type and facts.record_id = o.record_id"
        " and name = ? order by at desc, nth desc limit 1)"
    )
    query = (
        "select o.object_type, o.record_id, o.clock, o.cycle, o.status, o.due_at, o.breached_at, o.policy, o.calendar,"
        f" o.tier, o.priority, o.company_id, coalesce({newest}, o.owner_id) as owner_id,"
        f" coalesce({newest}, o.team_id) as team_id, o.pipeline_id, o.stage_id, r.inputs"
        " from records as r join outcomes as o on o.object_type = r.object_type and o.record_id = r.record_id"
        " where r.object_type = ? and r.open = 1 and r.gone is null and o.due_at is not null"
        f" and o.status in ({marks(_OWED)})"
        " order by o.due_at, o.record_id, o.clock"
    )
    for row in db.execute(query, (owner, team, object_type, *_OWED)):
        yield DueCycle(
            record=RecordRef(row["object_type"], row["record_id"]),
            status=Status(row["status"]),
            owner_id=row["owner_id"] or None,
            team_id=row["team_id"] or None,
            inputs=orjson.loads(row["inputs"]),
            **{name: row[name] for name in _AS_STORED},
        )


_AS_STORED: Final = (
    *("clock", "cycle", "due_at", "breached_at", "policy", "calendar", "tier", "priority"),
    *("company_id", "pipeline_id", "stage_id"),
)
