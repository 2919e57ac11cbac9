"""Targets that would have been kept, from the records that there have been: by metric, calendar and what is asked.

The clocks run as the mappings say; only the length of the target is looked for. Order statistics propose it; where a
record may change its group with the target, the proposal is held against the simulation (`held`).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.held import NO_FIXED_POINT, Group, Holding, Search
from hubspot_sla.flows.simulation.moving import asks_for_instants, by_policy, moved_groups
from hubspot_sla.flows.simulation.needed import late_up_to_ms, needed_ms
from hubspot_sla.flows.simulation.pasted import promises_everybody
from hubspot_sla.flows.simulation.prices import priced_cycles, target_prices
from hubspot_sla.flows.simulation.processes import opened
from hubspot_sla.flows.simulation.tally import AFTER, Unjudged
from hubspot_sla.measure.suggestion import NoSuggestion, Sample, Suggestion, suggestion
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.judging.judgement import Judgement
    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.moving import Key
    from hubspot_sla.flows.simulation.prices import PricedCycle, TargetPrice
    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.side import Side
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted
    from hubspot_sla.measure.outcome import Outcome
    from hubspot_sla.plan.records import RecordRef

ALWAYS_BY = ("metric", "place", "calendar")
"""What is never mixed: a target is one of a metric, on a calendar."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What is suggested for one group and share, or why nothing is. `labels` are by word, `ALWAYS_BY` among them."""

    labels: dict[str, str]
    share: Fraction
    n: int
    found: Suggestion | None
    why_not: str = ""
    prices: Sequence[TargetPrice] = ()


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`unjudged` records could not be judged, of which `examples` are the first."""

    request: Request
    rows: Sequence[Suggested]
    zone: tzinfo
    records: int
    unjudged: int
    examples: Sequence[Unjudged]
    held: bool = True
    """Whether the groups are targets of policies, which were held against the simulation."""


@dataclass(slots=True)
class _Durations:
    """In ms, 8 bytes each."""

    needed: array[int] = field(default_factory=lambda: array("q"))
    open_ms: array[int] = field(default_factory=lambda: array("q"))
    never: int = 0

    def add(self, needed: int | None, late_up_to: int | None) -> None:
        if late_up_to is not None:
            self.open_ms.append(late_up_to)
        elif needed is None:
            self.never += 1
        else:
            self.needed.append(needed)

    def sample(self, *others: _Durations) -> Sample:
        every = (self, *others)
        needed = chain.from_iterable(one.needed for one in every)
        open_ms = chain.from_iterable(one.open_ms for one in every)
        return Sample.of(needed, open_ms, sum(one.never for one in every))


@dataclass(slots=True)
class _Lives:
    """The cycles of one group: those that stay in it whatever its target, and those of records in `moved`."""

    settled: _Durations = field(default_factory=_Durations)
    moving: _Durations = field(default_factory=_Durations)
    priced: list[PricedCycle] = field(default_factory=list)


@dataclass(slots=True)
class _Gathering:
    by: tuple[str, ...]
    wanted: Wanted
    now: int
    holds: bool
    groups: dict[Key, _Lives] = field(default_factory=dict)
    moved: dict[Key, set[str]] = field(default_factory=dict)
    """Keys of the records that a target may bring into a group, or out of it."""
    parts: set[int] = field(default_factory=set)
    """The places of the parts that have such records."""
    records: int = 0
    unjudged: list[Unjudged] = field(default_factory=list)

    def record(self, side: Side, record: RecordFacts, part: int) -> None:
        versions = side.of(record.ref.object_type)
        if not versions:
            return
        judgement = judgement_of(record, versions, self.now)
        pauses = Pauses.at(judgement.timeline, self.now)
        outcomes = outcomes_without_time(record, judgement, versions, self.now)
        moved = self._moved(record.ref, judgement, outcomes, part)
        cycles = (cycle for verdict in judgement.verdicts for cycle in verdict.cycles)
        for cycle, outcome in zip(cycles, outcomes, strict=True):
            if cycle.promise is None or cycle.started_at is None or outcome.excluded is not None:
                continue
            if not self.wanted.selection.accepts(record.ref, outcome):
                continue
            key = tuple(value_of(word, record.ref, outcome) for word in self.by)
            lives = self.groups.setdefault(key, _Lives())
            needed = late_up_to = None
            if cycle.stopped_at is None and cycle.status in OPEN:
                late_up_to = late_up_to_ms(judgement.timeline, cycle, pauses, self.now)
            else:
                needed = needed_ms(judgement.timeline, cycle, pauses, self.now)
            (lives.moving if key in moved else lives.settled).add(needed, late_up_to)
            contracts = self.wanted.contracts[AFTER]
            lives.priced.extend(priced_cycles(contracts, record.ref, outcome, cycle, needed, late_up_to))

    def _moved(self, ref: RecordRef, judgement: Judgement, outcomes: Sequence[Outcome], part: int) -> set[Key]:
        if not self.holds:
            return set()
        groups = set(moved_groups(self.by, ref, judgement, outcomes, self.now))
        for key in groups:
            self.moved.setdefault(key, set()).add(ref.key)
        if groups:
            self.parts.add(part)
        return groups


def suggested(
    request: Request,
    shares: Sequence[Fraction],
    least_n: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Suggestions:
    """By the only breakdown of the request. Raises UsageProblem, MappingInvalid, and what the ledger raises."""
    with opened(request) as source:
        words = tuple(word for breakdown in request.by for word in breakdown if word not in ALWAYS_BY)
        by = (*words, *ALWAYS_BY)
        gathering = _Gathering(by, source.wanted(), request.now, by_policy(by))
        _gather(gathering, source, tell)
        proposed = [
            (_row(dict(zip(by, labels, strict=True)), lives, share, least_n), key)
            for labels, key, lives in _labelled(gathering, source.names)
            for share in shares
        ]
        held = _held(proposed, gathering, source, least_n, tell) if gathering.holds else [row for row, _ in proposed]
        rows = [_priced(row, gathering.groups[key], source) for row, (_, key) in zip(held, proposed, strict=True)]
        unjudged = gathering.unjudged
        return Suggestions(
            request, rows, source.zone, gathering.records, len(unjudged), unjudged[:20], held=gathering.holds
        )


def _gather(gathering: _Gathering, source: Source, tell: Callable[[str], None]) -> None:
    for number, part in enumerate(source.parts()):
        for facts in source.facts(part):
            if isinstance(facts, Unjudged):
                gathering.unjudged.append(facts)
                continue
            gathering.records += 1
            try:
                gathering.record(source.after, facts[1], number)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one record must not stop the others
                reason = f"it cannot be judged: {error or type(error).__name__}"
                gathering.unjudged.append(Unjudged(facts[1].ref.key, reason))
        tell(f"{counted(gathering.records, 'record')} judged")


def _labelled(gathering: _Gathering, names: Names) -> list[tuple[tuple[str, ...], Key, _Lives]]:
    """The groups with what their values are called, sorted by that."""
    labelled = [
        (tuple(names.shown(word, value) for word, value in zip(gathering.by, key, strict=True)), key, lives)
        for key, lives in gathering.groups.items()
    ]
    return sorted(labelled, key=lambda one: one[0])


def _row(labels: dict[str, str], lives: _Lives, share: Fraction, least_n: int) -> Suggested:
    sample = lives.settled.sample(lives.moving)
    try:
        found = suggestion(sample, share, least_n)
    except NoSuggestion as why:
        return Suggested(labels, share, sample.n, None, str(why))
    return Suggested(labels, share, found.n, found)


def _held(
    proposed: Sequence[tuple[Suggested, Key]],
    gathering: _Gathering,
    source: Source,
    least_n: int,
    tell: Callable[[str], None],
) -> list[Suggested]:
    """The same rows with targets that hold once they are pasted; those that none holds for are refused."""
    every = asks_for_instants(source.request.where)
    groups = {key: _group(key, gathering, source, every=every) for row, key in proposed if row.found is not None}
    searches = [
        Search(group, row.share, row.found.target_ms)
        if row.found is not None and ((group := groups[key]).moved is None or group.moved)
        else None
        for row, key in proposed
    ]
    begun = [search for search in searches if search is not None]
    whole = any(search.group.moved is None for search in begun)
    holding = Holding(source, gathering.wanted, gathering.by, None if whole else gathering.parts)
    lost = {id(search) for search in holding.hold(begun, tell)}
    return [
        row if search is None else _found(row, search, least_n, lost=id(search) in lost)
        for (row, _), search in zip(proposed, searches, strict=True)
    ]


def _group(key: Key, gathering: _Gathering, source: Source, *, every: bool) -> Group:
    lives, at = gathering.groups[key], gathering.by.index
    policy, metric, place = (key[at(word)] or "" for word in ("policy", "metric", "place"))
    if every or not promises_everybody(source.after.version, policy, metric, place):
        return Group(key, policy, metric, place, Sample.of([], []), None)
    return Group(key, policy, metric, place, lives.settled.sample(), gathering.moved.get(key, ()))


def _found(row: Suggested, search: Search, least_n: int, *, lost: bool) -> Suggested:
    if lost or row.found is None:
        return replace(row, found=None, why_not=NO_FIXED_POINT)
    target_ms = search.target_ms
    met, judged = search.group.known[target_ms]
    if judged < least_n:
        return replace(row, n=judged, found=None, why_not=f"this target would judge n = {judged}, fewer than {least_n}")
    return replace(
        row, n=judged, found=replace(row.found, target_ms=target_ms, attained=Fraction(met, judged), n=judged)
    )


def _priced(one: Suggested, lives: _Lives, source: Source) -> Suggested:
    """With what the target would have cost under the contracts that count these cycles."""
    if one.found is None or not lives.priced:
        return one
    contracts = source.after.version.mappings.contracts
    request = source.request
    prices = target_prices(contracts, lives.priced, one.found.target_ms, request.now, source.names, request.since)
    return replace(one, prices=prices)
