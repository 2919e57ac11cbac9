"""Waivers as they are shown: a row of a table, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.records.waivers import written_in
from hubspot_sla.ledger import waivers
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.object_words import singular_of

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverScope

FILE = "waivers.yaml"


def every(db: sqlite3.Connection) -> list[GrantedWaiver]:
    """Those of the ledger, then those of waivers.yaml, the oldest of each first."""
    return [*waivers.every(db), *written_in(versions_in_force.in_force(db))]


def as_json(waiver: GrantedWaiver) -> dict[str, object]:
    """Instants in ISO 8601; null for what was not said, and for the number of one of waivers.yaml."""
    scope, terms = waiver.scope, waiver.terms
    return {
        "number": waiver.number if waiver.number > 0 else None,
        "record": RecordRef(scope.object_type, scope.record_id).key if scope.record_id else None,
        "customer": scope.company_id or None,
        "pipeline": scope.pipeline_id or None,
        "clock": scope.metric,
        "reason": terms.reason,
        "evidence": terms.evidence or None,
        "by": terms.granted_by,
        "granted_at": wire(terms.granted_at),
        "until": _instant(terms.expires_at),
        "from": _instant(terms.since),
        "to": _instant(terms.until),
        "stops_clocks": terms.stops,
        "revoked_at": _instant(waiver.revoked_at),
        "revoked_by": waiver.revoked_by or None,
        "revoked_because": waiver.revoked_because or None,
    }


def row(waiver: GrantedWaiver, now: int) -> list[object]:
    """Number or file, what, whom, clocks, state, by, reason."""
    terms = waiver.terms
    what = "stops clocks" if terms.stops else "excuses"
    clocks = waiver.scope.metric or "all"
    number = waiver.number if waiver.number > 0 else FILE
    return [number, what, whom(waiver.scope), clocks, state(waiver, now), terms.granted_by, terms.reason]


def whom(scope: WaiverScope) -> str:
    """`ticket 42`, `customer 21`, `pipeline 0`."""
    if scope.record_id:
        return f"{singular_of(scope.object_type)} {RecordRef(scope.object_type, scope.record_id).key}"
    return f"customer {scope.company_id}" if scope.company_id else f"pipeline {scope.pipeline_id}"


def state(waiver: GrantedWaiver, now: int) -> str:
    """Whether it is in force, and for what time."""
    terms = waiver.terms
    if waiver.revoked_at is not None:
        how = f" by {waiver.revoked_by}: {waiver.revoked_because}" if waiver.number > 0 else f": taken out of {FILE}"
        return f"revoked {wire(waiver.revoked_at)}{how}"
    if terms.since is not None and terms.until is not None:
        return f"for {wire(terms.since)} to {wire(terms.until)}"
    if terms.expires_at is None:
        return f"in force since {wire(terms.granted_at)}"
    return f"{'expired' if terms.expires_at <= now else 'in force until'} {wire(terms.expires_at)}"


def _instant(at: int | None) -> str | None:
    return None if at is None else wire(at)
