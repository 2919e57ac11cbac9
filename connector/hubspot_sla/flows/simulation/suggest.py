"""Targets that would have been kept, from the records that there have been: by metric, calendar and what is asked.

The clocks run as the mappings say; only the length of the target is looked for. Order statistics propose it; where a
record may change its group with the target, the proposal is held against the simulation (`held`), with the mappings as
they read once it is pasted (`pasted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.group_words import (
    CannotSay,
    asked_of_records,
    conditions_of,
    unsayable,
    words_of,
)
from hubspot_sla.flows.simulation.held import NO_FIXED_POINT, Group, Holding, Search
from hubspot_sla.flows.simulation.held_together import held_together
from hubspot_sla.flows.simulation.moving import Lived, asks_for_outcomes, moved_groups, watched_words
from hubspot_sla.flows.simulation.needed import Needs, need_of
from hubspot_sla.flows.simulation.pasted import ForWhom, Paste, Pasting, promises_everybody
from hubspot_sla.flows.simulation.prices import priced_as, target_prices
from hubspot_sla.flows.simulation.processes import opened
from hubspot_sla.flows.simulation.tally import AFTER, Unjudged
from hubspot_sla.measure.suggestion import NoSuggestion, Sample, Suggestion, suggestion
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.held_together import Together
    from hubspot_sla.flows.simulation.moving import Key
    from hubspot_sla.flows.simulation.prices import PricedLike, TargetPrice
    from hubspot_sla.flows.simulation.request import Request
    from hubspot_sla.flows.simulation.side import Side
    from hubspot_sla.flows.simulation.source import Source
    from hubspot_sla.flows.simulation.tally import Wanted

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
    whom: ForWhom | None = None
    """Whose target it is; None where it has no place in policies.yaml, for the reason in `unheld`."""
    unheld: str = ""
    together: Together | None = None
    """What it attains where the others of the share are pasted beside it, as far as that may differ."""
    is_displaced: bool = False
    """Whether it can be pasted by itself only: the target of another calendar stands in its policies."""

    @property
    def paste(self) -> Paste | None:
        """By itself. None: there is nothing to paste."""
        return None if self.found is None or self.whom is None else Paste(self.whom, self.found.target_ms)

    @property
    def joint(self) -> Paste | None:
        """Beside the others of its share. None: there is nothing to paste."""
        if self.paste is None or self.is_displaced:
            return None
        return self.paste if self.together is None else Paste(self.paste.whom, self.together.target_ms)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`unjudged` records could not be judged, of which `examples` are the first. `unsayable` are the words asked for
    that policies.yaml has no conditions for; `pasting` says how the targets stand there, None if there are such words.
    """

    request: Request
    rows: Sequence[Suggested]
    zone: tzinfo
    records: int
    unjudged: int
    examples: Sequence[Unjudged]
    unsayable: Sequence[str] = ()
    pasting: Pasting | None = None


@dataclass(slots=True)
class _Lives:
    """The cycles of one group: those that stay in it whatever its target, and those of records in `moved`. `policies`
    are those that promise them."""

    settled: Needs = field(default_factory=Needs)
    moving: Needs = field(default_factory=Needs)
    priced: dict[PricedLike, Needs] = field(default_factory=dict)
    policies: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Gathering:
    by: tuple[str, ...]
    watched: tuple[str, ...]
    wanted: Wanted
    now: int
    holds: bool
    groups: dict[Key, _Lives] = field(default_factory=dict)
    moved: dict[Key, set[str]] = field(default_factory=dict)
    """Keys of the records that a target may bring into a group, or out of it."""
    policies: dict[Key, set[str]] = field(default_factory=dict)
    """Those that may promise these records something of that name."""
    counted: set[tuple[str | None, ...]] = field(default_factory=set)
    """Each policy with metric, place and calendar of what counts."""
    records: int = 0
    unjudged: list[Unjudged] = field(default_factory=list)

    def record(self, side: Side, record: RecordFacts) -> None:
        versions = side.of(record.ref.object_type)
        if not versions:
            return
        judgement = judgement_of(record, versions, self.now)
        pauses = Pauses.at(judgement.timeline, self.now)
        outcomes = outcomes_without_time(record, judgement, versions, self.now)
        moved = self._moved(Lived(record, judgement, versions, outcomes, self.now))
        cycles = (cycle for verdict in judgement.verdicts for cycle in verdict.cycles)
        for cycle, outcome in zip(cycles, outcomes, strict=True):
            if cycle.promise is None or cycle.started_at is None or outcome.excluded is not None:
                continue
            if not self.wanted.selection.accepts(record.ref, outcome):
                continue
            key = tuple(value_of(word, record.ref, outcome) for word in self.by)
            lives = self.groups.setdefault(key, _Lives())
            need = need_of(judgement.timeline, cycle, pauses, self.now)
            (lives.moving if key in moved else lives.settled).add(need)
            lives.policies.add(cycle.promise.policy)
            self.counted.add((cycle.promise.policy, *key[-len(ALWAYS_BY) :]))
            for like in priced_as(self.wanted.contracts[AFTER], record.ref, outcome, cycle):
                lives.priced.setdefault(like, Needs()).add(need)

    def _moved(self, lived: Lived) -> set[Key]:
        if not self.holds:
            return set()
        groups: set[Key] = set()
        for key, policy in moved_groups(self.by, self.watched, lived):
            groups.add(key)
            if policy is not None:
                self.policies.setdefault(key, set()).add(policy)
        for key in groups:
            self.moved.setdefault(key, set()).add(lived.ref.key)
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
        others = unsayable(by, source.after.version)
        gathering = _Gathering(by, watched_words(by, request.where), source.wanted(), request.now, not others)
        _gather(gathering, source, tell)
        proposed = [
            _Proposed(_row(dict(zip(by, labels, strict=True)), lives, share, least_n), key)
            for labels, key, lives in _labelled(gathering, source.names)
            for share in shares
        ]
        held = [each.row for each in proposed]
        pasting = None
        if gathering.holds:
            pasting, held = _held(proposed, gathering, source, least_n, tell)
        rows = [_priced(row, gathering.groups[each.key], source) for row, each in zip(held, proposed, strict=True)]
        unjudged = gathering.unjudged
        return Suggestions(request, rows, source.zone, gathering.records, len(unjudged), unjudged[:20], others, pasting)


