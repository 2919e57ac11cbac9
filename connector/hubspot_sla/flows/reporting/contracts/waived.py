"""Why a promise was waived: the reasons of the waivers that cover it, in the ledger and in waivers.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.ledger import waivers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from hubspot_sla.ledger.waivers import GrantedWaiver
    from hubspot_sla.policy.waivers import WrittenWaiver


@dataclass(frozen=True, slots=True)
class WaivedPromise:
    """What is needed to find its waivers. Instants are epoch ms."""

    object_type: str
    record_id: str
    company_id: str | None
    pipeline_id: str | None
    clock: str
    metric: str
    breached_at: int | None


class WaiverReasons:
    """The waivers of one ledger, read once."""

    def __init__(self, db: sqlite3.Connection, written: Sequence[WrittenWaiver]) -> None:
        self._granted = [waiver for waiver in waivers.every(db) if not waiver.terms.stops and waiver.revoked_at is None]
        self._written = [waiver for waiver in written if not waiver.stops]

    def of(self, promise: WaivedPromise) -> set[str]:
        """Of every waiver that covers it; none where a property of the record says so, whose reason is not here."""
        granted = {waiver.terms.reason for waiver in self._granted if _covers(waiver, promise)}
        return granted | {waiver.reason for waiver in self._written if _written_covers(waiver, promise)}


def _covers(waiver: GrantedWaiver, promise: WaivedPromise) -> bool:
    scope, terms = waiver.scope, waiver.terms
    limits = (
        (scope.record_id, promise.record_id),
        (scope.company_id, promise.company_id),
        (scope.pipeline_id, promise.pipeline_id),
    )
    whose = scope.object_type == promise.object_type and all(limit in ("", value) for limit, value in limits)
    return whose and _concerns(scope.metric, promise) and _is_within(terms.since, terms.until, promise.breached_at)


def _written_covers(waiver: WrittenWaiver, promise: WaivedPromise) -> bool:
    limits: Iterable[tuple[str, str | None]] = (
        (waiver.ticket, promise.record_id),
        (waiver.customer, promise.company_id),
    )
    whose = not waiver.pipeline and all(limit in ("", value) for limit, value in limits)
    return whose and _concerns(waiver.metric, promise) and _is_within(waiver.since, waiver.until, promise.breached_at)


def _concerns(metric: str | None, promise: WaivedPromise) -> bool:
    return metric is None or metric in (promise.metric, promise.clock)


def _is_within(since: int | None, until: int | None, at: int | None) -> bool:
    if at is None:
        return since is None and until is None
    return (since is None or since <= at) and (until is None or at < until)
