"""Thirteen months."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import RESTATED
from hubspot_sla.language import numbers
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Column, Count, Interval, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.reporting.figures import Figures, Month
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
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
    rows = [_month(month, texts) for month in figures.trend]
    if figures.goal is not None:
        columns.append(Column("goal", texts.text("Goal of the period")))
        rows = [[*row, Share(figures.goal)] for row in rows]
    table = Table(
        "trend",
        texts.text("Thirteen months"),
        columns,
        rows,
        texts.text("A closed month shows the figures that were frozen; what changed since stands beside them."),
        heading=False,
    )
    return Section("trend", texts.text("Thirteen months"), [table, *_restated(figures, texts)])


def facts(figures: Figures, texts: Texts) -> list[tuple[str, str]]:
    """What stands beside the figure of a closed month that would be another one now: both, and why. Nothing else."""
    return [
        (
            texts.text("Changed since it was closed"),
            texts.text(
                "{frozen} → {today}: {tickets} ({causes})",
                frozen=percent(month.frozen.attainment, texts),
                today=percent(month.counts.attainment, texts),
                tickets=_tickets(sum(month.moved.values()), texts),
                causes=", ".join(
                    f"{texts.text(RESTATED[cause])} {numbers.whole(number, texts)}"
                    for cause, number in month.moved.items()
                ),
            ),
        )
        for month in figures.trend
        if month.moved and month.frozen is not None
    ]


def _tickets(number: int, texts: Texts) -> str:
    return texts.plural("{count} ticket", "{count} tickets", number, count=numbers.whole(number, texts))


def _restated(figures: Figures, texts: Texts) -> Iterator[Table]:
    for month in figures.trend:
        if month.moved:
            rows: list[list[Cell]] = [
                [Text(texts.text(RESTATED[cause])), Count(number)] for cause, number in month.moved.items()
            ]
            columns = [Column("cause", texts.text("Why")), Column("tickets", texts.text("Tickets"))]
            yield Table("restated", texts.text("Changed since it was closed"), columns, rows)


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
