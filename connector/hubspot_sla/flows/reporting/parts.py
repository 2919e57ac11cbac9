"""The parts of a report: each a section of tables."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import STAGE_TOTAL, Clock
from hubspot_sla.language import numbers
from hubspot_sla.language.texts import marked
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.waiver_rate import waiver_rate
from hubspot_sla.measure.whose_time import Holder
from hubspot_sla.render import names
from hubspot_sla.render.report.cells import DASH, percent, tenths_of
from hubspot_sla.render.report.document import (
    Change,
    Column,
    Count,
    Heat,
    Instant,
    Interval,
    Length,
    Section,
    Share,
    Table,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.reporting.figures import Figures, Group, Month, Reached
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.bottleneck import Bottleneck
    from hubspot_sla.render.report.document import Cell

CAUSES: Final = {
    Excluded.WAIVED: marked("lateness was waived"),
    Excluded.NO_SLA: marked("nothing was promised"),
    Excluded.NOT_APPLICABLE: marked("the promise ended before it was due"),
    Excluded.UNKNOWN: marked("facts are missing"),
    Excluded.MERGED: marked("merged into another ticket"),
    Excluded.BEFORE_GO_LIVE: marked("before go-live"),
}
HOLDERS: Final = {
    Holder.QUEUE: marked("our queue"),
    Holder.CUSTOMER: marked("the customer"),
    Holder.TEAM: marked("team"),
    Holder.VENDOR: marked("vendor"),
    Holder.AI_AGENT: marked("the AI agent"),
    Holder.CLOSED_HOURS: marked("closed hours"),
}
WORDS: Final = {
    "customer": marked("Customer"),
    "tier": marked("Tier"),
    "policy": marked("Policy"),
    "kind": marked("Kind"),
    "agreement": marked("Agreement"),
    "metric": marked("Metric"),
    "place": marked("Place"),
    "calendar": marked("Calendar"),
    "pipeline": marked("Pipeline"),
    "stage": marked("Stage"),
    "stage_role": marked("Role of the stage"),
    "priority": marked("Priority"),
    "owner": marked("Owner"),
    "team": marked("Team"),
    "source": marked("Source"),
    "category": marked("Category"),
    "first_responder": marked("First responder"),
    "status": marked("Status"),
    "excluded": marked("Excluded because"),
}
"""The dimensions, as headings. A property of the portal stands under its own name."""


def metric_name(metric: str, texts: Texts) -> str:
    """As every text for people calls it."""
    if metric in (Metric.STAGE, STAGE_TOTAL):
        return texts.text("Time in stages")
    return names.metric_name(Clock.of(metric), texts)


def attainment(figures: Figures, texts: Texts) -> Section:
    """By metric, and by what was asked for."""
    tables = [breakdown(figures.metrics, ("metric",), texts, "metrics", texts.text("By metric"))]
    if figures.query.by != ("metric",):
        words = ", ".join(heading(word, texts) for word in figures.query.by)
        tables.append(
            breakdown(figures.groups, figures.query.by, texts, "groups", texts.text("By {words}", words=words))
        )
    tables.append(_durations(figures.metrics, texts))
    return Section("attainment", texts.text("What was kept"), tables, list(_beside(figures, texts)))


def _beside(figures: Figures, texts: Texts) -> Sequence[str]:
    compliance, expected, total = figures.compliance, figures.forecast, figures.total
    lines = [
        texts.text(
            "Ticket compliance: {share} of {number} tickets with a judged promise kept all of them.",
            share=percent(compliance.share, texts),
            number=numbers.whole(compliance.judged, texts),
        )
    ]
    if total.to_come:
        lines.append(
            texts.text(
                "Still to come due: {number}. Expected for the whole period: {share},"
                " as {ended} cycles of their kind have fared.",
                number=numbers.whole(total.to_come, texts),
                share=percent(_fraction(expected.attainment), texts),
                ended=numbers.whole(expected.from_ended, texts),
            )
        )
    return lines


def _fraction(share: float | None) -> Fraction | None:
    return None if share is None else Fraction(share)


def breakdown(groups: Sequence[Group], words: Sequence[str], texts: Texts, key: str, name: str) -> Table:
    """Attainment by group, with everything that stands beside it."""
    columns = [
        *(Column(word, heading(word, texts)) for word in words),
        Column("judged", texts.text("Came due")),
        Column("met", texts.text("Kept")),
        Column("missed", texts.text("Missed")),
        Column("late", texts.text("Late, open")),
        Column("attainment", texts.text("Attainment"), bar=True),
        Column("interval", texts.text("95% interval")),
        Column("before", texts.text("Before")),
        Column("change", texts.text("Change")),
        Column("to_come", texts.text("To come")),
        Column("excluded", texts.text("Excluded")),
        Column("ticket_compliance", texts.text("Tickets all kept")),
    ]
    return Table(
        key,
        name,
        columns,
        [[*_labels(group, words, texts), *_counts(group, words)] for group in groups],
        note=texts.text("Grey: fewer than 20 judged. Change in percentage points against the period before."),
        empty=texts.text("No promise came due, and none is to come."),
    )


def _labels(group: Group, words: Sequence[str], texts: Texts) -> list[Cell]:
    return [Text(value_name(word, label, texts)) for word, label in zip(words, group.labels, strict=True)]


def value_name(word: str, label: str, texts: Texts) -> str:
    """How a value of a dimension is shown."""
    if not label:
        return texts.text("none")
    if word == "metric":
        return metric_name(label, texts)
    if word == "excluded" and label in list(Excluded):
        return texts.text(CAUSES[Excluded(label)])
    return label


def _counts(group: Group, words: Sequence[str]) -> list[Cell]:
    counts = group.counts
    link = f"#broken-{group.key[0]}" if tuple(words) == ("metric",) and counts.broken else ""
    return [
        Count(counts.judged),
        Count(counts.met),
        Count(counts.missed, link if counts.missed else ""),
        Count(counts.late, link if counts.late else ""),
        Share(counts.attainment, counts.few),
        Interval(counts.interval),
        Share(group.before.attainment, group.before.few),
        Change(_change(counts, group.before)),
        Count(counts.to_come),
        Count(counts.outside),
        Share(group.compliance.share, group.compliance.judged < 20),
    ]


def _change(counts: Counts, before: Counts) -> Fraction | None:
    if counts.attainment is None or before.attainment is None:
        return None
    return counts.attainment - before.attainment


def _durations(groups: Sequence[Group], texts: Texts) -> Table:
    columns = [
        Column("metric", heading("metric", texts)),
        Column("time", texts.text("Time")),
        Column("ended", texts.text("Ended")),
        Column("mean_s", texts.text("Mean")),
        Column("p50_s", texts.text("Median")),
        Column("p90_s", "p90"),
        Column("p95_s", "p95"),
        Column("open", texts.text("Not ended")),
        Column("median_of_all_s", texts.text("Median with open ones")),
    ]
    rows: list[list[Cell]] = []
    for group in groups:
        median = group.curve.median_ms
        for kind, of_ended in ((texts.text("business"), group.business), (texts.text("calendar"), group.wall)):
            is_business = of_ended is group.business
            of_all: Cell = Text("")
            if is_business and group.curve.n:
                of_all = Text(texts.text("not reached")) if median is None else Length(median)
            rows.append(
                [
                    Text(metric_name(group.labels[0], texts)),
                    Text(kind),
                    Count(of_ended.n),
                    *(Length(ms) for ms in (of_ended.mean_ms, of_ended.p50_ms, of_ended.p90_ms, of_ended.p95_ms)),
                    Count(group.curve.censored),
                    of_all,
                ]
            )
    note = texts.text(
        "Percentiles by nearest rank, of what reached its goal. The last column is the Kaplan-Meier median, in business"
        " time."
    )
    return Table("durations", texts.text("How long it took"), columns, rows, note, texts.text("Nothing ended."))


def trend(figures: Figures, texts: Texts) -> Section:
    """Thirteen months. A closed one shows what was frozen, and beside it what would be said today."""
    columns = [
        Column("month", texts.text("Month")),
        Column("judged", texts.text("Came due")),
        Column("attainment", texts.text("Attainment"), bar=True),
        Column("interval", texts.text("95% interval")),
        Column("excluded", texts.text("Excluded")),
        Column("closed", texts.text("Closed")),
        Column("today", texts.text("As it stands today")),
    ]
    table = Table(
        "trend",
        texts.text("Thirteen months"),
        columns,
        [_month(month, texts) for month in figures.trend],
        texts.text("A closed month shows the figures that were frozen; what changed since stands beside them."),
        heading=False,
    )
    return Section("trend", texts.text("Thirteen months"), [table])


def _month(month: Month, texts: Texts) -> list[Cell]:
    counts = month.counts if month.frozen is None else month.frozen
    closed = "" if month.frozen is None else texts.text("edition {number}", number=str(month.edition))
    return [
        Text(numbers.short_month(month.period.start, texts)),
        Count(counts.judged),
        Share(counts.attainment, counts.few),
        Interval(counts.interval),
        Count(counts.outside),
        Text(closed),
        Text("") if month.frozen is None else Share(month.counts.attainment, month.counts.few),
    ]


def breach_map(figures: Figures, texts: Texts) -> Section:
    """When promises broke: weekday and hour, in the report's zone."""
    greatest = max(figures.breaches.values(), default=0)
    columns = [Column("weekday", ""), *(Column(f"h{hour:02}", f"{hour:02}") for hour in range(24))]
    rows: list[list[Cell]] = [
        [Text(name), *(_heat(figures, weekday, hour, greatest) for hour in range(24))]
        for weekday, name in enumerate(numbers.weekdays(texts))
    ]
    note = texts.text(
        "How many promises broke in each hour of the week, in {zone}.", zone=str(figures.query.period.zone)
    )
    table = Table(
        "breaches",
        texts.text("When promises broke"),
        columns,
        rows if greatest else [],
        note,
        texts.text("None broke."),
        heading=False,
    )
    return Section("breaches", texts.text("When promises broke"), [table])


