"""The figures of one report, as they were worked out: no text, no order of people, nothing rounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.reporting.listing import Listing
    from hubspot_sla.flows.reporting.query import ReportQuery
    from hubspot_sla.flows.reporting.records import UncoveredRecords
    from hubspot_sla.ledger.report_pauses import OfMetric
    from hubspot_sla.ledger.report_rows import Undated
    from hubspot_sla.measure.apdex import Apdex
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.bottleneck import Bottleneck
    from hubspot_sla.measure.compliance import Compliance
    from hubspot_sla.measure.coverage import Coverage
    from hubspot_sla.measure.durations import Durations
    from hubspot_sla.measure.error_budget import ErrorBudget
    from hubspot_sla.measure.forecast import Forecast
    from hubspot_sla.measure.outcome import Excluded
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.measure.survival import Survival
    from hubspot_sla.measure.true_hours import TrueHours


@dataclass(frozen=True, slots=True)
class Group:
    """What a breakdown says of one combination of values. `before` counts the period before. `business` and `wall` are
    of cycles that reached their goal, `apdex` too, in business and in calendar time; `curve` (Kaplan-Meier, business
    time) of all."""

    key: tuple[str | None, ...]
    labels: tuple[str, ...]
    counts: Counts
    before: Counts
    compliance: Compliance
    business: Durations
    wall: Durations
    apdex: tuple[Apdex, Apdex]
    curve: Survival


@dataclass(frozen=True, slots=True)
class Person:
    """One owner and one metric. People are listed by name, never ranked."""

    owner_id: str | None
    name: str
    metric: str
    counts: Counts
    business: Durations


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the trend as it stands now, and where it was closed the newest edition, as it was then. Of the month
    that is reported `moved` says how many records count otherwise since, by cause."""

    period: Period
    counts: Counts
    frozen: Counts | None = None
    edition: int = 0
    moved: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_moved(self) -> bool:
        """Whether the frozen figure is not what would be said today."""
        return self.frozen is not None and (self.frozen.met, self.frozen.broken) != (
            self.counts.met,
            self.counts.broken,
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """How an objective stands, for all whom it covers (`customer_id` None) or for one customer."""

    objective: str
    share: Fraction
    customer_id: str | None
    customer: str
    counts: Counts
    forecast: Forecast
    budget: ErrorBudget

    @property
    def is_below(self) -> bool:
        return is_below(self.counts, self.share)


def is_below(counts: Counts, share: Fraction) -> bool:
    """Whether fewer were kept than an objective demands; not where nothing was judged."""
    return counts.attainment is not None and counts.attainment < share


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a report may show. `breaches` is how many promises broke by weekday (0 is Monday) and hour in the
    report's zone; `undated` are cycles without a due instant, `teams` the names
    of teams by id, `users` those of users; `outside` are those excluded without any instant, `pauses` those by metric.
    `bottlenecks` are by metric and `once` by record, each instant once, without `once_unknown` records; `coverage` has
    a row for each month of `trend`, `hours` one for each calendar; `goals` are the shares that
    objectives demand, by metric, and `goal` of all; `waived` says how many promises were waived, by
    whom."""

    query: ReportQuery
    total: Counts
    total_before: Counts
    compliance: Compliance
    groups: Sequence[Group]
    metrics: Sequence[Group]
    trend: Sequence[Month]
    breaches: Mapping[tuple[int, int], int]
    bottlenecks: Mapping[str, Sequence[Bottleneck]]
    teams: Mapping[str, str]
    people: Sequence[Person]
    objectives: Sequence[Reached]
    below: Sequence[Reached]
    goals: Mapping[str, Fraction]
    goal: Fraction | None
    undated: Sequence[Undated]
    outside: Mapping[Excluded, int]
    forecast: Forecast
    pauses: Mapping[str, OfMetric]
    once: Sequence[Bottleneck]
    once_unknown: int
    coverage: Sequence[Coverage]
    uncovered: UncoveredRecords
    hours: Mapping[str, TrueHours]
    waived: Mapping[str, int]
    users: Mapping[str, str]
    late: Listing
    lists: Mapping[str, Listing] = field(default_factory=dict)
    notes: Sequence[str] = ()
