"""In whose hands the time of broken promises went."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hubspot_sla.flows.reporting import lists
from hubspot_sla.flows.reporting.parts.words import HOLDERS, heading, metric_name
from hubspot_sla.language import numbers
from hubspot_sla.measure.whose_time import Holder
from hubspot_sla.render.report.document import Column, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.bottleneck import Bottleneck
    from hubspot_sla.render.report.document import Cell


MOST_ON_THE_PAGE: Final = 15
"""Holders of each metric; CSV, JSON and the workbook have all."""


def section(figures: Figures, texts: Texts) -> Section:
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
    every = [(metric, row) for metric, of_metric in figures.bottlenecks.items() for row in of_metric]
    by_metric = Table(
        "bottlenecks",
        texts.text("By metric"),
        columns,
        [_holder(metric, row, figures.teams, texts) for metric, row in every],
        texts.text("Of broken promises only. Closed hours count in calendar time alone."),
        texts.text("None broke."),
    )
    by_metric = _without_the_least(by_metric, every, figures, texts)
    return Section("bottlenecks", texts.text("Where the time went"), [by_metric, _once(figures, columns[1:], texts)])


def _once(figures: Figures, columns: Sequence[Column], texts: Texts) -> Table:
    note = texts.text("Time that several broken promises of a ticket share counts once, for the one that began first.")
    if figures.once_unknown:
        unknown = texts.plural(
            "Without {count} ticket that an earlier version judged.",
            "Without {count} tickets that an earlier version judged.",
            figures.once_unknown,
            count=numbers.whole(figures.once_unknown, texts),
        )
        note = f"{note} {unknown}"
    table = Table(
        "bottlenecks_once",
        texts.text("By ticket, each instant once"),
        columns,
        [_holder("", row, figures.teams, texts)[1:] for row in figures.once],
        note,
        texts.text("None broke."),
    )
    return _without_the_least(table, [("", row) for row in figures.once], figures, texts)


def _without_the_least(table: Table, rows: Sequence[tuple[str, Bottleneck]], figures: Figures, texts: Texts) -> Table:
    """On the page the holders with the most time, of each metric, and closed hours: a manager looks at those."""
    of_metric: Counter[str] = Counter()
    least: set[int] = set()
    for number, (metric, row) in enumerate(rows):
        if row.holder is not Holder.CLOSED_HOURS:
            of_metric[metric] += 1
            if of_metric[metric] > MOST_ON_THE_PAGE:
                least.add(number)
    command = lists.table_command(figures.query, table.key)
    return replace(table, aside=frozenset(least), aside_note=lists.and_more(len(least), command, texts))


def _holder(metric: str, row: Bottleneck, teams: Mapping[str, str], texts: Texts) -> list[Cell]:
    return [
        Text(metric_name(metric, texts) if metric else ""),
        Text(texts.text(HOLDERS[row.holder])),
        Text(teams.get(row.name, row.name) if row.holder is Holder.QUEUE else row.name),
        Length(row.business_ms),
        Share(row.share),
        Length(row.late_ms),
        Length(row.wall_ms),
    ]