def _heat(figures: Figures, weekday: int, hour: int, greatest: int) -> Heat:
    number = figures.breaches.get((weekday, hour), 0)
    return Heat(number, number / greatest if greatest else 0.0)


def holders(figures: Figures, texts: Texts) -> Section:
    """In whose hands the time of broken promises went."""
    columns = [
        Column("metric", heading("metric", texts)),
        Column("holder", texts.text("Whose time")),
        Column("name", texts.text("Name")),
        Column("business_s", texts.text("Business time")),
        Column("share", texts.text("Share"), bar=True),
        Column("late_s", texts.text("After the breach")),
        Column("wall_s", texts.text("Calendar time")),
    ]
    rows = [
        _holder(metric, row, figures.teams, texts)
        for metric, of_metric in figures.bottlenecks.items()
        for row in of_metric
    ]
    table = Table(
        "bottlenecks",
        texts.text("Where the time went"),
        columns,
        rows,
        texts.text("Of broken promises only. Closed hours count in calendar time alone."),
        texts.text("None broke."),
        heading=False,
    )
    return Section("bottlenecks", texts.text("Where the time went"), [table])


def _holder(metric: str, row: Bottleneck, teams: Mapping[str, str], texts: Texts) -> list[Cell]:
    return [
        Text(metric_name(metric, texts)),
        Text(texts.text(HOLDERS[row.holder])),
        Text(teams.get(row.name, row.name) if row.holder is Holder.QUEUE else row.name),
        Length(row.business_ms),
        Share(row.share),
        Length(row.late_ms),
        Length(row.wall_ms),
    ]


