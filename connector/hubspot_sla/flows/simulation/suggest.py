"""Targets that would have been kept, from the records that there have been: by metric, calendar and what is asked.

The clocks run as the mappings say; only the length of the target is looked for.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.verdict import OPEN
from hubspot_sla.flows.judging.judgement import judgement_of
from hubspot_sla.flows.judging.outcomes import outcomes_without_time
from hubspot_sla.flows.reporting.outcome_values import value_of
from hubspot_sla.flows.simulation.needed import late_up_to_ms, needed_ms
from hubspot_sla.flows.simulation.prices import priced_cycles, target_prices
from hubspot_sla.flows.simulation.processes import opened
from hubspot_sla.flows.simulation.tally import AFTER, Unjudged
from hubspot_sla.measure.suggestion import NoSuggestion, Sample, Suggestion, suggestion
from hubspot_sla.plain_text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import tzinfo
    from fractions import Fraction

    from hubspot_sla.flows.records.record_facts import RecordFacts
    from hubspot_sla.flows.reporting.outcome_values import Names
    from hubspot_sla.flows.simulation.prices import PricedCycle, TargetPrice
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


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`unjudged` records could not be judged, of which `examples` are the first."""

    request: Request
    rows: Sequence[Suggested]
    zone: tzinfo
    records: int
    unjudged: int
    examples: Sequence[Unjudged]


@dataclass(slots=True)
class _Lives:
    """Durations in ms, 8 bytes each."""

    needed: array[int] = field(default_factory=lambda: array("q"))
    open_ms: array[int] = field(default_factory=lambda: array("q"))
    never: int = 0
    priced: list[PricedCycle] = field(default_factory=list)


@dataclass(slots=True)
class _Gathering:
    by: tuple[str, ...]
    wanted: Wanted
    now: int
    groups: dict[tuple[str | None, ...], _Lives] = field(default_factory=dict)
    records: int = 0
    unjudged: list[Unjudged] = field(default_factory=list)

    def record(self, side: Side, record: RecordFacts) -> None:
        versions = side.of(record.ref.object_type)
        if not versions:
            return
        judgement = judgement_of(record, versions, self.now)
        pauses = Pauses.at(judgement.timeline, self.now)
        outcomes = outcomes_without_time(record, judgement, versions, self.now)
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
                lives.open_ms.append(late_up_to)
            elif (needed := needed_ms(judgement.timeline, cycle, pauses, self.now)) is None:
                lives.never += 1
            else:
                lives.needed.append(needed)
            contracts = self.wanted.contracts[AFTER]
            lives.priced.extend(priced_cycles(contracts, record.ref, outcome, cycle, needed, late_up_to))


def suggested(
    request: Request,
    shares: Sequence[Fraction],
    least_n: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Suggestions:
    """By the only breakdown of the request. Raises UsageProblem, MappingInvalid, and what the ledger raises."""
    with opened(request) as source:
        words = tuple(word for breakdown in request.by for word in breakdown if word not in ALWAYS_BY)
        gathering = _Gathering((*words, *ALWAYS_BY), source.wanted(), request.now)
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
        rows = [
            _priced(_row(dict(zip(gathering.by, labels, strict=True)), lives, share, least_n), lives, source)
            for labels, lives in _labelled(gathering, source.names)
            for share in shares
        ]
        unjudged = gathering.unjudged
        return Suggestions(request, rows, source.zone, gathering.records, len(unjudged), unjudged[:20])


def _labelled(gathering: _Gathering, names: Names) -> list[tuple[tuple[str, ...], _Lives]]:
    """The groups with what their values are called, sorted by that."""
    labelled = [
        (tuple(names.shown(word, value) for word, value in zip(gathering.by, key, strict=True)), lives)
        for key, lives in gathering.groups.items()
    ]
    return sorted(labelled, key=lambda pair: pair[0])


def _row(labels: dict[str, str], lives: _Lives, share: Fraction, least_n: int) -> Suggested:
    sample = Sample.of(lives.needed, lives.open_ms, lives.never)
    try:
        found = suggestion(sample, share, least_n)
    except NoSuggestion as why:
        return Suggested(labels, share, sample.n, None, str(why))
    return Suggested(labels, share, found.n, found)


def _priced(one: Suggested, lives: _Lives, source: Source) -> Suggested:
    """With what the target would have cost under the contracts that count these cycles."""
    if one.found is None or not lives.priced:
        return one
    contracts = source.after.version.mappings.contracts
    prices = target_prices(contracts, lives.priced, one.found.target_ms, source.request.now, source.names)
    return replace(one, prices=prices)
