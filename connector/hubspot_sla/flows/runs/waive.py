"""Granting and revoking waivers: each is checked, appended to the ledger, and said in the audit log.

A worker may be running: nothing but the waiver is written, and the next sync judges what it concerns again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.runs.job_run import new_run_id
from hubspot_sla.ledger import audit, names, records, waivers
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.names import Named
from hubspot_sla.ledger.waivers import WaiverScope
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import TICKETS, RecordRef
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.ledger.database import Ledger
    from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverTerms


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a waiver is asked for: a record by its key, a company by its id, or a pipeline by id or name; and which
    clock, by metric or key."""

    record: str = ""
    company: str = ""
    pipeline: str = ""
    metric: str | None = None


def grant(ledger: Ledger, asked: Asked, terms: WaiverTerms) -> GrantedWaiver:
    """The waiver as it stands now. UsageProblem: the ledger does not know what is named, or the instants make no
    sense."""
    _require_sense(asked, terms)
    with ledger.transaction() as db:
        scope = _scope(db, asked)
        entry = audit.next_number(db)
        number = waivers.grant(db, scope, terms, entry)
        waiver = next(one for one in waivers.every(db) if one.number == number)
        audit.append(db, at=terms.granted_at, run_id=new_run_id(), entries=[_granted(waiver)])
    return waiver


def revoke(ledger: Ledger, number: int, at: int, by: str, reason: str) -> GrantedWaiver:
    """The waiver, revoked. UsageProblem: there is none of this number, or it was revoked before."""
    with ledger.transaction() as db:
        waiver = _by_number(db, number)
        if waiver.revoked_at is not None:
            when = f"{wire(waiver.revoked_at)} by {waiver.revoked_by}"
            raise UsageProblem(f"waiver {number} was revoked before, at {when}", remedy="`sla waiver list` shows all")
        entry = audit.next_number(db)
        waivers.revoke(db, number, at, by, reason, entry)
        body = {"waiver": number, "by": by, "reason": reason}
        audit.append(db, at=at, run_id=new_run_id(), entries=[Entry("waiver_revoked", body, _record_of(waiver.scope))])
        return _by_number(db, number)


def _by_number(db: sqlite3.Connection, number: int) -> GrantedWaiver:
    waiver = next((one for one in waivers.every(db) if one.number == number), None)
    if waiver is None:
        raise UsageProblem(f"there is no waiver {number}", remedy="`sla waiver list` shows their numbers")
    return waiver


def _require_sense(asked: Asked, terms: WaiverTerms) -> None:
    if terms.since is not None and terms.until is not None and terms.until <= terms.since:
        raise UsageProblem("the interval ends before it begins", remedy="--to must be later than --from")
    if (terms.since is None) != (terms.until is None):
        raise UsageProblem("an interval has two ends", remedy="give both --from and --to, or neither")
    if terms.expires_at is not None and terms.expires_at <= terms.granted_at:
        raise UsageProblem("the waiver would end before it begins", remedy="--until must lie in the future")
    if terms.since is None and (terms.stops or not asked.record):
        what = "a waiver that stops clocks" if terms.stops else "a waiver for a customer or a pipeline"
        raise UsageProblem(f"{what} needs an interval", remedy="give --from and --to")
    if terms.stops and terms.expires_at is not None:
        raise UsageProblem("a waiver that stops clocks has no expiry", remedy="leave out --until: --to is its end")


def _scope(db: sqlite3.Connection, asked: Asked) -> WaiverScope:
    _require_clock(db, asked.metric)
    if asked.record:
        record = RecordRef.of(asked.record)
        _require_record(db, record)
        return WaiverScope(record.object_type, record_id=record.record_id, metric=asked.metric)
    if asked.company:
        known = db.execute("select 1 from companies where id = ? limit 1", (asked.company,)).fetchone()
        if known is None:
            raise UsageProblem(
                f"the ledger knows no customer {asked.company}", remedy="give the id of the company in HubSpot"
            )
        return WaiverScope(TICKETS, company_id=asked.company, metric=asked.metric)
    return _pipeline_scope(db, asked)


def _pipeline_scope(db: sqlite3.Connection, asked: Asked) -> WaiverScope:
    called = {id_: name for id_, name in names.every_newest(db, Named.PIPELINE).items() if ":" not in id_}
    ids = [id_ for id_, name in called.items() if asked.pipeline in (id_, name)]
    if len(ids) != 1:
        listed = ", ".join(f"{name} ({id_})" for id_, name in sorted(called.items()))
        why = "two pipelines are called" if ids else "the ledger knows no pipeline"
        remedy = f"give one of these ids: {listed}" if listed else "run `sla setup` and `sla sync` first"
        raise UsageProblem(f"{why} {asked.pipeline!r}", remedy=remedy)
    return WaiverScope(TICKETS, pipeline_id=ids[0], metric=asked.metric)


def _require_record(db: sqlite3.Connection, record: RecordRef) -> None:
    row = records.load(db, record.object_type, [record.record_id]).get(record.record_id)
    word = singular_of(record.object_type)
    if row is None:
        raise UsageProblem(f"the ledger has never seen {word} {record.key}", remedy="check the id, or run `sla sync`")
    if row.merged_into:
        into = RecordRef(record.object_type, row.merged_into).key
        raise UsageProblem(f"{word} {record.key} was merged into {into}", remedy=f"waive {into}")


def _require_clock(db: sqlite3.Connection, metric: str | None) -> None:
    if metric is None or metric in set(Metric):
        return
    keys = [row["clock"] for row in db.execute("select distinct clock from verdicts order by clock")]
    known = {*keys, *(Clock.of(key).metric for key in keys)}
    if metric not in known:
        listed = ", ".join(sorted({*map(str, Metric), *known}))
        raise UsageProblem(f"no policy promises {metric!r}", remedy=f"give one of: {listed}")


def _granted(waiver: GrantedWaiver) -> Entry:
    scope, terms = waiver.scope, waiver.terms
    body = {
        "waiver": waiver.number,
        "companies": [[scope.company_id]] if scope.company_id else None,
        "pipeline": scope.pipeline_id or None,
        "clock": scope.metric,
        "since": None if terms.since is None else wire(terms.since),
        "until": None if terms.until is None else wire(terms.until),
        "expires_at": None if terms.expires_at is None else wire(terms.expires_at),
        "stops": terms.stops or None,
        "by": terms.granted_by,
        "reason": terms.reason,
        "evidence": terms.evidence or None,
    }
    said = {key: value for key, value in body.items() if value is not None}
    return Entry("waiver", said, _record_of(scope))


def _record_of(scope: WaiverScope) -> RecordRef | None:
    return RecordRef(scope.object_type, scope.record_id) if scope.record_id else None
