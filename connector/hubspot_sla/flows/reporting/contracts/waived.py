"""Why a promise was waived: the reasons of the waivers that cover it, in the ledger, in waivers.yaml, and in a property
of the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.flows.context.mappings_version import VersionsByType
from hubspot_sla.flows.records.assemble import assembled_facts
from hubspot_sla.flows.records.record_facts import excused_by_properties
from hubspot_sla.flows.records.waivers import written_in
from hubspot_sla.ledger import records, waivers

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.ledger.waivers import GrantedWaiver


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
    """The waivers of one ledger, and those of waivers.yaml as each version of it says them; read once. Those of
    properties are read record by record, for it is few that are waived."""

    def __init__(self, db: sqlite3.Connection, versions: Sequence[Version]) -> None:
        every = (*waivers.every(db), *written_in(versions))
        self._granted = [waiver for waiver in every if not waiver.terms.stops and waiver.revoked_at is None]
        self._db, self._versions = db, VersionsByType(versions)
        self._in_properties: dict[tuple[str, str], frozenset[str]] = {}

    def of(self, promise: WaivedPromise) -> set[str]:
        """Of every waiver that covers it."""
        granted = {waiver.terms.reason for waiver in self._granted if _covers(waiver, promise)}
        return granted | self._of_properties(promise.object_type, promise.record_id)

    def _of_properties(self, object_type: str, record_id: str) -> frozenset[str]:
        """They excuse every clock of their record, as long as they stand."""
        key = object_type, record_id
        if key not in self._in_properties:
            rows = records.load(self._db, object_type, [record_id])
            facts = assembled_facts(self._db, object_type, rows.values())
            excuses = (
                excuse
                for each in facts.values()
                for excuse in excused_by_properties(each, self._versions.of(object_type))
            )
            self._in_properties[key] = frozenset(excuse.why for excuse in excuses if excuse.revoked_at is None)
        return self._in_properties[key]


def _covers(waiver: GrantedWaiver, promise: WaivedPromise) -> bool:
    return is_whose(waiver, promise) and _is_within(waiver.terms.since, waiver.terms.until, promise.breached_at)


def is_whose(waiver: GrantedWaiver, promise: WaivedPromise) -> bool:
    """Whether it was granted for the record of this promise, and for its clock."""
    scope = waiver.scope
    limits = (
        (scope.record_id, promise.record_id),
        (scope.company_id, promise.company_id),
        (scope.pipeline_id, promise.pipeline_id),
    )
    is_of_type = scope.company_id != "" or scope.object_type == promise.object_type
    whose = is_of_type and all(limit in ("", value) for limit, value in limits)
    return whose and _concerns(scope.metric, promise)


def _concerns(metric: str | None, promise: WaivedPromise) -> bool:
    return metric is None or metric in (promise.metric, promise.clock)


def _is_within(since: int | None, until: int | None, at: int | None) -> bool:
    if at is None:
        return since is None and until is None
    return (since is None or since <= at) and (until is None or at < until)
