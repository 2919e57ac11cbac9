"""What the ledger and the feeds say of a contract as they stand now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.promises import CountedPromise, Result
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.reporting.contracts.waived import WaivedPromise
from hubspot_sla.flows.reporting.dimensions import dimension_of
from hubspot_sla.flows.reporting.objectives import selection_of
from hubspot_sla.ledger import report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import Standing, standing
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.contract.terms import Contract, Objective
    from hubspot_sla.feeds.availability_file import Availability
    from hubspot_sla.flows.reporting.contracts.stopped import StoppedClocks
    from hubspot_sla.flows.reporting.contracts.waived import WaiverReasons
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.written_contracts import Source, WrittenContract

_COLUMNS = ("o.late_ms", "o.clock", "o.pipeline_id", "o.cycle")
_NAMES_A_VENDOR = frozenset({"place", "policy", "agreement"})
_RESULTS: Final = {
    Standing.MET: Result.KEPT,
    Standing.MISSED: Result.BROKEN,
    Standing.LATE: Result.BROKEN,
}


@dataclass(frozen=True)
class LedgerEvidence:
    """One state of the ledger, and the feeds that could be read, by name. `until` ends what is still running (epoch
    ms); `places` are those of each vendor: itself, and the stages that it holds. Promises of the records in `unknown`
    do not count."""

    db: sqlite3.Connection
    conditions: Conditions
    feeds: Mapping[str, Availability]
    reasons: WaiverReasons
    stopped: StoppedClocks
    until: int
    places: Mapping[str, frozenset[str]]
    unknown: frozenset[RecordRef] = frozenset()

    def feed(self, name: str) -> Availability | None:
        return self.feeds.get(name)

    def selection(self, written: WrittenContract, objective: Objective) -> Selection:
        """The promises that an objective counts: those to the customer, or those of the vendor."""
        return _selection(written.terms, written.sources[objective.id], self.conditions, self.places)

    def promises(
        self,
        written: WrittenContract,
        objective: Objective,
        window: Period,  # noqa: ARG002 - what was sealed stands by window; here the span says all
        span: Period,
    ) -> list[CountedPromise]:
        return list(self._promises(written, objective, span))

    def _promises(self, written: WrittenContract, objective: Objective, span: Period) -> Iterator[CountedPromise]:
        columns = list(_COLUMNS)
        if objective.each:
            columns.append(dimension_of(objective.each, self.conditions.properties).column)
        own = self.selection(written, objective)
        for row in report_rows.cycles(self.db, own, span.start_at, span.end_at, columns):
            record = RecordRef(row[1], row[2])
            counted = None if record in self.unknown else self._counted(row, written.waived)
            if counted is not None:
                yield CountedPromise(
                    *(record.object_type, record.record_id, row[18], row[20], row[6]),
                    result=counted.result,
                    late_ms=counted.late_ms,
                    lasted_ms=None if row[8] is None else counted.lasted_ms,
                    reason=counted.reason,
                    key=row[21] if objective.each else None,
                )

    def _counted(self, row: tuple[Any, ...], named: frozenset[str]) -> _Counted | None:
        """How a row counts, and why where it is left out; None where it does not. A waiver whose reason the contract
        does not name leaves nothing out, and no clock of it stands still."""
        cause = None if row[5] is None else Excluded(row[5])
        promise = WaivedPromise(row[1], row[2], row[14], row[19], row[18], row[3], row[10])
        if cause is Excluded.WAIVED:
            excusing = sorted(self.reasons.of(promise) & named)
            found = _Counted(Result.BROKEN, row[17], row[11])
            return replace(found, result=Result.LEFT_OUT, reason=excusing[0]) if excusing else found
        result = _RESULTS.get(standing(Status(row[4]), cause))
        if result is None:
            return None
        over_at = row[9] if row[8] is None else row[8]
        stopping = self.stopped.of(promise, row[7], over_at)
        return self._unstopped(row, _Counted(result, row[17], row[11]), stopping, named)

    def _unstopped(self, row: tuple[Any, ...], found: _Counted, stopping: set[str], named: frozenset[str]) -> _Counted:
        """What of it rests on a stopped clock: the reasons in `stopping`."""
        cycle = row[18], row[20]
        if stopping - named:
            without = self.stopped.without(row[1], row[2], stopping - named, cycle)
            if without is not None:
                result = Result.BROKEN if without.is_broken else found.result
                found = _Counted(result, without.late_ms, without.lasted_ms)
        excusing = sorted(stopping & named)
        if excusing and found.result is Result.KEPT:
            without = self.stopped.without(row[1], row[2], stopping, cycle)
            if without is not None and without.is_broken:
                return _Counted(Result.LEFT_OUT, without.late_ms, without.lasted_ms, excusing[0])
        return found


@dataclass(frozen=True, slots=True)
class _Counted:
    """How one promise counts; times are business time."""

    result: Result
    late_ms: int
    lasted_ms: int
    reason: str = ""


def places_of(portals: Iterable[PortalMap]) -> dict[str, frozenset[str]]:
    """By vendor."""
    places: dict[str, frozenset[str]] = {}
    for portal in portals:
        for vendor in portal.vendors:
            places[vendor] = places.get(vendor, frozenset({vendor})) | portal.held_by(vendor)
    return places


def _selection(
    terms: Contract, source: Source, conditions: Conditions, places: Mapping[str, frozenset[str]]
) -> Selection:
    own = selection_of(source.metrics, source.when, conditions)
    words = source.when.words()
    kind = "sla" if terms.party.side is Side.CUSTOMER else "uc"
    if "kind" not in words:
        own = own.and_(Selection("o.kind = ?", (kind,)))
    if terms.party.side is Side.CUSTOMER:
        return own.and_(Selection("o.company_id = ?", (terms.party.key,)))
    if words & _NAMES_A_VENDOR:
        return own
    return own.and_(report_rows.is_one_of("o.place", sorted(places.get(terms.party.key, {terms.party.key}))))
