"""The waivers that concern one record, as its clocks read them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.waivers import StoppedInterval, Waiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.ledger.facts import Fact
    from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverScope
    from hubspot_sla.plan.records import RecordRef


def concerning(
    granted: Iterable[GrantedWaiver], record: RecordRef, company_ids: Sequence[str], pipeline_id: str | None
) -> list[GrantedWaiver]:
    """Those of the record itself, of any of its companies, and of the pipeline that it is in."""
    return [waiver for waiver in granted if _concerns(waiver.scope, record, company_ids, pipeline_id)]


def _concerns(scope: WaiverScope, record: RecordRef, company_ids: Sequence[str], pipeline_id: str | None) -> bool:
    if scope.record_id:
        return (scope.object_type, scope.record_id) == record
    if scope.company_id:
        return scope.company_id in company_ids
    return scope.object_type == record.object_type and scope.pipeline_id == pipeline_id


def excuses_of(granted: Iterable[GrantedWaiver]) -> tuple[Waiver, ...]:
    """Those that excuse lateness."""
    return tuple(
        Waiver(
            at=waiver.terms.granted_at,
            why=waiver.terms.reason,
            metric=waiver.scope.metric,
            expires_at=waiver.terms.expires_at,
            revoked_at=waiver.revoked_at,
            since=waiver.terms.since,
            until=waiver.terms.until,
            by=waiver.terms.granted_by,
        )
        for waiver in granted
        if not waiver.terms.stops
    )


def excuses_in(facts: Iterable[Fact], names: Iterable[str]) -> Iterator[Waiver]:
    """What the properties of portal.yaml excuse: a reason waives from then on, another one or an empty value revokes
    it."""
    for name in names:
        standing: Fact | None = None
        for fact in facts:
            if fact.name == name and fact.value != (standing.value if standing else None):
                if standing is not None:
                    yield _of_property(standing, fact.at)
                standing = fact if fact.value else None
        if standing is not None:
            yield _of_property(standing, None)


def _of_property(fact: Fact, revoked_at: int | None) -> Waiver:
    return Waiver(at=fact.at, why=fact.value or "", revoked_at=revoked_at, by=fact.source)


def stops_of(granted: Iterable[GrantedWaiver]) -> tuple[StoppedInterval, ...]:
    """Those that stop clocks."""
    return tuple(
        StoppedInterval(
            at=waiver.terms.granted_at,
            why=waiver.terms.reason,
            since=waiver.terms.since,
            until=waiver.terms.until,
            metric=waiver.scope.metric,
            revoked_at=waiver.revoked_at,
            by=waiver.terms.granted_by,
        )
        for waiver in granted
        if waiver.terms.stops and waiver.terms.since is not None and waiver.terms.until is not None
    )
