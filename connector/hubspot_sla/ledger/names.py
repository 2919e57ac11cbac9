"""What companies, owners, users, teams, pipelines and stages are called, and were called before.

Outcomes hold ids. A name is looked up as of the instant an outcome speaks of, so renaming a customer renames nothing
that is past; before the first name that was seen, that one counts. Nothing is decided by names.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.ledger import state
from hubspot_sla.ledger.sql import chunks, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping


class Named(StrEnum):
    """What can have a name."""

    COMPANY = "company"
    OWNER = "owner"
    USER = "user"
    TEAM = "team"
    PIPELINE = "pipeline"
    STAGE = "stage"


def remember(db: sqlite3.Connection, kind: Named, names: Mapping[str, str], seen_at: int) -> None:
    """Id to name, as seen at `seen_at` (epoch ms); what is called as it was before needs no row. An empty name says
    that there is none to be had."""
    known = newest(db, kind, names)
    db.executemany(
        "insert or replace into names (kind, id, seen_at, name) values (?,?,?,?)",
        [
            (kind.value, id_, seen_at, name)
            for id_, name in names.items()
            if name != known.get(id_) and (name or id_ not in known)
        ],
    )


def stage_key(pipeline_id: str, stage_id: str) -> str:
    """The id of a stage among names: HubSpot's is unique within its pipeline only."""
    return f"{pipeline_id}:{stage_id}"


def newest(db: sqlite3.Connection, kind: Named, ids: Iterable[str]) -> dict[str, str]:
    """The present names of those that have one, by id."""
    names: dict[str, str] = {}
    for some in chunks(ids):
        query = f"select id, name from names where kind = ? and id in ({marks(some)}) order by seen_at"
        names |= {row["id"]: row["name"] for row in db.execute(query, (kind.value, *some))}
    return names


def newest_of(db: sqlite3.Connection, kind: Named, id_: str) -> str:
    """The present name of one; "" where it has none."""
    return newest(db, kind, [id_]).get(id_, "")


def every_newest(db: sqlite3.Connection, kind: Named) -> dict[str, str]:
    """The present names of all of this kind that have one, by id."""
    query = "select id, name from names where kind = ? order by seen_at"
    return {row["id"]: row["name"] for row in db.execute(query, (kind.value,)) if row["name"]}


def ever(db: sqlite3.Connection, kind: Named) -> dict[str, list[str]]:
    """Every name that anything of this kind was seen with, by id."""
    called: dict[str, list[str]] = {}
    for row in db.execute("select id, name from names where kind = ? and name <> '' order by seen_at", (kind.value,)):
        called.setdefault(row["id"], []).append(row["name"])
    return called


def as_of(db: sqlite3.Connection, kind: Named, at: int) -> dict[str, str]:
    """What all of this kind were called at `at` (epoch ms), by id; before its first name, that one."""
    query = "select id, name, seen_at from names where kind = ? and name <> '' order by seen_at"
    called: dict[str, str] = {}
    for row in db.execute(query, (kind.value,)):
        if row["seen_at"] <= at or row["id"] not in called:
            called[row["id"]] = row["name"]
    return called


def count(db: sqlite3.Connection) -> dict[str, int]:
    """Kind to how many have a name."""
    query = "select kind, count(distinct id) as n from names where name <> '' group by kind order by kind"
    return {row["kind"]: row["n"] for row in db.execute(query)}


def note_refused(db: sqlite3.Connection, reasons: Mapping[str, str]) -> None:
    """Which kinds the token might not read when they were last asked for, and HubSpot's reason."""
    state.write(db, state.NAMES_REFUSED, orjson.dumps(dict(reasons)).decode())


def refused(db: sqlite3.Connection) -> dict[str, str]:
    """What was noted last."""
    noted = state.read(db, state.NAMES_REFUSED)
    reasons: dict[str, str] = orjson.loads(noted) if noted else {}
    return reasons


def were_asked_for(db: sqlite3.Connection, kind: Named) -> bool:
    """Whether there are names of this kind, or it is known why there are none."""
    if state.read(db, state.NAMES_REFUSED) is not None:
        return True
    return db.execute("select 1 from names where kind = ? limit 1", (kind.value,)).fetchone() is not None


def nameless_companies(db: sqlite3.Connection, limit: int) -> list[str]:
    """Ids of companies that outcomes speak of and that have never had a name here."""
    query = (
        "select distinct company_id from outcomes where company_id is not null and not exists"
        " (select 1 from names where kind = 'company' and id = company_id) order by company_id limit ?"
    )
    return [row["company_id"] for row in db.execute(query, (limit,))]
