"""Suggested targets held against the simulation: pasted, each by itself, the records judged anew with it.

Only records that a target may move between groups are judged anew (`moving`); the others count by their least target.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.group_words import asked_of_records
from hubspot_sla.flows.simulation.moving import Lived, ever
from hubspot_sla.flows.simulation.pasted import Paste
from hubspot_sla.flows.simulation.side import NOTHING
from hubspot_sla.flows.simulation.tally import Unjudged
from hubspot_sla.measure.attainment import counts_of
from hubspot_sla.measure.suggestion import step_down, step_up

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.simulation.moving import Key
    from hubspot_sla.flows.simulation.pasted import ForWhom, Pasting
    from hubspot_sla.flows.simulation.side import JudgedSide, Side
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted
    from hubspot_sla.measure.outcome import Excluded, Outcome
    from hubspot_sla.measure.suggestion import Sample

ROUNDS: Final = 12
MOST_KEPT: Final = 20_000
"""Records that are kept from one round to the next."""
MOST_BETWEEN: Final = 10_000
"""Steps from one that fails to one that attains the share, at most."""
WINDOWS: Final = (2, 4, 8)
"""Steps that are tried in one round: the first, the second, and all that follow."""
NO_FIXED_POINT: Final = (
    "tickets change into and out of this group as its target changes: no target was found that holds; set it "
    "by hand and simulate"
)

Counts = Counter[tuple["Status", "Excluded | None"]]


@dataclass(slots=True)
class Group:
    """`settled` are the cycles that a target only makes met or missed. `moved` are the keys of the records that are
    judged anew; None: all are. `known` is what has been judged, by target in ms: how many are met, and judged."""

    key: Key
    whom: ForWhom
    settled: Sample
    moved: Collection[str] | None
    known: dict[int, tuple[int, int]] = field(default_factory=dict)

    def attains(self, target_ms: int, share: Fraction) -> bool:
        """LookupError: it has not been judged with this target."""
        return attains(self.known[target_ms], share)


@dataclass(slots=True)
class Search:
    """The target of one share in one group: from `target_ms` down as long as the next step attains it too, or up to one
    that does, above one that does not. `asked` are the steps that have to be judged before it can go on; none: it is
    found. `others` are pasted beside it."""

    group: Group
    share: Fraction
    target_ms: int
    asked: Sequence[int] = ()
    others: tuple[Paste, ...] = ()

    def go_on(self, window: int) -> bool:
        """As far as it is known; whether the target is found."""
        try:
            self._walk()
        except LookupError:
            self.asked = self._next_steps(window)
            return False
        self.asked = ()
        return True

    def _walk(self) -> None:
        if not self.group.attains(self.target_ms, self.share):
            failing, attaining = self._bounds()
            if attaining is None or step_up_from(failing) < attaining:
                raise LookupError
            self.target_ms = attaining
        while (lower := step_down(self.target_ms)) and self.group.attains(lower, self.share):
            self.target_ms = lower

    def _bounds(self) -> tuple[int, int | None]:
        """Above a target that fails: the least that is known to attain the share, and the last below it that fails."""
        above = sorted(ms for ms in self.group.known if ms > self.target_ms)
        attaining = next((ms for ms in above if self.group.attains(ms, self.share)), None)
        failing = (ms for ms in above if attaining is None or ms < attaining)
        return max(failing, default=self.target_ms), attaining

    def _next_steps(self, window: int) -> list[int]:
        """From the target down where it attains the share, or is not judged yet; else above it, the further apart the
        more have failed, and then between the last that failed and the first that did not."""
        known, target_ms = self.group.known, self.target_ms
        if target_ms not in known:
            return list(_steps(target_ms, window, step_down))
        if self.group.attains(target_ms, self.share):
            return list(_steps(step_down(target_ms), window, step_down))
        failing, attaining = self._bounds()
        if attaining is None:
            stride = max(len(known) // 2, 1)
            return list(_steps(step_up_from(failing), stride * window, step_up_from))[::stride]
        between = list(takewhile(attaining.__gt__, _steps(step_up_from(failing), MOST_BETWEEN, step_up_from)))
        return between[:: max(len(between) // window, 1)]


def step_up_from(ms: int) -> int:
    """The shortest step that is longer."""
    return step_up(ms + 1)


def _steps(first: int, window: int, following: Callable[[int], int]) -> Iterator[int]:
    step = first
    for _ in range(window):
        if step:
            yield step
            step = following(step)


@dataclass(slots=True)
class Trial:
    """One target of a group, and the mappings in which it is pasted."""

    group: Group
    target_ms: int
    side: Side
    counts: Counts = field(default_factory=Counter)

    def result(self) -> tuple[int, int]:
        """Met, and judged: of the records judged anew, and of those that need not be."""
        anew, settled = counts_of(self.counts), self.group.settled
        met, judged = settled.met(self.target_ms), settled.judged(self.target_ms)
        return anew.met + met, anew.judged + judged


@dataclass(slots=True)
class Holding:
    """Judges records of a source anew with targets: those with these keys; None: all. `judged` is how often it has."""

    source: Source
    pasting: Pasting
    wanted: Wanted
    words: Sequence[str]
    keys: Collection[str] | None
    judged: int = 0
    _kept: list[RecordFacts] = field(default_factory=list)

    def hold(self, searches: Sequence[Search], tell: Callable[[str], None]) -> list[Search]:
        """Brings each search to its end; those that find none in `ROUNDS` are returned."""
        pending = list(searches)
        for number in range(ROUNDS):
            window = WINDOWS[min(number, len(WINDOWS) - 1)]
            pending = [search for search in pending if not search.go_on(window)]
            if not pending:
                break
            tell(f"targets held against the records, round {number + 1}")
            self._judge(pending)
        return [search for search in pending if not search.go_on(1)]

    def _judge(self, searches: Sequence[Search]) -> None:
        asked: dict[int, tuple[Search, set[int]]] = {}
        for search in searches:
            first, targets = asked.setdefault(id(search.group), (search, set()))
            targets.update(step for step in search.asked if step not in first.group.known)
        trials = [
            Trial(search.group, target, self.pasting.side([*search.others, Paste(search.group.whom, target)]))
            for search, of in asked.values()
            for target in of
        ]
        self.run(trials)
        for trial in trials:
            trial.group.known[trial.target_ms] = trial.result()

    def run(self, trials: Sequence[Trial]) -> None:
        """Judges the records of all trials."""
        for record in self._records():
            self._try(record, trials)

    def _records(self) -> Iterable[RecordFacts]:
        """Those that any group may have to judge anew; a few are kept, for a source is read in seconds."""
        if self.keys is None or len(self.keys) > MOST_KEPT:
            return self._read()
        if not self._kept:
            self._kept.extend(self._read())
        return self._kept

    def _read(self) -> Iterator[RecordFacts]:
        for part in self.source.parts():
            for facts in self.source.facts(part):
                if not isinstance(facts, Unjudged) and (self.keys is None or facts[1].ref.key in self.keys):
                    yield facts[1]

    def _try(self, record: RecordFacts, trials: Sequence[Trial]) -> None:
        mine = [trial for trial in trials if trial.group.moved is None or record.ref.key in trial.group.moved]
        if not mine:
            return
        now, after, object_type = self.source.request.now, self.source.after, record.ref.object_type
        try:
            beside, counted = after.judge(record, now), []
            mine = self._concerned(mine, record, beside)
            for side, of_side in _by_side(mine):
                self.judged += 1
                is_alike = side.reads_like(after, object_type)
                judged = side.judge(record, now, beside if is_alike else NOTHING)
                for outcome in (self._as_it_was(one.outcome) for one in judged.cycles.values()):
                    key = tuple(value_of(word, record.ref, outcome) for word in self.words)
                    asking = [trial for trial in of_side if trial.group.key == key]
                    if asking and self.wanted.selection.accepts(record.ref, outcome):
                        counted += [(trial, (outcome.status, outcome.excluded)) for trial in asking]
        except Exception:  # noqa: BLE001 - then it counts with no target, so that all rest on the same records
            return
        for trial, how in counted:
            trial.counts[how] += 1

    def _concerned(self, trials: list[Trial], record: RecordFacts, beside: JudgedSide) -> list[Trial]:
        """Those whose group the record was in at any time, by what it has of its own."""
        asked = asked_of_records(self.words)
        if not asked or beside.judgement is None or all(trial.group.moved is not None for trial in trials):
            return trials
        outcomes = [one.outcome for one in beside.cycles.values()]
        versions, now = self.source.after.of(record.ref.object_type), self.source.request.now
        lived = ever(asked, Lived(record, beside.judgement, versions, outcomes, now))
        places = [self.words.index(word) for word in asked]
        return [trial for trial in trials if tuple(trial.group.key[place] for place in places) in lived]

    def _as_it_was(self, outcome: Outcome) -> Outcome:
        """By the policy that a copy was made of."""
        policy = self.pasting.original(outcome.promised.policy)
        if policy == outcome.promised.policy:
            return outcome
        return replace(outcome, promised=replace(outcome.promised, policy=policy))


def _by_side(trials: Iterable[Trial]) -> list[tuple[Side, list[Trial]]]:
    """Each side once."""
    by_side: dict[int, tuple[Side, list[Trial]]] = {}
    for trial in trials:
        by_side.setdefault(id(trial.side), (trial.side, []))[1].append(trial)
    return list(by_side.values())


def attains(met_and_judged: tuple[int, int], share: Fraction) -> bool:
    """None judged attain nothing."""
    met, judged = met_and_judged
    return judged > 0 and met >= share * judged
