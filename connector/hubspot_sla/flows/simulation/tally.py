"""What a simulation has counted so far. Tallies of parts add up to that of the whole, in the order of the parts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.alike import Alike
from hubspot_sla.flows.simulation.conditions import Meaning, meaning
from hubspot_sla.flows.simulation.flips import Flip, flip_of
from hubspot_sla.flows.simulation.side import CycleKey, JudgedCycle
from hubspot_sla.measure.attainment import counts_of
from hubspot_sla.measure.simulation import FLIPS, Compared, Turn, turn
from hubspot_sla.measure.standing import standing
from hubspot_sla.plan.rung_actions.task import MakeTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, tzinfo

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.reporting.selection import Selection
    from hubspot_sla.flows.simulation.alike import Counts
    from hubspot_sla.flows.simulation.conditions import Condition
    from hubspot_sla.flows.simulation.contract_promises import ContractPromises
    from hubspot_sla.flows.simulation.side import JudgedSide
    from hubspot_sla.measure.outcome import Excluded, Outcome
    from hubspot_sla.plan.records import RecordRef

BEFORE, AFTER = "before", "after"
EXAMPLES: Final = 20
K = TypeVar("K")
Key = tuple[str | None, ...]
Pair = tuple[JudgedCycle | None, JudgedCycle | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is counted: each of `by` is a breakdown by some dimensions. At most `most` flips of each kind are listed;
    all are counted. `zone` says when a day begins. `contracts` are those of each side. `selection` says what is shown,
    `asked_about` of what conditions may ask: promises of every kind, also where only those of customers are shown.
    `of_every_kind`: what customers are promised is not meant alone, also where a condition does not say so."""

    by: Sequence[tuple[str, ...]]
    selection: Selection
    asked_about: Selection
    conditions: Sequence[Condition]
    names: Names
    most: int
    zone: tzinfo
    contracts: Mapping[str, ContractPromises] = field(default_factory=dict)
    of_every_kind: bool = False


