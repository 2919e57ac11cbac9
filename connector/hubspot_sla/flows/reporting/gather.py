"""The figures of a report from the ledger: one walk through the cycles of the period, and a few sums in SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hubspot_sla.flows.reporting import objectives as of_objectives
from hubspot_sla.flows.reporting.dimensions import DIMENSIONS, Dimension, dimension_of
from hubspot_sla.flows.reporting.expected import expected
from hubspot_sla.flows.reporting.figures import Figures, Group, Month, Person
from hubspot_sla.flows.reporting.labels import Labels
from hubspot_sla.flows.reporting.listing import LATE_SHOWN, Latest, Listing, listed
from hubspot_sla.flows.reporting.sums import JUDGED, Sums
from hubspot_sla.flows.reporting.where import Conditions
from hubspot_sla.ledger import periods, report_rows
from hubspot_sla.ledger.report_rows import Selection
from hubspot_sla.measure.attainment import Counts, counts_of
from hubspot_sla.measure.bottleneck import bottlenecks
from hubspot_sla.measure.periods import months_up_to

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from hubspot_sla.clock.verdict import Status
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.measure.bottleneck import Bottleneck
    from hubspot_sla.measure.outcome import Excluded
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.mappings import Mappings

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
    walk.through(db, selection, dimensions)
    groups = walk.groups_of(walk.by_key, labels, dimensions)
    metrics = walk.groups_of(walk.by_metric, labels, [DIMENSIONS["metric"]])
    reached, below = of_objectives.reached(db, query, mappings.objectives, selection, conditions, labels)
    return Figures(
        query=query,
        total=walk.total.counts(),
        total_before=walk.total.counts_before(),
        compliance=walk.total.compliance(),
        groups=groups,
        metrics=metrics,
        trend=_trend(db, query.period, selection),
        breaches=walk.breaches,
        bottlenecks=_bottlenecks(db, query.period, selection),
        teams=labels.teams,
        people=walk.people(labels),
        objectives=reached,
        below=below,
        undated=report_rows.undated(db, selection),
        outside=report_rows.excluded_without_instant(db, selection),
        forecast=expected(db, query.period, selection, walk.total.counts()),
        late=_listing(db, walk.late, labels),
        lists={name: _listing(db, latest, labels, _where_of(name)) for name, latest in sorted(walk.lists.items())},
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
    """One walk through the cycles of the period and of the one before."""

    period: Period
    total: Sums = field(default_factory=Sums)
    by_key: dict[tuple[str | None, ...], Sums] = field(default_factory=dict)
    by_metric: dict[tuple[str | None, ...], Sums] = field(default_factory=dict)
    by_owner: dict[tuple[str | None, str], Sums] = field(default_factory=dict)
    breaches: Counter[tuple[int, int]] = field(default_factory=Counter)
    late: Latest = field(default_factory=lambda: Latest(LATE_SHOWN))
    lists: dict[str, Latest] = field(default_factory=dict)

    def through(self, db: sqlite3.Connection, selection: Selection, dimensions: Sequence[Dimension]) -> None:
        start_at = self.period.start_at
        columns = [dimension.column for dimension in dimensions]
        rows = report_rows.cycles(db, selection, self.period.before().start_at, self.period.end_at, columns)
        for row in rows:
            metric, status, cause, at = row[3], row[4], row[5], row[6]
            groups = (
                self.total,
                _of(self.by_key, row[17:]),
                _of(self.by_metric, (metric,)),
                _of(self.by_owner, (row[13], metric)),
            )
            standing = (status, cause)
            if at < start_at:
                for sums in groups[:3]:
                    sums.before[standing] = sums.before.get(standing, 0) + 1
                continue
            for sums in groups:
                sums.numbers[standing] = sums.numbers.get(standing, 0) + 1
            if cause is None:
                self._counted(row, groups)
            else:
                self._listed(f"excluded:{cause}", row)

    def _counted(self, row: tuple[Any, ...], groups: Sequence[Sums]) -> None:
        """One that is not excluded. See `CycleRow` for the fields."""
        record_id, metric, status = row[2], row[3], row[4]
        started_at, stopped_at, breached_at, elapsed_ms = row[7], row[8], row[10], row[11]
        kept = JUDGED.get(status)
        if kept is not None:
            for sums in groups[:3]:
                sums.kept[record_id] = sums.kept.get(record_id, True) and kept
            if not kept:
                self.late.add(row[6], row[0])
                self._listed(f"broken:{metric}", row)
                if breached_at is not None:
                    local = datetime.fromtimestamp(breached_at // 1000, self.period.zone)
                    self.breaches[local.weekday(), local.hour] += 1
        if stopped_at is None:
            for sums in groups:
                sums.censored.append(elapsed_ms)
            return
        for sums in groups:
            sums.business.append(elapsed_ms)
            sums.wall.append(stopped_at - (started_at or stopped_at))

    def _listed(self, name: str, row: tuple[Any, ...]) -> None:
        if name not in self.lists:
            self.lists[name] = Latest()
        self.lists[name].add(row[6], row[0])

    def groups_of(
        self, sums_by_key: Mapping[tuple[str | None, ...], Sums], labels: Labels, dimensions: Sequence[Dimension]
    ) -> list[Group]:
        """Sorted by their labels; what has none comes last."""
        groups = [
            Group(
                key,
                tuple(labels.of(dimension, value) for dimension, value in zip(dimensions, key, strict=True)),
                sums.counts(),
                sums.counts_before(),
                sums.compliance(),
                sums.business_durations(),
                sums.wall_durations(),
                sums.curve(),
            )
            for key, sums in sums_by_key.items()
        ]
        return sorted(groups, key=lambda group: ([value is None for value in group.key], group.labels, str(group.key)))

    def people(self, labels: Labels) -> list[Person]:
        owner = DIMENSIONS["owner"]
        people = [
            Person(owner_id, labels.of(owner, owner_id), metric, sums.counts(), sums.business_durations())
            for (owner_id, metric), sums in self.by_owner.items()
        ]
        judged = [person for person in people if person.counts.judged]
        return sorted(judged, key=lambda person: (person.owner_id is None, person.name, person.metric))


def _of(groups: dict[Any, Sums], key: object) -> Sums:
    found = groups.get(key)
    if found is None:
        found = groups[key] = Sums()
    return found


def _trend(db: sqlite3.Connection, period: Period, selection: Selection) -> list[Month]:
    months = months_up_to(period, MONTHS)
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
    times = report_rows.late_time(db, selection, period.start_at, period.end_at)
    return {metric: bottlenecks(of_metric) for metric, of_metric in times.items()}


def _listing(db: sqlite3.Connection, latest: Latest, labels: Labels, where: str = "") -> Listing:
    row_ids = [row_id for _, row_id in sorted(latest.heap, reverse=True)]
    return Listing(latest.number, listed(db, row_ids, labels.owners, labels.customers), where)


def _where_of(name: str) -> str:
    """What selects the whole of a list, as `--where` takes it."""
    kind, _, value = name.partition(":")
    if kind == "excluded":
        return f"excluded: {value}"
    return f"metric: {value}, status: [missed, breached], excluded: {{known: false}}"
