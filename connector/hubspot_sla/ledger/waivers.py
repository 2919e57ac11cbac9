"""Waivers that people granted, and their revocations. Both are appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger.sql import chunks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

_SCOPE = "object_type, record_id, company_id, pipeline_id, metric"
_TERMS = "reason, evidence, granted_by, granted_at, expires_at, since, until, stops"
_SELECT = (
    f"select id, {_SCOPE}, {_TERMS}, revoked_at, revoked_by, revoked_because from waivers left join"
    " (select waiver, at as revoked_at, by_whom as revoked_by, reason as revoked_because from waiver_revocations"
    " where entry <= :known_until) on waiver = id where entry <= :known_until"
)
_NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class WaiverScope:
    """Which records it concerns: one of a type, those of a company, or those of a pipeline of a type; and which of
    their clocks, None for all. Each id is "" where the waiver is not limited by it."""

    object_type: str
    record_id: str = ""
    company_id: str = ""
    pipeline_id: str = ""
    metric: str | None = None


@dataclass(frozen=True, slots=True)
class WaiverTerms:
    """What was granted, by whom and why. Instants are epoch ms: those of `clock.waivers`, where `stops` is a stopped
    interval."""

    reason: str
    granted_by: str
    granted_at: int
    evidence: str = ""
    expires_at: int | None = None
    since: int | None = None
    until: int | None = None
    stops: bool = False


@dataclass(frozen=True, slots=True)
class GrantedWaiver:
    """A waiver by its number, with its revocation where there is one."""

    number: int
    scope: WaiverScope
    terms: WaiverTerms
    revoked_at: int | None = None
    revoked_by: str = ""
    revoked_because: str = ""


def grant(db: sqlite3.Connection, scope: WaiverScope, terms: WaiverTerms, entry: int) -> int:
    """Its number; `entry` is that of the audit entry which covers it."""
    values = (
        *(scope.object_type, scope.record_id, scope.company_id, scope.pipeline_id, scope.metric),
        *(terms.reason, terms.evidence, terms.granted_by, terms.granted_at, terms.expires_at, terms.since),
        *(terms.until, int(terms.stops), entry),
    )
    places = ",".join("?" * len(values))
    cursor = db.execute(f"insert into waivers ({_SCOPE}, {_TERMS}, entry) values ({places})", values)
    number = cursor.lastrowid
    assert number is not None  # noqa: S101 - a row was inserted
    return number


def revoke(db: sqlite3.Connection, number: int, at: int, by: str, reason: str, entry: int) -> None:
    db.execute(
        "insert into waiver_revocations (waiver, at, by_whom, reason, entry) values (?,?,?,?,?)",
        (number, at, by, reason, entry),
    )


def every(db: sqlite3.Connection) -> list[GrantedWaiver]:
    """All, the oldest first."""
    return list(_read(db, f"{_SELECT} order by id", {"known_until": _NEWEST}))


def load(
    db: sqlite3.Connection, object_type: str, record_ids: Iterable[str], known_until: int | None = None
) -> list[GrantedWaiver]:
    """Those of these records, and those of companies and pipelines that may concern them, the oldest first.
    `known_until`: only what audit entries covered up to this number."""
    bound: dict[str, object] = {"known_until": _NEWEST if known_until is None else known_until, "type": object_type}
    found = {waiver.number: waiver for waiver in _read(db, f"{_SELECT} and record_id = ''", bound)}
    for ids in chunks(record_ids):
        names = {f"id{place}": id_ for place, id_ in enumerate(ids)}
        listed = ",".join(f":{name}" for name in names)
        query = f"{_SELECT} and record_id in ({listed}) and object_type = :type"
        found |= {waiver.number: waiver for waiver in _read(db, query, bound | names)}
    return [found[number] for number in sorted(found)]


def newest_entry(db: sqlite3.Connection) -> int:
    """Number of the newest audit entry about a waiver; 0 where there is none."""
    query = (
        "select max(coalesce(max(w.entry), 0), (select coalesce(max(entry), 0) from waiver_revocations)) from waivers w"
    )
    newest: int = db.execute(query).fetchone()[0]
    return newest


def changed_since(db: sqlite3.Connection, entry: int) -> list[GrantedWaiver]:
    """Those granted or revoked by an audit entry after this one."""
    revoked = "select waiver from waiver_revocations where entry > :entry"
    return list(
        _read(db, f"{_SELECT} and (entry > :entry or id in ({revoked}))", {"known_until": _NEWEST, "entry": entry})
    )


def _read(db: sqlite3.Connection, query: str, bound: dict[str, object]) -> Iterator[GrantedWaiver]:
    for row in db.execute(query, bound):
        yield GrantedWaiver(
            row["id"],
            WaiverScope(row["object_type"], row["record_id"], row["company_id"], row["pipeline_id"], row["metric"]),
            WaiverTerms(
                row["reason"],
                row["granted_by"],
                row["granted_at"],
                row["evidence"],
                row["expires_at"],
                row["since"],
                row["until"],
                bool(row["stops"]),
            ),
            row["revoked_at"],
            row["revoked_by"] or "",
            row["revoked_because"] or "",
        )
