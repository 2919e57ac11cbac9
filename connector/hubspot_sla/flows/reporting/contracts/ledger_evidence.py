"""What the ledger and the feeds say of a contract as they stand now."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hubspot_sla.clock.promise import Clock
from hubspot_sla.clock.verdict import Status
from hubspot_sla.contract.promises import CountedPromise
from hubspot_sla.contract.terms import Side
from hubspot_sla.flows.reporting.contracts.counted import counted
from hubspot_sla.flows.reporting.contracts.waiving import NO_WAIVERS, CycleWaivers, WaivedCycle
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
    from hubspot_sla.flows.reporting.contracts.counted import Counted
    from hubspot_sla.flows.reporting.contracts.ledger_waivers import LedgerWaivers
    from hubspot_sla.flows.reporting.where import Conditions
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.portal import PortalMap
    from hubspot_sla.policy.written_contracts import Source, WrittenContract

_COLUMNS: Final = ("o.late_ms", "o.clock", "o.pipeline_id", "o.cycle", "o.late_wall_ms")
_AT_ONCE: Final = 1_000
NAMES_A_VENDOR: Final = frozenset({"place", "policy", "agreement"})


class PromiseToCome(NamedTuple):
    """One that runs: its record, clock and number, when it comes due (epoch ms), and the value of the objective's
    dimension."""

    cycle: tuple[RecordRef, str, int]
    due_at: int
    key: str | None


@dataclass(frozen=True)
class LedgerEvidence:
    """One state of the ledger, and the feeds that could be read, by name. `until` ends what is still running (epoch
    ms); `places` are those of each vendor: itself, and the stages that it holds. Promises of the records in `unknown`
    do not count, nor what was late or over before `go_live_at` (None: not yet live), be it waived since. `read_at` is
    when feeds that are down now were last read (epoch ms): they count up to then."""

    db: sqlite3.Connection
    conditions: Conditions
    feeds: Mapping[str, Availability]
    waivers: LedgerWaivers
    until: int
    places: Mapping[str, frozenset[str]]
    unknown: frozenset[RecordRef] = frozenset()
    go_live_at: int | None = None
    read_at: Mapping[str, int] = field(default_factory=dict)
    _selections: dict[tuple[int, str], Selection] = field(default_factory=dict, repr=False, compare=False)

    def feed(self, name: str) -> Availability | None:
        return self.feeds.get(name)

    def seen_until(self, name: str) -> int:
        return min(self.until, self.read_at.get(name, self.until))

    def selection(self, written: WrittenContract, objective: Objective) -> Selection:
        """The promises that an objective counts: those to the customer, or those of the vendor."""
        key = written.number, objective.id
        if key not in self._selections:  # every window asks, and the values of a column are read from all outcomes
            source = written.sources[objective.id]
            self._selections[key] = _selection(written.terms, source, self.conditions, self.places)
        return self._selections[key]

    def promises(
        self,
        written: WrittenContract,
        objective: Objective,
        window: Period,  # noqa: ARG002 - what was sealed stands by window; here the span says all
        span: Period,
    ) -> list[CountedPromise]:
        return list(self._promises(written, objective, span))

    def _promises(self, written: WrittenContract, objective: Objective, span: Period) -> Iterator[CountedPromise]:
        for row in self._read_together(self._rows(written, objective, span)):
            record = RecordRef(row[1], row[2])
            how = None if record in self.unknown else self._counted(row, written, objective)
            if how is not None:
                yield CountedPromise(
                    *(record.object_type, record.record_id, row[18], row[20], row[6]),
                    result=how.result,
                    late_ms=how.late_ms,
                    lasted_ms=None if row[8] is None else how.lasted_ms,
                    reason=how.reason,
                    key=row[22] if objective.each else None,
                )

    def _read_together(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The same rows; what must be known of their records is read for many at once."""
        while some := list(islice(rows, _AT_ONCE)):
            self.waivers.read_together(RecordRef(row[1], row[2]) for row in some if _is_late_and_open(row))
            yield from some

    def to_come(self, written: WrittenContract, objective: Objective, span: Period) -> Iterator[PromiseToCome]:
        """The promises of an objective that run, and come due within `span`."""
        for row in self._rows(written, objective, span):
            record = RecordRef(row[1], row[2])
            cause = None if row[5] is None else Excluded(row[5])
            if record not in self.unknown and standing(Status(row[4]), cause) is Standing.TO_COME:
                yield PromiseToCome((record, row[18], row[20]), row[6], row[22] if objective.each else None)

    def _rows(self, written: WrittenContract, objective: Objective, span: Period) -> Iterator[tuple[Any, ...]]:
        columns = list(_COLUMNS)
        if objective.each:
            columns.append(dimension_of(objective.each, self.conditions.properties).column)
        own = self.selection(written, objective)
        return report_rows.cycles(self.db, own, span.start_at, span.end_at, columns)

    def _counted(self, row: tuple[Any, ...], written: WrittenContract, objective: Objective) -> Counted | None:
        cause = None if row[5] is None else Excluded(row[5])
        if cause is Excluded.WAIVED and self._is_before_go_live(row):
            return None
        on_the_wall = written.sources[objective.id].on_the_wall
        stored = (row[17], row[11])
        if on_the_wall and row[7] is not None:
            stored = (row[21], (row[8] or row[7]) - row[7])
        lengths = self._late_and_open(row, on_the_wall=on_the_wall) or stored
        over_at = row[9] if row[8] is None else row[8]
        waivers = NO_WAIVERS
        if cause is Excluded.WAIVED or self.waivers.any_stop(row[7], over_at):
            cycle = WaivedCycle(Clock.of(row[18]), row[20], row[7], over_at, row[10])
            waivers = CycleWaivers(self.waivers.of(RecordRef(row[1], row[2])), cycle, on_the_wall)
        return counted(Status(row[4]), cause, lengths, waivers, written.waived)

    def _late_and_open(self, row: tuple[Any, ...], *, on_the_wall: bool) -> tuple[int, int] | None:
        """How late it is and how long it has lasted by now, for nothing is written down of a promise while it only
        becomes later; None of any other."""
        if not _is_late_and_open(row):
            return None
        found = self.waivers.as_they_stand(RecordRef(row[1], row[2])).get((row[18], row[20]))
        if found is None:
            return None
        return found.wall if on_the_wall else (found.late_ms, found.lasted_ms)

    def _is_before_go_live(self, row: tuple[Any, ...]) -> bool:
        """Of a waived promise the ledger does not say so: its row has room for one cause, and that is the waiver."""
        live_at, instants = self.go_live_at, row[8:11]  # stopped, ended, breached
        return live_at is not None and any(at is not None and at < live_at for at in instants)


def _is_late_and_open(row: tuple[Any, ...]) -> bool:
    stopped_at, ended_at, breached_at = row[8:11]
    return stopped_at is None and ended_at is None and breached_at is not None


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
    if words & NAMES_A_VENDOR:
        return own
    return own.and_(report_rows.is_one_of("o.place", sorted(places.get(terms.party.key, {terms.party.key}))))