@dataclass(frozen=True, slots=True)
class _Proposed:
    row: Suggested
    key: Key


def _gather(gathering: _Gathering, source: Source, tell: Callable[[str], None]) -> None:
    for part in source.parts():
        for facts in source.facts(part):
            if isinstance(facts, Unjudged):
                gathering.unjudged.append(facts)
                continue
            gathering.records += 1
            try:
                gathering.record(source.after, facts[1])
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
    proposed: Sequence[_Proposed],
    gathering: _Gathering,
    source: Source,
    least_n: int,
    tell: Callable[[str], None],
) -> tuple[Pasting, list[Suggested]]:
    """The same rows with targets that hold once they are pasted; those that none holds for are refused."""
    addressed, whoms = [], {}
    for row, key in ((each.row, each.key) for each in proposed):
        try:
            whom = whoms[key] = _for_whom(key, gathering, source)
        except CannotSay as why:
            addressed.append(replace(row, unheld=str(why)))
        else:
            addressed.append(replace(row, whom=whom))
    pasting = Pasting(source, [row.whom for row in addressed if row.whom is not None and row.found is not None])
    addressed = [_without_copy(row, pasting) for row in addressed]
    every = asks_for_outcomes(source.request.where)
    groups: dict[Key, Group] = {}
    searches: list[Search | None] = []
    for row, each in zip(addressed, proposed, strict=True):
        search = None
        if row.found is not None and row.whom is not None:
            if each.key not in groups:
                groups[each.key] = _group(each.key, row.whom, gathering, source, every=every)
            group = groups[each.key]
            if group.moved is None or group.moved:
                search = Search(group, row.share, row.found.target_ms)
        searches.append(search)
    begun = [search for search in searches if search is not None]
    holding = Holding(source, pasting, gathering.wanted, gathering.by, _keys_of(begun))
    lost = {id(search) for search in holding.hold(begun, tell)}
    rows = [
        row if search is None else _found(row, search, least_n, lost=id(search) in lost)
        for row, search in zip(addressed, searches, strict=True)
    ]
    return pasting, _beside_others(_displaced(rows), searches, holding, tell)


def _displaced(rows: Sequence[Suggested]) -> list[Suggested]:
    """The rows, and which of them have no place beside the others: a metric of a policy has one target, whatever the
    calendar. That of the most cycles stands."""
    taken: set[tuple[object, ...]] = set()
    displaced: set[int] = set()
    for number in sorted(range(len(rows)), key=lambda number: -rows[number].n):
        row = rows[number]
        if row.paste is None:
            continue
        whom = row.paste.whom
        places = {(row.share, whom.conditions, whom.clock, policy) for policy in whom.policies}
        if taken.isdisjoint(places):
            taken |= places
        else:
            displaced.add(number)
    return [replace(row, is_displaced=number in displaced) for number, row in enumerate(rows)]


def _keys_of(searches: Sequence[Search]) -> set[str] | None:
    """Of all records that are judged anew; None: all are."""
    keys: set[str] = set()
    for search in searches:
        if search.group.moved is None:
            return None
        keys.update(search.group.moved)
    return keys


def _for_whom(key: Key, gathering: _Gathering, source: Source) -> ForWhom:
    """Raises CannotSay."""
    labels, lives = words_of(gathering.by, key), gathering.groups[key]
    possible = gathering.policies.get(key, set())
    moving = {policy for policy in possible if (policy, *key[-len(ALWAYS_BY) :]) in gathering.counted}
    policies = frozenset(lives.policies | moving)
    version = source.after.version
    object_type = next(one.object_type for one in version.mappings.policy_set.policies if one.id in policies)
    asked = {word: labels[word] for word in asked_of_records(labels)}
    metric, place, calendar = (labels[word] or "" for word in ALWAYS_BY)
    return ForWhom(conditions_of(asked, version, object_type), policies, metric, place, calendar)


def _without_copy(row: Suggested, pasting: Pasting) -> Suggested:
    """The row, without a place in policies.yaml where no copy can be made."""
    why_not = "" if row.whom is None or row.found is None else pasting.why_no_place(row.whom)
    return replace(row, whom=None, unheld=why_not) if why_not else row


def _group(key: Key, whom: ForWhom, gathering: _Gathering, source: Source, *, every: bool) -> Group:
    if every or not promises_everybody(source.after.version, whom):
        return Group(key, whom, Sample.of([], []), None)
    return Group(key, whom, gathering.groups[key].settled.sample(), gathering.moved.get(key, ()))


def _beside_others(
    rows: Sequence[Suggested], searches: Sequence[Search | None], holding: Holding, tell: Callable[[str], None]
) -> list[Suggested]:
    """The rows with what they attain where all of one share are pasted."""
    told = list(rows)
    for share in dict.fromkeys(row.share for row in rows):
        mine = [
            (number, search)
            for number, (row, search) in enumerate(zip(rows, searches, strict=True))
            if search is not None and row.joint is not None and row.share == share
        ]
        if len(mine) > 1:
            found = held_together(holding, [search for _, search in mine], tell)
            for (number, _), together in zip(mine, found, strict=True):
                told[number] = replace(rows[number], together=together)
    return told


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
