"""The figures of a report from the ledger: one walk through the cycles of the period, and a few sums in SQL."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting import objectives as of_objectives
from hubspot_sla.flows.reporting import records, since_closed
from hubspot_sla.flows.reporting.beside import beside
from hubspot_sla.flows.reporting.dimensions import DIMENSIONS, Dimension, dimension_of
from hubspot_sla.flows.reporting.expected import Outlook
from hubspot_sla.flows.reporting.figures import Figures, Group, Month, Person
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.listing import LATE_SHOWN, SHOWN, Listing, listed
from hubspot_sla.flows.reporting.sums import Sums
from hubspot_sla.flows.reporting.where import Conditions
from hubspot_sla.ledger import (
    periods,
    report_coverage,
    report_cycles,
    report_holders,
    report_lists,
    report_pauses,
    report_records,
    report_rows,
)
from hubspot_sla.ledger.report_cycles import OF_CYCLES, OF_RECORDS
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.bottleneck import bottlenecks
from hubspot_sla.measure.compliance import Compliance
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.periods import months_up_to
from hubspot_sla.measure.true_hours import hour_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.flows.reporting.records import UncoveredRecords
    from hubspot_sla.flows.reporting.sums import Numbers
    from hubspot_sla.ledger.report_pauses import OfMetric
    from hubspot_sla.measure.coverage import Coverage
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.measure.true_hours import TrueHours
    from hubspot_sla.policy.mappings import Mappings

Key = tuple[str | None, ...]
"""The values of some dimensions."""
MONTHS = 13
ONLY_SLA = Selection("o.kind = 'sla'")
"""What customers are promised: OLA and underpinning contracts are shown where they are asked for."""


def gathered(
    db: sqlite3.Connection, query: ReportQuery, mappings: Mappings, second: sqlite3.Connection | None = None
) -> Figures:
    """Within a transaction that is rolled back; half of the work is done by `second`, where there is one that reads the
    same state. Raises UsageProblem for a word that reports do not know."""
    dimensions = [dimension_of(word, mappings.portal.dimensions) for word in query.by]
    conditions = Conditions(db, mappings.portal.dimensions)
    selection = _selection(conditions, query)
    labels, period = Labels(db, query.period.end_at), query.period
    start, end, months = period.start_at, period.end_at, months_up_to(period, MONTHS)
    since_at = min(months[0].start_at, period.before().start_at)
    columns = [dimension.column for dimension in dimensions]

    def of_records(of: sqlite3.Connection) -> _OfRecords:
        if of is not db:
            report_cycles.gather(of, selection, since_at, columns, OF_RECORDS)
        return _OfRecords.gathered(of, query, months, mappings, dimensions)

    with beside(db, second, of_records) as found:
        if second is None:
            report_cycles.gather(db, selection, since_at, columns)
        else:
            report_cycles.gather(db, selection, since_at, (), OF_CYCLES)
        report_holders.gather(db, start, end)
        report_lists.gather(db, start, end)
        walk = _Walk.through(db, period, months)
        numbers, metrics, people = walk.numbers(), walk.metrics(), walk.people(labels)
        total = sum(numbers.values(), Counts())
        once = report_holders.by_record(db)
        outlook = Outlook(db, period)
        demanded = of_objectives.reached(outlook, mappings.objectives, selection, conditions, labels)
        expected = outlook.of(total, outlook.open_cycles())
        held = {name: bottlenecks(times) for name, times in report_holders.by_metric(db).items()}
        others = found()
    by_metric = _Breakdown([DIMENSIONS["metric"]], numbers, others.before, others.kept)
    return Figures(
        query=query,
        total=total,
        total_before=sum(by_metric.before.values(), Counts()),
        compliance=others.compliance,
        groups=(others.by_key or by_metric).groups(labels),
        metrics=by_metric.groups(labels, metrics, query.apdex_ms),
        trend=_trend(db, months, walk.by_month, selection, period),
        breaches=_breaches(db, period),
        bottlenecks=held,
        teams=labels.teams,
        people=people,
        objectives=demanded.for_all,
        below=demanded.below,
        goals=demanded.goals,
        goal=demanded.goal,
        undated=report_rows.undated(db),
        outside=report_rows.excluded_without_instant(db),
        forecast=expected,
        pauses=others.pauses,
        once=bottlenecks(once.times),
        once_unknown=once.unknown,
        coverage=others.coverage,
        uncovered=others.uncovered,
        hours=others.hours,
        waived=report_coverage.waived_by(db, start, end),
        users=labels.users,
        late=_listing(db, labels, BROKEN, total.broken, LATE_SHOWN),
        lists=dict(_lists(db, labels, numbers, others.pauses)),
        notes=tuple(dict.fromkeys(conditions.notes)),
    )


def broken_down(
    db: sqlite3.Connection, query: ReportQuery, mappings: Mappings
) -> tuple[Sequence[Group], Sequence[str]]:
    """The groups of `Figures` alone, in half the time, and what is to be said about the conditions. Within a
    transaction that is rolled back. Raises UsageProblem for a word that reports do not know."""
    dimensions = [dimension_of(word, mappings.portal.dimensions) for word in query.by]
    selection, notes = selected(db, query, mappings)
    since_at = query.period.before().start_at
    report_cycles.gather(db, selection, since_at, [dimension.column for dimension in dimensions])
    groups = _by_keys(db, query.period, dimensions).groups(Labels(db, query.period.end_at))
    return groups, tuple(dict.fromkeys(notes))


def selected(db: sqlite3.Connection, query: ReportQuery, mappings: Mappings) -> tuple[Selection, list[str]]:
    """What the conditions select, and what is to be said about them."""
    conditions = Conditions(db, mappings.portal.dimensions)
    return _selection(conditions, query), conditions.notes


def _selection(conditions: Conditions, query: ReportQuery) -> Selection:
    selection = conditions.selection(query.where)
    is_of_one_kind = "kind" in query.by or "kind" in query.where.words()
    return selection if is_of_one_kind else selection.and_(ONLY_SLA)


@dataclass(frozen=True)
class _OfRecords:
    """What follows from `report_cycles` with the columns `OF_RECORDS`: nearly half of the work. `before` and `kept` are
    by metric; `by_key` is None where nothing else was asked for."""

    before: Mapping[Key, Counts]
    kept: Mapping[Key, tuple[int, int]]
    by_key: _Breakdown | None
    compliance: Compliance
    coverage: Sequence[Coverage]
    uncovered: UncoveredRecords
    pauses: Mapping[str, OfMetric]
    hours: Mapping[str, TrueHours]

    @classmethod
    def gathered(
        cls,
        db: sqlite3.Connection,
        query: ReportQuery,
        months: Sequence[Period],
        mappings: Mappings,
        dimensions: Sequence[Dimension],
    ) -> _OfRecords:
        period = query.period
        metrics = report_records.gather(db, period.start_at, period.end_at)
        by_key = None if query.by == ("metric",) else _by_keys(db, period, dimensions)
        covered, uncovered = records.coverage(db, query, months, mappings)
        return cls(
            before=_numbers(db, period.before(), ["metric"]),
            kept=report_records.kept_by_metric(db, metrics),
            by_key=by_key,
            compliance=Compliance(*report_records.all_kept(db)),
            coverage=covered,
            uncovered=uncovered,
            pauses=report_pauses.by_metric(db, period.start_at, period.end_at),
            hours=records.hours(db, query, months, mappings),
        )


@dataclass(frozen=True)
class _Walk:
    """How many cycles of the period each person has by metric, and how long they took; and how many cycles each of the
    months has, by status and exclusion."""

    by_person: Mapping[tuple[str | None, str], Sums]
    by_month: Sequence[Numbers]

    @classmethod
    def through(cls, db: sqlite3.Connection, period: Period, months: Sequence[Period]) -> _Walk:
        people: defaultdict[tuple[str | None, str], Sums] = defaultdict(Sums)
        by_month: list[Numbers] = [Counter() for _ in months]
        turns = [*(month.start_at for month in months), months[-1].end_at]
        for found in report_rows.counted(db, turns, period.start_at, period.end_at):
            key = found.status, found.excluded
            if found.turn is not None:
                by_month[found.turn][key] += found.number
            if found.is_within:
                sums = people[found.owner_id, found.metric]
                sums.numbers[key] += found.number
                sums.add(found.lengths)
        return cls(people, by_month)

    def people(self, labels: Labels) -> list[Person]:
        """By name; those without one come last."""
        owner = DIMENSIONS["owner"]
        people = [
            Person(owner_id, labels.of(owner, owner_id), metric, sums.counts(), sums.business_durations())
            for (owner_id, metric), sums in self.by_person.items()
        ]
        judged = [person for person in people if person.counts.judged]
        return sorted(judged, key=lambda person: (person.owner_id is None, person.name, person.metric))

    def numbers(self) -> dict[Key, Counts]:
        """Of all people, by metric."""
        whole: dict[Key, Counts] = {}
        for (_, metric), sums in self.by_person.items():
            whole[metric,] = whole.get((metric,), Counts()) + sums.counts()
        return whole

    def metrics(self) -> dict[Key, Sums]:
        """The sums of all people, by metric."""
        whole: dict[Key, Sums] = {}
        for (_, metric), sums in self.by_person.items():
            whole.setdefault((metric,), Sums()).take(sums)
        for sums in whole.values():
            sums.sort()
        return whole


@dataclass(frozen=True)
class _Breakdown:
    """How many cycles there are by some dimensions, in the period and in the one before, and how many records kept all
    of theirs."""

    dimensions: Sequence[Dimension]
    numbers: Mapping[Key, Counts]
    before: Mapping[Key, Counts]
    kept: Mapping[Key, tuple[int, int]]

    def groups(
        self, labels: Labels, sums: Mapping[Key, Sums] | None = None, apdex_ms: int | None = None
    ) -> list[Group]:
        """Sorted by their labels; what has no value comes last. With `sums` also how long things took."""
        keys = self.numbers.keys() | self.before.keys()
        groups = [self._group(key, labels, (sums or {}).get(key), apdex_ms) for key in keys]
        return sorted(groups, key=lambda group: ([value is None for value in group.key], group.labels, str(group.key)))

    def _group(self, key: Key, labels: Labels, sums: Sums | None, apdex_ms: int | None) -> Group:
        lengths = sums or Sums()
        return Group(
            key,
            tuple(labels.of(dimension, value) for dimension, value in zip(self.dimensions, key, strict=True)),
            self.numbers.get(key, Counts()),
            self.before.get(key, Counts()),
            Compliance(*self.kept.get(key, (0, 0))),
            lengths.business_durations(),
            lengths.wall_durations(),
            lengths.apdexes(apdex_ms),
            lengths.curve(),
        )


def _by_keys(db: sqlite3.Connection, period: Period, dimensions: Sequence[Dimension]) -> _Breakdown:
    columns = [f"key{place}" for place in range(len(dimensions))]
    kept = report_records.kept_by(db, period.start_at, period.end_at, columns)
    return _Breakdown(dimensions, _numbers(db, period, columns), _numbers(db, period.before(), columns), kept)


def _numbers(db: sqlite3.Connection, within: Period, columns: Sequence[str]) -> dict[Key, Counts]:
    found = report_rows.numbers_by(db, within.start_at, within.end_at, columns)
    return {key: counts_of(numbers) for key, numbers in found.items()}


def _trend(
    db: sqlite3.Connection, months: Sequence[Period], numbers: Sequence[Numbers], selection: Selection, period: Period
) -> list[Month]:
    """Why a closed month moved is said of the one that is reported: of thirteen it would take too long."""
    trend = [
        Month(month, counts_of(of_month), *_frozen(db, month, selection))
        for month, of_month in zip(months, numbers, strict=True)
    ]
    return [
        replace(month, moved=since_closed.of_selection(db, selection, periods.editions(db, month.period.name)[-1]))
        if month.has_moved and month.period == period
        else month
        for month in trend
    ]


def _frozen(db: sqlite3.Connection, month: Period, selection: Selection) -> tuple[Counts | None, int]:
    editions = periods.editions(db, month.name)
    if not editions:
        return None, 0
    newest = editions[-1]
    return counts_of(report_rows.frozen_numbers(db, selection, newest.number)), newest.edition


def _breaches(db: sqlite3.Connection, period: Period) -> Counter[tuple[int, int]]:
    """How many promises broke by weekday and hour of the report's zone."""
    found: Counter[tuple[int, int]] = Counter()
    for at, number in report_rows.breaches(db, period.start_at, period.end_at):
        found[hour_of(at, period.zone)] += number
    return found


