"""What the ledger and the feeds say of a contract as they stand now."""

from __future__ import annotations

from dataclasses import dataclass
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
    from hubspot_sla.flows.reporting.contracts.waived import WaiverReasons
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.contracts import Source, WrittenContract
    from hubspot_sla.policy.portal import PortalMap

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
            counted = None if record in self.unknown else self._result(row, written.waived)
            if counted is not None:
                result, reason = counted
                lasted_ms = None if row[8] is None else row[11]
                key = row[21] if objective.each else None
                yield CountedPromise(*record, row[18], row[20], row[6], result, row[17], lasted_ms, reason, key)

    def _result(self, row: tuple[Any, ...], named: frozenset[str]) -> tuple[Result, str] | None:
        """How a row counts, and why where it is left out; None where it does not. A waiver whose reason the contract
        does not name leaves nothing out."""
        cause = None if row[5] is None else Excluded(row[5])
        if cause is Excluded.WAIVED:
            covering = self.reasons.of(WaivedPromise(row[1], row[2], row[14], row[19], row[18], row[3], row[10]))
            excusing = sorted(covering & named)
            return (Result.LEFT_OUT, excusing[0]) if excusing else (Result.BROKEN, "")
        result = _RESULTS.get(standing(Status(row[4]), cause))
        return None if result is None else (result, "")


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