def people(figures: Figures, texts: Texts) -> Section:
    """Each owner and metric, by name."""
    columns = [
        Column("owner", heading("owner", texts)),
        Column("metric", heading("metric", texts)),
        Column("judged", texts.text("Came due")),
        Column("met", texts.text("Kept")),
        Column("attainment", texts.text("Attainment")),
        Column("p50_s", texts.text("Median")),
        Column("p90_s", "p90"),
    ]
    rows: list[list[Cell]] = [
        [
            Text(person.name or texts.text("nobody")),
            Text(metric_name(person.metric, texts)),
            Count(person.counts.judged),
            Count(person.counts.met),
            Share(person.counts.attainment, person.counts.few),
            Length(person.business.p50_ms),
            Length(person.business.p90_ms),
        ]
        for person in figures.people
    ]
    note = texts.text("By name, not by rank. Times are business time of what reached its goal.")
    table = Table("people", texts.text("People"), columns, rows, note, texts.text("Nobody."), heading=False)
    return Section("people", texts.text("People"), [table])


def below_objectives(figures: Figures, texts: Texts) -> Section | None:
    """None without objectives."""
    if not figures.objectives:
        return None
    common = [
        Column("objective", texts.text("Objective")),
        Column("judged", texts.text("Came due")),
        Column("attainment", texts.text("Attainment"), bar=True),
        Column("goal", texts.text("Goal")),
        Column("allowed", texts.text("May be broken")),
        Column("broken", texts.text("Are broken")),
        Column("burn_rate", texts.text("Burn rate")),
    ]
    every = Table(
        "objectives",
        texts.text("All objectives"),
        common,
        [_reached(reached, texts) for reached in figures.objectives],
    )
    below = Table(
        "below",
        texts.text("Customers below an objective"),
        [Column("customer", heading("customer", texts)), *common],
        [[Text(reached.customer), *_reached(reached, texts)] for reached in figures.below],
        empty=texts.text("No customer is below an objective."),
    )
    return Section("objectives", texts.text("Objectives"), [below, every])


