"""Why the attainment of one period is another one than that of an earlier period, exactly.

The order is fixed. First what was restated of the earlier period since it was closed. Then the later period's records
are judged as the earlier period's mappings, tiers, calendar data and waivers would have had it: what differs from the
earlier period is then the records themselves. Then each of these inputs is switched on in turn. Each part is the change
of the figure when that one thing moves, so the parts sum to the difference.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.inspection.inputs_in_turn import STEPS, InputsInTurn, Step
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.reporting.outcome_values import Names, clock_of
from hubspot_sla.flows.reporting.selection import Selection
from hubspot_sla.flows.runs.judged_again import PAGE, as_last_judged, go_live_known_at
from hubspot_sla.ledger import audit, outcomes, periods
from hubspot_sla.ledger.lasting_records import lasting_records
from hubspot_sla.measure.difference import CellDifference, Tally, by_cell
from hubspot_sla.measure.restatement import key_of
from hubspot_sla.measure.standing import JUDGED, Standing, counted_at, standing
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.report_documents import OutcomeWhen

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hubspot_sla.flows.inspection.inputs_in_turn import Inputs
    from hubspot_sla.ledger.outcomes import Judged, Stored
    from hubspot_sla.ledger.periods import RecordCycle
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.measure.periods import Period


class Part(StrEnum):
    """What may have moved a figure, in the order in which it is asked."""

    RESTATED = "restated"
    MIX = "mix"
    PERFORMANCE = "performance"
    NEW_KINDS = "new_kinds"
    MAPPINGS = "mappings"
    TIERS = "tiers"
    CALENDAR_DATA = "calendar_data"
    WAIVERS = "waivers"


_OF_STEP: Final[Mapping[Step, Part]] = {step: Part(step.value) for step in STEPS if step is not Step.THEN}


class Cell(NamedTuple):
    """A kind of ticket, by one clock; None: none."""

    policy: str | None
    tier: str | None
    priority: str | None
    metric: str


class Judgement(NamedTuple):
    """One cycle that was judged in a period."""

    met: bool
    cell: Cell


Counted = dict["RecordCycle", Judgement]
EVERYTHING: Final = Selection(OutcomeWhen(), Names({}), ())
"""All that customers are promised."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A cycle that counts otherwise once a part has moved: met, missed, or (None) not among the judged."""

    part: Part
    cycle: RecordCycle
    was: bool | None
    now: bool | None


@dataclass(frozen=True, slots=True)
class WhyMoved:
    """`parts` sum to `after` less `before`. `edition` is that of the closed earlier period, 0 where it is not closed:
    nothing is restated then. `cells` are those of the records themselves; `moved` the cycles of the other parts.
    `as_recorded` records are not judged by the present rules of the clock: they count as they stand at every step."""

    before: Tally
    after: Tally
    edition: int
    parts: Mapping[Part, Fraction]
    cells: Mapping[Cell, CellDifference]
    moved: Sequence[Moved]
    as_recorded: int

    @property
    def difference(self) -> Fraction:
        return _rate(self.after) - _rate(self.before)


def why_moved(
    db: sqlite3.Connection,
    before: Period,
    after: Period,
    metrics: Collection[str] = (),
    selection: Selection = EVERYTHING,
) -> WhyMoved:
    """Within one state of the ledger. `metrics`: only these; none for all. At each step those cycles count that
    `selection` accepts as they are judged there. UsageProblem: nothing was judged in one of the periods, or at one of
    the steps."""
    earlier = _Counting(before.start_at, before.end_at, metrics, selection)
    later = _Counting(after.start_at, after.end_at, metrics, selection)
    editions = periods.editions(db, before.name)
    live = earlier.counted(periods.due_without_holders(db, before.start_at, before.end_at))
    shown = earlier.counted(periods.frozen(db, editions[-1])) if editions else live
    for period, judged in ((before, shown), (before, live)):
        _require_judged(judged, period)
    walk = _Walk(db, before.end_at, later)
    walk.through(lasting_records(db, before.start_at, after.end_at))
    at_steps = [walk.judged[step] for step in STEPS]
    _require_judged(at_steps[-1], after)
    for step, judged in zip(STEPS, at_steps, strict=True):
        _require_judged_at(step, judged, before, after)
    cells = by_cell(_cells(live), _cells(at_steps[0]))
    parts = {
        Part.RESTATED: _figure(live) - _figure(shown),
        Part.MIX: sum((cell.mix for cell in cells.values()), Fraction(0)),
        Part.PERFORMANCE: sum((cell.performance for cell in cells.values()), Fraction(0)),
        Part.NEW_KINDS: sum((cell.new_kind for cell in cells.values()), Fraction(0)),
    }
    moved = list(_moved(Part.RESTATED, shown, live))
    for step, (was, is_now) in zip(STEPS[1:], pairwise(at_steps), strict=True):
        parts[_OF_STEP[step]] = _figure(is_now) - _figure(was)
        moved += _moved(_OF_STEP[step], was, is_now)
    edition = editions[-1].edition if editions else 0
    return WhyMoved(_tally(shown), _tally(at_steps[-1]), edition, parts, cells, moved, walk.as_recorded)


