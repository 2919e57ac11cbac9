"""The waivers that concern one record, as its clocks read them. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.waivers import StoppedInterval, Waiver
from hubspot_sla.ledger.waivers import GrantedWaiver, WaiverScope, WaiverTerms
from hubspot_sla.plan.records import TICKETS, RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.facts import Fact, FactsByName
    from hubspot_sla.policy.waivers import WrittenWaiver


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


def excuses_in(facts: FactsByName, names: Iterable[str]) -> Iterator[Waiver]:
    """What the properties of portal.yaml excuse: a reason waives from then on, another one or an empty value revokes
    it."""
    for name in names:
        standing: Fact | None = None
        for fact in facts.get(name, ()):
            if fact.value != (standing.value if standing else None):
                if standing is not None:
                    yield _of_property(standing, fact.at)
                standing = fact if fact.value else None
        if standing is not None:
            yield _of_property(standing, None)


def _of_property(fact: Fact, revoked_at: int | None) -> Waiver:
    return Waiver(at=fact.at, why=fact.value or "", revoked_at=revoked_at, by=fact.source)


def written_in(versions: Sequence[Version]) -> list[GrantedWaiver]:
    """Those of waivers.yaml: granted when the first version with it came into force, revoked by the first without."""
    granted: list[GrantedWaiver] = []
    standing: dict[WrittenWaiver, GrantedWaiver] = {}
    for version in versions:
        written = version.mappings.waivers
        for waiver in [waiver for waiver in standing if waiver not in written]:
            revoked = replace(standing.pop(waiver), revoked_at=version.effective_at)
            granted = [revoked if one.number == revoked.number else one for one in granted]
        for waiver in written:
            if waiver not in standing:
                standing[waiver] = _as_granted(waiver, -len(granted) - 1, version)
                granted.append(standing[waiver])
    return granted


def _as_granted(waiver: WrittenWaiver, number: int, version: Version) -> GrantedWaiver:
    """Numbers of the file are negative: those of the ledger begin with 1."""
    record = RecordRef.of(waiver.ticket)
    scope = WaiverScope(
        record.object_type if waiver.ticket else TICKETS,
        record_id=record.record_id,
        company_id=waiver.customer,
        pipeline_id=version.portal_ids.pipelines.get(waiver.pipeline, waiver.pipeline),
        metric=waiver.metric,
    )
    terms = WaiverTerms(
        reason=waiver.reason,
        granted_by=waiver.by,
        granted_at=version.effective_at,
        evidence=waiver.evidence,
        expires_at=waiver.expires_at,
        since=waiver.since,
        until=waiver.until,
        stops=waiver.stops,
    )
    return GrantedWaiver(number, scope, terms, None)


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