@dataclass(slots=True)
class Numbers:
    """Cycles of one group: of each side by status and exclusion, and how many turned which way."""

    before: Counter[tuple[Status, Excluded | None]] = field(default_factory=Counter)
    after: Counter[tuple[Status, Excluded | None]] = field(default_factory=Counter)
    turns: Counter[Turn] = field(default_factory=Counter)

    def count(self, pair: Pair, what: Turn | None = None) -> None:
        """One cycle, as far as it is there."""
        for counter, one in ((self.before, pair[0]), (self.after, pair[1])):
            if one is not None:
                counter[one.outcome.status, one.outcome.excluded] += 1
        if what is not None:
            self.turns[what] += 1

    def add(self, other: Numbers) -> None:
        self.before.update(other.before)
        self.after.update(other.after)
        self.turns.update(other.turns)

    @property
    def compared(self) -> Compared:
        return Compared(counts_of(self.before), counts_of(self.after), self.turns[Turn.BROKEN], self.turns[Turn.KEPT])


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A record that could not be judged, and why; `where` is its line in a file, or its id."""

    where: str
    reason: str


@dataclass(slots=True)
class Tally:
    """`groups` are by the place of the breakdown and the values; `conditions` by the place of the condition, what it
    means for a cycle, and the kind of its promise. `rungs` count by side, ladder and rung; `actions` by side and word;
    `tasks` by side, team and day; `credited` by side what contracts count. `unjudged` is how many records could not be
    judged, of which `examples` are the first."""

    records: int = 0
    total: Numbers = field(default_factory=Numbers)
    groups: dict[tuple[int, Key], Numbers] = field(default_factory=dict)
    conditions: dict[tuple[int, Meaning, str], Numbers] = field(default_factory=dict)
    flips: dict[Turn, list[Flip]] = field(default_factory=lambda: {kind: [] for kind in FLIPS})
    rungs: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    tasks: Counter[tuple[str, str | None, date]] = field(default_factory=Counter)
    credited: dict[str, Counts] = field(default_factory=lambda: {BEFORE: {}, AFTER: {}})
    unjudged: int = 0
    examples: list[Unjudged] = field(default_factory=list)
    first_at: int | None = None

    def began(self, instants: Iterable[int | None]) -> None:
        """Clocks started at these instants (epoch ms)."""
        for at in instants:
            if at is not None and (self.first_at is None or at < self.first_at):
                self.first_at = at

    def add(self, other: Tally, most: int) -> None:
        """`other` counted what comes behind. At most `most` flips of each kind stay listed."""
        self.records += other.records
        self.total.add(other.total)
        for key, numbers in other.groups.items():
            self.groups.setdefault(key, Numbers()).add(numbers)
        for place, numbers in other.conditions.items():
            self.conditions.setdefault(place, Numbers()).add(numbers)
        for kind, listed in other.flips.items():
            self.flips[kind] = (self.flips[kind] + listed)[:most]
        self.rungs.update(other.rungs)
        self.actions.update(other.actions)
        self.tasks.update(other.tasks)
        for side, counts in other.credited.items():
            for like, alike in counts.items():
                self.credited[side].setdefault(like, Alike()).add(alike)
        self.unjudged += other.unjudged
        self.examples = (self.examples + other.examples)[:EXAMPLES]
        self.began([other.first_at])


class Counting:
    """Counts records into `tally`."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.tally = Tally()
        self._asked = [(number, one) for number, one in enumerate(wanted.conditions) if not one.currency]

    def not_judged(self, where: str, reason: str) -> None:
        """`where` is the line in a file, or the key of the record."""
        self.tally.unjudged += 1
        if len(self.tally.examples) < EXAMPLES:
            self.tally.examples.append(Unjudged(where, reason))

    def record(self, ref: RecordRef, before: JudgedSide, after: JudgedSide) -> None:
        self.tally.records += 1
        selected: dict[CycleKey, Pair] = {}
        for key in _keys(before, after):
            pair = before.cycles.get(key), after.cycles.get(key)
            if any(one is not None and self.wanted.selection.accepts(ref, one.outcome) for one in pair):
                selected[key] = pair
                self._cycle(ref, key, pair, (before, after))
            if self._asked:
                self._conditions(ref, pair)
        for side, judged in ((BEFORE, before), (AFTER, after)):
            self._rungs(side, judged, selected)
            if side in self.wanted.contracts:
                for like, times in self.wanted.contracts[side].of(ref, judged):
                    self.tally.credited[side].setdefault(like, Alike()).count(times)

    def _cycle(self, ref: RecordRef, key: CycleKey, pair: Pair, sides: tuple[JudgedSide, JudgedSide]) -> None:
        tally, wanted = self.tally, self.wanted
        what = _turn(pair)
        if what in FLIPS and len(tally.flips[what]) < wanted.most:
            tally.flips[what].append(flip_of(what, ref, key, pair, sides))
        tally.total.count(pair, what)
        for number, words in enumerate(wanted.by):
            keys = [None if one is None else (number, _key(words, ref, one)) for one in pair]
            _count(tally.groups, keys, pair, what)
        tally.began([one.cycle.started_at for one in pair if one is not None])

    def _conditions(self, ref: RecordRef, pair: Pair) -> None:
        wanted = self.wanted
        if not any(one is not None and wanted.asked_about.accepts(ref, one.outcome) for one in pair):
            return
        what = _turn(pair)
        for number, condition in self._asked:
            keys = [
                None
                if one is None
                else (number, meaning(condition, ref, one.outcome, wanted.names), _kind(ref, one.outcome))
                for one in pair
            ]
            _count(self.tally.conditions, keys, pair, what)

    def _rungs(self, side: str, judged: JudgedSide, selected: Mapping[CycleKey, Pair]) -> None:
        """Those of the cycles that are counted. A task counts for the team that had the record when its promise was
        due, or kept."""
        tally = self.tally
        for reached in judged.rungs:
            key = reached.clock.key, reached.cycle
            if key not in selected:
                continue
            tally.rungs[side, reached.ladder, reached.rung.name] += 1
            for action in reached.rung.actions:
                tally.actions[side, action.word] += 1
                if isinstance(action, MakeTask):
                    day = local_date(reached.at, self.wanted.zone)
                    tally.tasks[side, judged.cycles[key].outcome.who.team_id, day] += 1


def _turn(pair: Pair) -> Turn:
    return turn(*(None if one is None else standing(one.outcome.status, one.outcome.excluded) for one in pair))


def _kind(ref: RecordRef, outcome: Outcome) -> str:
    return value_of("kind", ref, outcome) or ""


def _keys(before: JudgedSide, after: JudgedSide) -> Iterator[CycleKey]:
    """Every cycle of either side, once, in the order of the new mappings."""
    yield from after.cycles
    yield from (key for key in before.cycles if key not in after.cycles)


def _key(words: Sequence[str], ref: RecordRef, one: JudgedCycle) -> Key:
    return tuple(value_of(word, ref, one.outcome) for word in words)


def _count(numbers: dict[K, Numbers], keys: Sequence[K | None], pair: Pair, what: Turn) -> None:
    """Each side under its own key: the policy of a promise, or the tier, may be another one. A turn counts where the
    cycle is after."""
    before, after = keys
    if before is not None and before == after:
        _numbers(numbers, before).count(pair, what)
        return
    if before is not None:
        _numbers(numbers, before).count((pair[0], None), what if after is None else None)
    if after is not None:
        _numbers(numbers, after).count((None, pair[1]), what)


def _numbers(numbers: dict[K, Numbers], key: K) -> Numbers:
    of_key = numbers.get(key)
    if of_key is None:
        of_key = numbers[key] = Numbers()
    return of_key
