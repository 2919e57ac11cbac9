"""The figures of a report from the ledger: one walk through the cycles of the period, and a few sums in SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hubspot_sla.flows.reporting import objectives as of_objectives
from hubspot_sla.flows.reporting import records
from hubspot_sla.flows.reporting.dimensions import DIMENSIONS, Dimension, dimension_of
from hubspot_sla.flows.reporting.expected import expected
from hubspot_sla.flows.reporting.figures import Figures, Group, Month, Person
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.listing import LATE_SHOWN, SHOWN, Latest, Listing, listed
from hubspot_sla.flows.reporting.sums import JUDGED, Sums
from hubspot_sla.flows.reporting.where import Conditions
from hubspot_sla.ledger import periods, report_coverage, report_holders, report_lists, report_pauses, report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.bottleneck import bottlenecks
from hubspot_sla.measure.compliance import Compliance
from hubspot_sla.measure.periods import months_up_to

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.ledger.report_pauses import OfMetric
    from hubspot_sla.measure.bottleneck import Bottleneck
    from hubspot_sla.measure.outcome import Excluded
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings

Key = tuple[str | None, ...]
"""The values of some dimensions."""
MONTHS = 13
ONLY_SLA = Selection("o.kind = 'sla'")
"""What customers are promised: OLA and underpinning contracts are shown where they are asked for."""


def gathered(db: sqlite3.Connection, query: ReportQuery, mappings: Mappings) -> Figures:
    """Raises UsageProblem for a word that reports do not know."""
    dimensions = [dimension_of(word, mappings.portal.dimensions) for word in query.by]
    conditions = Conditions(db, mappings.portal.dimensions)
    selection = _selection(conditions, query)
    labels = Labels(db, query.period.end_at)
    walk = _Walk(query.period)
    walk.through(db, selection, [dimension.column for dimension in dimensions])
    by_metric = _Breakdown.of(db, selection, query.period, [DIMENSIONS["metric"]])
    by_key = by_metric if query.by == ("metric",) else _Breakdown.of(db, selection, query.period, dimensions)
    total = sum(by_metric.numbers.values(), Counts())
    months = months_up_to(query.period, MONTHS)
    covered, uncovered = records.coverage(db, query, months, selection, mappings)
    of_records = report_holders.by_record(db, selection, query.period.start_at, query.period.end_at)
    pauses = report_pauses.by_metric(db, selection, query.period.start_at, query.period.end_at)
    demanded = of_objectives.reached(db, query, mappings.objectives, selection, conditions, labels)
    return Figures(
        query=query,
        total=total,
        total_before=sum(by_metric.before.values(), Counts()),
        compliance=Compliance(sum(walk.kept.values()), len(walk.kept)),
        groups=by_key.groups(labels, walk.kept_by_key),
        metrics=by_metric.groups(labels, walk.kept_by_metric, walk.metrics()),
        trend=_trend(db, months, selection),
        breaches=walk.breaches,
        bottlenecks=_bottlenecks(db, query.period, selection),
        teams=labels.teams,
        people=walk.people(labels),
        objectives=demanded.for_all,
        below=demanded.below,
        goals=demanded.goals,
        goal=demanded.goal,
        undated=report_rows.undated(db, selection),
        outside=report_rows.excluded_without_instant(db, selection),
        forecast=expected(db, query.period, selection, total),
        pauses=pauses,
        once=bottlenecks(of_records.times),
        once_unknown=of_records.unknown,
        coverage=covered,
        uncovered=uncovered,
        hours=records.hours(db, query, months, selection, mappings),
        waived=report_coverage.waived_by(db, selection, query.period.start_at, query.period.end_at),
        users=labels.users,
        late=_listing(db, walk.late, labels),
        lists={
            name: _listing(db, latest, labels, _where_of(name))
            for name, latest in sorted({**walk.lists, **_kept_by_pauses(db, selection, query.period, pauses)}.items())
        },
        notes=tuple(dict.fromkeys(conditions.notes)),
    )


def selected(db: sqlite3.Connection, query: ReportQuery, mappings: Mappings) -> tuple[Selection, list[str]]:
    """What the conditions select, and what is to be said about them."""
    conditions = Conditions(db, mappings.portal.dimensions)
    return _selection(conditions, query), conditions.notes


def _selection(conditions: Conditions, query: ReportQuery) -> Selection:
    selection = conditions.selection(query.where)
    is_of_one_kind = "kind" in query.by or "kind" in query.where.words()
    return selection if is_of_one_kind else selection.and_(ONLY_SLA)


@dataclass
class _Walk:
    """One walk through the cycles of the period. `kept` says of each record whether all of its judged promises were:
    at all, by metric and by what was asked for."""

    period: Period
    by_person: dict[tuple[str | None, str], Sums] = field(default_factory=dict)
    kept: dict[str, bool] = field(default_factory=dict)
    kept_by_metric: dict[Key, dict[str, bool]] = field(default_factory=dict)
    kept_by_key: dict[Key, dict[str, bool]] = field(default_factory=dict)
    breaches: Counter[tuple[int, int]] = field(default_factory=Counter)
    late: Latest = field(default_factory=lambda: Latest(LATE_SHOWN))
    lists: dict[str, Latest] = field(default_factory=dict)

    def through(self, db: sqlite3.Connection, selection: Selection, columns: Sequence[str]) -> None:
        rows = report_rows.cycles(db, selection, self.period.start_at, self.period.end_at, columns)
        people = self.by_person
        for row in rows:
            record_id, metric, status, cause = row[2], row[3], row[4], row[5]
            person = (row[13], metric)
            sums = people.get(person)
            if sums is None:
                sums = people[person] = Sums()
            sums.count(status, cause)
            if cause is not None:
                self._listed(f"excluded:{cause}", row)
                continue
            sums.add(row[11], row[7], row[8])
            kept = JUDGED.get(status)
            if kept is not None:
                self._judged(record_id, metric, row[17:], kept=kept)
                if not kept:
                    self._broken(row)

    def _judged(self, record_id: str, metric: str, key: Key, *, kept: bool) -> None:
        of_metric = self.kept_by_metric.setdefault((metric,), {})
        of_key = self.kept_by_key.setdefault(key, {})
        for of_records in (self.kept, of_metric, of_key):
            of_records[record_id] = kept and of_records.get(record_id, True)

    def _broken(self, row: tuple[Any, ...]) -> None:
        self.late.add(row[6], row[0])
        self._listed(f"broken:{row[3]}", row)
        breached_at = row[10]
        if breached_at is not None:
            local = datetime.fromtimestamp(breached_at // 1000, self.period.zone)
            self.breaches[local.weekday(), local.hour] += 1

    def _listed(self, name: str, row: tuple[Any, ...]) -> None:
        if name not in self.lists:
            self.lists[name] = Latest()
        self.lists[name].add(row[6], row[0])

    def people(self, labels: Labels) -> list[Person]:
        """By name; those without one come last."""
        owner = DIMENSIONS["owner"]
        people = [
            Person(owner_id, labels.of(owner, owner_id), metric, sums.counts(), sums.business_durations())
            for (owner_id, metric), sums in self.by_person.items()
        ]
        judged = [person for person in people if person.counts.judged]
        return sorted(judged, key=lambda person: (person.owner_id is None, person.name, person.metric))

    def metrics(self) -> dict[Key, Sums]:
        """The sums of all people, by metric."""
        whole: dict[Key, Sums] = {}
        for (_, metric), sums in self.by_person.items():
            whole.setdefault((metric,), Sums()).take(sums)
        return whole


@dataclass(frozen=True)
class _Breakdown:
    """How many cycles there are by some dimensions, in the period and in the one before."""

    dimensions: Sequence[Dimension]
    numbers: Mapping[Key, Counts]
    before: Mapping[Key, Counts]

    @classmethod
    def of(
        cls, db: sqlite3.Connection, selection: Selection, period: Period, dimensions: Sequence[Dimension]
    ) -> _Breakdown:
        columns = [dimension.column for dimension in dimensions]

        def counted(within: Period) -> dict[Key, Counts]:
            found = report_rows.numbers_by(db, selection, within.start_at, within.end_at, columns)
            return {key: counts_of(numbers) for key, numbers in found.items()}

        return cls(dimensions, counted(period), counted(period.before()))

    def groups(
        self, labels: Labels, kept: Mapping[Key, Mapping[str, bool]], sums: Mapping[Key, Sums] | None = None
    ) -> list[Group]:
        """Sorted by their labels; what has no value comes last. With `sums` also how long things took."""
        keys = self.numbers.keys() | self.before.keys()
        groups = [self._group(key, labels, kept.get(key, {}), (sums or {}).get(key)) for key in keys]
        return sorted(groups, key=lambda group: ([value is None for value in group.key], group.labels, str(group.key)))

    def _group(self, key: Key, labels: Labels, kept: Mapping[str, bool], sums: Sums | None) -> Group:
        lengths = sums or Sums()
        return Group(
            key,
            tuple(labels.of(dimension, value) for dimension, value in zip(self.dimensions, key, strict=True)),
            self.numbers.get(key, Counts()),
            self.before.get(key, Counts()),
            Compliance(sum(kept.values()), len(kept)),
            lengths.business_durations(),
            lengths.wall_durations(),
            lengths.curve(),
        )


def _trend(db: sqlite3.Connection, months: Sequence[Period], selection: Selection) -> list[Month]:
    turns = [*(month.start_at for month in months), months[-1].end_at]
    numbers: list[dict[tuple[Status, Excluded | None], int]] = [{} for _ in months]
    for turn, status, cause, number in report_rows.by_turns(db, selection, turns):
        numbers[turn][status, cause] = number
    return [
        Month(month, counts_of(of_month), *_frozen(db, month, selection))
        for month, of_month in zip(months, numbers, strict=True)
    ]


def _frozen(db: sqlite3.Connection, month: Period, selection: Selection) -> tuple[Counts | None, int]:
    editions = periods.editions(db, month.name)
    if not editions:
        return None, 0
    newest = editions[-1]
    return counts_of(report_rows.frozen_numbers(db, selection, newest.number)), newest.edition


def _bottlenecks(db: sqlite3.Connection, period: Period, selection: Selection) -> dict[str, list[Bottleneck]]:
    times = report_holders.by_metric(db, selection, period.start_at, period.end_at)
    return {metric: bottlenecks(of_metric) for metric, of_metric in times.items()}


def _listing(db: sqlite3.Connection, latest: Latest, labels: Labels, where: str = "") -> Listing:
    row_ids = [row_id for _, row_id in sorted(latest.heap, reverse=True)]
    return Listing(latest.number, listed(db, row_ids, labels.owners, labels.customers), where)


def _kept_by_pauses(
    db: sqlite3.Connection, selection: Selection, period: Period, pauses: Mapping[str, OfMetric]
) -> dict[str, Latest]:
    """The latest of those that were kept only because of pauses, by metric."""
    kept: dict[str, Latest] = {}
    for metric, of_metric in pauses.items():
        if of_metric.together.met_only:
            own = selection.and_(Selection("o.metric = ? and o.met_by_pauses = 1 and o.excluded is null", (metric,)))
            rows = report_lists.latest(db, own, period.start_at, period.end_at, SHOWN)
            kept[f"paused:{metric}"] = Latest(SHOWN, of_metric.together.met_only, rows)
    return kept


def _where_of(name: str) -> str:
    """What selects the whole of a list, as `--where` takes it."""
    kind, _, value = name.partition(":")
    if kind == "excluded":
        return f"excluded: {value}"
    if kind == "paused":
        return f"metric: {value}, met_only_by: pauses, excluded: {{known: false}}"
    return f"metric: {value}, status: [missed, breached], excluded: {{known: false}}"
