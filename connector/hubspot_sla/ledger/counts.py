"""Counts for whoever watches: each is answered from an index, whatever the ledger holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.ledger.sql import marks

if TYPE_CHECKING:
    import sqlite3

LIVE: Final = tuple(sorted(status.value for status in OPEN))


def open_records(db: sqlite3.Connection) -> int:
    count: int = db.execute("select count(*) from records where open = 1").fetchone()[0]
    return count


def breaches(db: sqlite3.Connection) -> int:
    """Verdicts that are late and not done."""
    count: int = db.execute("select count(*) from verdicts where status = 'breached'").fetchone()[0]
    return count


def quarantined(db: sqlite3.Connection) -> dict[str, int]:
    """By the step that failed."""
    return {row["step"]: row["n"] for row in db.execute("select step, count(*) as n from quarantine group by step")}


@dataclass(frozen=True, slots=True)
class OpenClocks:
    """How many clocks of open records are in one state under one policy. `clock` is the key: `ola:stage:Billing`."""

    object_type: str
    policy: str
    tier: str
    pipeline_id: str
    clock: str
    status: str
    number: int


def open_clocks(db: sqlite3.Connection) -> list[OpenClocks]:
    """Those that something is promised for and that have not stopped; "" where there is no tier or no pipeline. Reads
    what is open, and nothing else."""
    query = (
        "select o.object_type, o.policy, coalesce(o.tier, '') as tier, coalesce(o.pipeline_id, '') as pipeline_id,"
        " o.clock, o.status, count(*) as number from records r cross join outcomes o"
        " on o.object_type = r.object_type and o.record_id = r.record_id"
        f" where r.open = 1 and o.policy is not null and o.status in ({marks(LIVE)})"
        " group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6"
    )
    return [OpenClocks(*row) for row in db.execute(query, LIVE)]
