"""Which cycles of a simulation the contracts of one side count, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.contract.measuring import Kind
from hubspot_sla.contract.remedies import EachLate
from hubspot_sla.contract.terms import Side
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.reporting.contracts.counted import counted
from hubspot_sla.flows.reporting.contracts.ledger_evidence import NAMES_A_VENDOR, places_of
from hubspot_sla.flows.reporting.contracts.waiving import CycleWaivers, WaivedCycle, unstopped, wall_of
from hubspot_sla.flows.reporting.outcome_values import clock_of, value_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.simulation.alike import NO_TIMES, DayKey, Promise
from hubspot_sla.measure.standing import counted_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hubspot_sla.clock.verdict import Cycle
    from hubspot_sla.clock.waivers import StoppedInterval, Waiver
    from hubspot_sla.contract.terms import Objective
    from hubspot_sla.flows.reporting.contracts.waiving import Unstopped
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.side import JudgedCycle, JudgedSide
    from hubspot_sla.flows.simulation.side import Side as SimulatedSide
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.written_contracts import WrittenContract

_WITH_LENGTHS: Final = (Kind.PERCENTILE, Kind.MEAN, Kind.MEAN_LATENESS)


@dataclass(frozen=True, slots=True)
class Counting:
    """One objective that counts promises. `places` are those of the vendor, None where any is meant."""

    written: WrittenContract
    objective: Objective
    metrics: Wanted | None
    selection: Selection
    kind: str | None
    places: frozenset[str] | None

    def accepts(self, ref: RecordRef, outcome: Outcome) -> bool:
        if self.kind is not None and value_of("kind", ref, outcome) != self.kind:
            return False
        if self.metrics is not None and not self.metrics.accepts(value_of("metric", ref, outcome)):
            return False
        if self.places is not None and value_of("place", ref, outcome) not in self.places:
            return False
        return self.selection.accepts(ref, outcome)

    def key(self, ref: RecordRef, outcome: Outcome) -> str | None:
        """The value of the objective's dimension."""
        return value_of(self.objective.each, ref, outcome) if self.objective.each else None


def _needs_lengths(objective: Objective) -> bool:
    by_length = any(isinstance(remedy, EachLate) for remedy in objective.remedies)
    return by_length or objective.measure.kind in _WITH_LENGTHS


class ContractPromises:
    """Of the contracts of one side, judged as of `now` (epoch ms). `problems` name the objectives that a simulation
    cannot count, by contract."""

    def __init__(self, side: SimulatedSide, names: Names, properties: Sequence[str], now: int) -> None:
        mappings = side.version.mappings
        self._now, self._places = now, places_of(mappings.portals)
        self._of_customers: dict[str, list[Counting]] = {}
        self._of_vendors: list[Counting] = []
        self.problems: dict[str, list[str]] = {}
        for written in mappings.contracts.written:
            for objective in written.terms.objectives:
                if written.sources[objective.id].feed is None:
                    self._add(written, objective, names, properties)

    def _add(self, written: WrittenContract, objective: Objective, names: Names, properties: Sequence[str]) -> None:
        source, party = written.sources[objective.id], written.terms.party
        words = source.when.words()
        try:
            selection = Selection(source.when, names, properties, ["kind"])
        except UsageProblem as problem:
            said = self.problems.setdefault(written.terms.id, [])
            said.append(f"{objective.id} is not counted: {problem}")
            return
        is_customer = party.side is Side.CUSTOMER
        kind = None if "kind" in words else "sla" if is_customer else "uc"
        names_a_vendor = is_customer or bool(words & NAMES_A_VENDOR)
        places = None if names_a_vendor else self._places.get(party.key, frozenset({party.key}))
        counting = Counting(written, objective, source.metrics, selection, kind, places)
        of_party = self._of_customers.setdefault(party.key, []) if is_customer else self._of_vendors
        of_party.append(counting)

    def of(self, ref: RecordRef, judged: JudgedSide) -> Iterator[Promise]:
        """What the contracts count of one record."""
        if not (self._of_customers or self._of_vendors):
            return
        for one in judged.cycles.values():
            for counting in self.counting(ref, one.outcome):
                yield from self._counted(counting, ref, one, judged)

    def counting(self, ref: RecordRef, outcome: Outcome) -> Iterator[Counting]:
        """The objectives that count this cycle."""
        customers = self._of_customers.get(outcome.who.company_id or "", ())
        for counting in (*customers, *self._of_vendors):
            if counting.accepts(ref, outcome):
                yield counting

    def _counted(self, counting: Counting, ref: RecordRef, one: JudgedCycle, judged: JudgedSide) -> Iterator[Promise]:
        outcome, objective = one.outcome, counting.objective
        when = outcome.when
        at = counted_at(when.due_at, when.breached_at) or when.ended_at or when.stopped_at
        if at is None:
            return
        needs_lengths = _needs_lengths(objective)
        on_the_wall = counting.written.sources[objective.id].on_the_wall
        cycle, clock = one.cycle, clock_of(outcome.clock)
        lengths = _lengths(judged, cycle, self._now, on_the_wall=on_the_wall) if needs_lengths else NO_TIMES
        waived = WaivedCycle(clock, cycle.number, cycle.started_at, cycle.over_at, cycle.breached_at)
        waivers = CycleWaivers(JudgedWaivers(judged, self._now), waived, on_the_wall)
        how = counted(outcome.status, outcome.excluded, lengths, waivers, counting.written.waived)
        if how is None:
            return
        day = local_date(at, counting.written.terms.zone)
        like = DayKey(counting.written.number, objective.id, day, how.result, how.reason, counting.key(ref, outcome))
        lasted_ms = None if when.stopped_at is None else how.lasted_ms
        yield Promise(like, (how.late_ms, lasted_ms) if needs_lengths else None)


def _lengths(judged: JudgedSide, cycle: Cycle, now: int, *, on_the_wall: bool) -> tuple[int, int]:
    """How late it was and how long it lasted."""
    judgement = judged.judgement
    if judgement is None or cycle.started_at is None or cycle.promise is None:
        return NO_TIMES
    course = segments(judgement.timeline, cycle, now, pauses=judged.pauses)
    sums = spent(cycle, course, now)
    return wall_of(cycle, sums, now) if on_the_wall else (sums.late_ms, sums.elapsed_ms)


@dataclass(frozen=True, slots=True)
class JudgedWaivers:
    """Those that a record was judged by, as of `at` (epoch ms)."""

    judged: JudgedSide
    at: int

    @property
    def excuses(self) -> Sequence[Waiver]:
        judgement = self.judged.judgement
        return () if judgement is None else judgement.timeline.waivers

    def stops(self, cycle: WaivedCycle) -> Sequence[StoppedInterval]:  # noqa: ARG002 - all of them are at hand
        judgement = self.judged.judgement
        return () if judgement is None else judgement.timeline.stopped

    def without(self, reasons: Collection[str], cycle: WaivedCycle) -> Unstopped | None:
        judgement = self.judged.judgement
        return None if judgement is None else unstopped(judgement, reasons, self.at, cycle.clock).get(cycle.key)