BROKEN = Selection("o.status in ('missed', 'breached') and o.excluded is null")


def _lists(
    db: sqlite3.Connection,
    labels: Labels,
    numbers: Mapping[Key, Counts],
    pauses: Mapping[str, OfMetric],
) -> Iterator[tuple[str, Listing]]:
    """The records behind each figure: what broke by metric, what is excluded by cause, what only pauses kept."""
    for (metric,), counts in sorted(numbers.items(), key=str):
        if counts.broken:
            own = BROKEN.and_(Selection("o.metric = ?", (metric,)))
            where = f"metric: {metric}, status: [missed, breached], excluded: {{known: false}}"
            yield f"broken:{metric}", _listing(db, labels, own, counts.broken, SHOWN, where)
    excluded = sum((Counter(counts.excluded) for counts in numbers.values()), Counter[Excluded]())
    for cause, number in sorted(excluded.items()):
        own = Selection("o.excluded = ?", (cause.value,))
        yield f"excluded:{cause}", _listing(db, labels, own, number, SHOWN, f"excluded: {cause}")
    for metric, of_metric in pauses.items():
        if of_metric.together.met_only:
            own = Selection("o.metric = ? and o.met_by_pauses = 1 and o.excluded is null", (metric,))
            where = f"metric: {metric}, met_only_by: pauses, excluded: {{known: false}}"
            yield f"paused:{metric}", _listing(db, labels, own, of_metric.together.met_only, SHOWN, where)


def _listing(
    db: sqlite3.Connection,
    labels: Labels,
    which: Selection,
    number: int,
    most: int,
    where: str = "",
) -> Listing:
    row_ids = report_lists.latest(db, which, most)
    return Listing(number, listed(db, row_ids, labels.owners, labels.customers), where)