def _reached(reached: Reached, texts: Texts) -> list[Cell]:
    budget = reached.budget
    burn = texts.text("none allowed") if budget.none_allowed else _ratio(budget.burn_rate, texts)
    return [
        Text(reached.objective),
        Count(reached.counts.judged),
        Share(reached.counts.attainment, reached.counts.few),
        Share(reached.share),
        Text(_ratio(budget.allowed, texts)),
        Count(budget.broken),
        Text(burn),
    ]


def _ratio(value: Fraction | None, texts: Texts) -> str:
    return DASH if value is None else numbers.tenths(tenths_of(value), texts)


def outside(figures: Figures, texts: Texts) -> Section:
    """What stands outside every figure, and why."""
    columns = [
        Column("cause", texts.text("Excluded because")),
        Column("number", texts.text("In the period")),
        Column("without_instant", texts.text("In no period")),
    ]
    causes = [cause for cause in Excluded if cause in figures.total.excluded or cause in figures.outside]
    rows: list[list[Cell]] = [
        [
            Text(texts.text(CAUSES[cause])),
            Count(number := figures.total.excluded.get(cause, 0), f"#excluded-{cause}" if number else ""),
            Count(figures.outside.get(cause, 0)),
        ]
        for cause in causes
    ]
    excluded = Table(
        "excluded",
        texts.text("Excluded"),
        columns,
        rows,
        texts.text("In no period: without a due instant and without an end, in the whole ledger."),
        texts.text("Nothing is excluded."),
    )
    undated = Table(
        "without_due",
        texts.text("Without a due instant: paused, or not started"),
        [
            Column("metric", heading("metric", texts)),
            Column("number", texts.text("Cycles")),
            Column("oldest_at", texts.text("Oldest start")),
        ],
        [[Text(metric_name(one.metric, texts)), Count(one.number), Instant(one.oldest_at)] for one in figures.undated],
        empty=texts.text("None."),
    )
    rate = texts.text(
        "Waiver rate: {share} of what would count as broken was waived.",
        share=percent(waiver_rate(figures.total), texts),
    )
    return Section("outside", texts.text("What is not counted"), [excluded, undated], [rate])


def heading(word: str, texts: Texts) -> str:
    return texts.text(WORDS[word]) if word in WORDS else word
