"""What was kept: by metric, and by what was asked for; with how long it took."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.durations import durations
from hubspot_sla.flows.reporting.parts.words import heading, value_name
from hubspot_sla.language import numbers
from hubspot_sla.render.report.cells import as_fraction, percent
from hubspot_sla.render.report.document import Change, Column, Count, Interval, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from hubspot_sla.flows.reporting.figures import Figures, Group
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
    """By metric, and by what was asked for."""
    by_metric = breakdown(figures.metrics, ("metric",), texts, "metrics", texts.text("By metric"))
    tables = [_with_goals(by_metric, figures, texts) if figures.goals else by_metric]
    if figures.query.by != ("metric",):
        tables.append(by_words(figures.groups, figures.query.by, texts))
    tables.append(durations(figures.metrics, texts))
    return Section("attainment", texts.text("What was kept"), tables, list(_beside(figures, texts)))


def by_words(groups: Sequence[Group], by: Sequence[str], texts: Texts) -> Table:
    """The table of what was asked for."""
    words = ", ".join(heading(word, texts) for word in by)
    return breakdown(groups, by, texts, "groups", texts.text("By {words}", words=words))


def _beside(figures: Figures, texts: Texts) -> Sequence[str]:
    compliance, expected, total = figures.compliance, figures.forecast, figures.total
    lines = [
        texts.plural(
            "Ticket compliance: {share} of {count} ticket with a judged promise kept all of them.",
            "Ticket compliance: {share} of {count} tickets with a judged promise kept all of them.",
            compliance.judged,
            share=percent(compliance.share, texts),
            count=numbers.whole(compliance.judged, texts),
        )
    ]
    if total.to_come:
        lines.append(
            texts.plural(
                "Still to come due: {number}. Expected for the whole period: {share}, as {count} cycle of their kind"
                " has fared.",
                "Still to come due: {number}. Expected for the whole period: {share}, as {count} cycles of their kind"
                " have fared.",
                expected.from_ended,
                number=numbers.whole(total.to_come, texts),
                share=percent(as_fraction(expected.attainment), texts),
                count=numbers.whole(expected.from_ended, texts),
            )
        )
    return lines


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
        worst_first=sorted(range(len(groups)), key=lambda number: -groups[number].counts.broken),
    )


def _with_goals(table: Table, figures: Figures, texts: Texts) -> Table:
    """The table with what objectives demand of each metric, as a last column."""
    rows = [
        [*row, Share(figures.goals.get(group.key[0] or ""))]
        for row, group in zip(table.rows, figures.metrics, strict=True)
    ]
    note = texts.text("Goal: what objectives demand of all that came due.")
    columns = [*table.columns, Column("goal", texts.text("Goal"))]
    return replace(table, columns=columns, rows=rows, note=f"{table.note} {note}")


def _labels(group: Group, words: Sequence[str], texts: Texts) -> list[Cell]:
    return [Text(value_name(word, label, texts)) for word, label in zip(words, group.labels, strict=True)]


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
        Share(group.compliance.share, group.compliance.few),
    ]


def _change(counts: Counts, before: Counts) -> Fraction | None:
    if counts.attainment is None or before.attainment is None:
        return None
    return counts.attainment - before.attainment
