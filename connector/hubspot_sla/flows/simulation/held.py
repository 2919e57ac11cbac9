"""Suggested targets held against the simulation: pasted, each by itself, the records judged anew with it.

Only records that a target may move between groups are judged anew (`moving`); the others count by their least target.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.pasted import pasted
from hubspot_sla.flows.simulation.side import NOTHING
from hubspot_sla.flows.simulation.tally import Unjudged
from hubspot_sla.measure.attainment import counts_of
from hubspot_sla.measure.suggestion import step_down, step_up

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.simulation.moving import Key
    from hubspot_sla.flows.simulation.side import Side
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted
    from hubspot_sla.measure.outcome import Excluded
    from hubspot_sla.measure.suggestion import Sample

ROUNDS: Final = 12
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
    policy: str
    metric: str
    place: str
    settled: Sample
    moved: Collection[str] | None
    known: dict[int, tuple[int, int]] = field(default_factory=dict)

    def attains(self, target_ms: int, share: Fraction) -> bool:
        """LookupError: it has not been judged with this target."""
        met, judged = self.known[target_ms]
        return judged > 0 and met >= share * judged


@dataclass(slots=True)
class Search:
    """The target of one share in one group: from `target_ms` down as long as the next step attains it too, or up until
    one does. `asked` are the steps that have to be judged before it can go on; none: it is found."""

    group: Group
    share: Fraction
    target_ms: int
    asked: Sequence[int] = ()

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
        while not self.group.attains(self.target_ms, self.share):
            self.target_ms = step_up_from(self.target_ms)
        while (lower := step_down(self.target_ms)) and self.group.attains(lower, self.share):
            self.target_ms = lower

    def _next_steps(self, window: int) -> list[int]:
        """From the target down where it attains the share, or is not judged yet; else from it up."""
        known = self.group.known
        if self.target_ms not in known:
            upward = bool(known) and step_down(self.target_ms) in known
            return list(_steps(self.target_ms, window, step_up_from if upward else step_down))
        return list(_steps(step_down(self.target_ms), window, step_down))


def step_up_from(ms: int) -> int:
    """The shortest step that is longer."""
    return step_up(ms + 1)


def _steps(first: int, window: int, following: Callable[[int], int]) -> Iterator[int]:
    step = first
    for _ in range(window):
        if step:
            yield step
            step = following(step)


@dataclass(frozen=True, slots=True)
class Holding:
    """Judges records of a source anew with targets. `parts` are the places of those parts that have such records; None:
    all have."""

    source: Source
    wanted: Wanted
    words: Sequence[str]
    parts: Collection[int] | None

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
        asked: dict[Key, tuple[Group, set[int]]] = {}
        for search in searches:
            group, targets = asked.setdefault(search.group.key, (search.group, set()))
            targets.update(step for step in search.asked if step not in group.known)
        trials = [_Trial(group, target, self._side(group, target)) for group, of in asked.values() for target in of]
        for record in self._records():
            self._try(record, trials)
        for trial in trials:
            trial.group.known[trial.target_ms] = trial.result()

    def _side(self, group: Group, target_ms: int) -> Side:
        return pasted(self.source.after.version, group.policy, group.metric, group.place, target_ms)

    def _records(self) -> Iterator[RecordFacts]:
        for number, part in enumerate(self.source.parts()):
            if self.parts is None or number in self.parts:
                for facts in self.source.facts(part):
                    if not isinstance(facts, Unjudged):
                        yield facts[1]

    def _try(self, record: RecordFacts, trials: Sequence[_Trial]) -> None:
        mine = [trial for trial in trials if trial.group.moved is None or record.ref.key in trial.group.moved]
        if not mine:
            return
        now, after, object_type = self.source.request.now, self.source.after, record.ref.object_type
        try:
            beside, counted = after.judge(record, now), []
            for trial in mine:
                is_alike = trial.side.reads_like(after, object_type)
                judged = trial.side.judge(record, now, beside if is_alike else NOTHING)
                for one in judged.cycles.values():
                    key = tuple(value_of(word, record.ref, one.outcome) for word in self.words)
                    if key == trial.group.key and self.wanted.selection.accepts(record.ref, one.outcome):
                        counted.append((trial, (one.outcome.status, one.outcome.excluded)))
        except Exception:  # noqa: BLE001 - then it counts with no target, so that all rest on the same records
            return
        for trial, how in counted:
            trial.counts[how] += 1


@dataclass(slots=True)
class _Trial:
    group: Group
    target_ms: int
    side: Side
    counts: Counts = field(default_factory=Counter)

    def result(self) -> tuple[int, int]:
        """Met, and judged: of the records judged anew, and of those that need not be."""
        anew, settled = counts_of(self.counts), self.group.settled
        met, judged = settled.met(self.target_ms), settled.judged(self.target_ms)
        return anew.met + met, anew.judged + judged