@dataclass(frozen=True, slots=True)
class _Counting:
    """Which cycles count, in a period from `since` up to `until`."""

    since: int
    until: int
    metrics: Collection[str]
    selection: Selection

    def counted(self, cycles: Mapping[RecordCycle, Outcome]) -> Counted:
        found: Counted = {}
        for cycle, outcome in cycles.items():
            judgement = self._judgement(cycle[0], outcome)
            if judgement is not None:
                found[cycle] = judgement
        return found

    def of_record(self, record: RecordRef, of_record: Iterable[Outcome]) -> Counted:
        return self.counted({(record, *key_of(outcome)): outcome for outcome in of_record})

    def _judgement(self, record: RecordRef, outcome: Outcome) -> Judgement | None:
        at = counted_at(outcome.when.due_at, outcome.when.breached_at)
        stands = standing(outcome.status, outcome.excluded)
        if stands not in JUDGED or at is None or not self.since <= at < self.until:
            return None
        clock = clock_of(outcome.clock)
        if (self.metrics and clock.metric not in self.metrics) or not self.selection.accepts(record, outcome):
            return None
        promised = outcome.promised
        cell = Cell(promised.policy, promised.tier, outcome.who.priority, str(clock.metric))
        return Judgement(stands is Standing.MET, cell)


@dataclass
class _Walk:
    """Judges the records of the later period at each step, page by page. `cut` is when the earlier period ended."""

    db: sqlite3.Connection
    cut: int
    counting: _Counting
    judged: dict[Step, Counted] = field(default_factory=lambda: {step: {} for step in STEPS})
    as_recorded: int = 0

    def __post_init__(self) -> None:
        self._inputs = InputsInTurn(self.db, self.cut)
        self._go_lives = audit.go_lives(self.db)

    def through(self, records: Sequence[RecordRef]) -> None:
        for object_type, of_type in groupby(records, key=lambda record: record.object_type):
            ids = [record.record_id for record in of_type]
            for first in range(0, len(ids), PAGE):
                self._page(object_type, ids[first : first + PAGE])

    def _page(self, object_type: str, ids: Sequence[str]) -> None:
        stored = outcomes.load_without_holders(self.db, object_type, ids)
        known = as_last_judged(self.db, object_type, {id_: one.judged for id_, one in stored.items()})
        for id_, of_record in stored.items():
            record = RecordRef(object_type, id_)
            stands = self.counting.of_record(record, of_record.outcomes)
            at_each = [stands] * len(STEPS)
            if id_ in known:
                turns = self._inputs.of(known[id_], of_record.judged.mappings)
                at_each = self._at_each_step(record, of_record, turns, stands)
            for step, judged in zip(STEPS, at_each, strict=True):
                self.judged[step].update(judged)

    def _at_each_step(
        self, record: RecordRef, stored: Stored, turns: Sequence[Inputs], stands: Counted
    ) -> list[Counted]:
        """What a record counts for. The last step is what stands; a record that is not judged so again counts as it
        stands."""
        if all(inputs is turns[-1] for inputs in turns):
            return [stands] * len(turns)
        by_inputs = {id(inputs): inputs for inputs in turns}
        judged = {each: self._judge(record, inputs, stored.judged) for each, inputs in by_inputs.items()}
        if judged[id(turns[-1])] != stands:
            self.as_recorded += 1
            return [stands] * len(turns)
        return [judged[id(inputs)] for inputs in turns]

    def _judge(self, record: RecordRef, inputs: Inputs, judged: Judged) -> Counted:
        judgement = judgement_of(inputs.record, inputs.versions, judged.at)
        go_live_at = go_live_known_at(self._go_lives, judged)
        of_record = outcomes_without_time(inputs.record, judgement, inputs.versions, judged.at, go_live_at)
        return self.counting.of_record(record, of_record)


def _cells(judged: Counted) -> dict[Cell, Tally]:
    cells: defaultdict[Cell, Tally] = defaultdict(Tally)
    for met, cell in judged.values():
        cells[cell] += Tally(int(met), 1)
    return dict(cells)


def _tally(judged: Counted) -> Tally:
    return Tally(sum(met for met, _ in judged.values()), len(judged))


def _rate(tally: Tally) -> Fraction:
    return Fraction(tally.met, tally.judged)


def _figure(judged: Counted) -> Fraction:
    return _rate(_tally(judged))


def _moved(part: Part, was: Counted, now: Counted) -> Iterator[Moved]:
    mets = ((cycle, _met(was.get(cycle)), _met(now.get(cycle))) for cycle in was.keys() | now.keys())
    for cycle, before, after in sorted((each for each in mets if each[1] != each[2]), key=itemgetter(0)):
        yield Moved(part, cycle, before, after)


def _met(judgement: Judgement | None) -> bool | None:
    return None if judgement is None else judgement.met


def _require_judged(judged: Counted, period: Period) -> None:
    if not judged:
        raise UsageProblem(
            f"no promise came due in {period.name} that was judged, so there is no figure to compare",
            remedy="name two periods in which promises came due: `sla report --period` shows them",
        )


def _require_judged_at(step: Step, judged: Counted, before: Period, after: Period) -> None:
    if not judged:
        switched_on = ", ".join(each.value for each in STEPS[1 : STEPS.index(step) + 1]) or "nothing"
        raise UsageProblem(
            f"judged as at the end of {before.name}, of these promises none would have come due in {after.name}"
            f" (switched on so far: {switched_on}), so the difference has no parts",
            remedy="ask about more of them: with fewer conditions, or more metrics",
        )
