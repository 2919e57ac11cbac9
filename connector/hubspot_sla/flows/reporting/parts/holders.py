"""In whose hands the time of broken promises went."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    rows = [
        _holder(metric, row, figures.teams, texts)
        for metric, of_metric in figures.bottlenecks.items()
        for row in of_metric
    ]
    by_metric = Table(
        "bottlenecks",
        texts.text("By metric"),
        columns,
        rows,
        texts.text("Of broken promises only. Closed hours count in calendar time alone."),
        texts.text("None broke."),
    )
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
    return Table(
        "bottlenecks_once",
        texts.text("By ticket, each instant once"),
        columns,
        [_holder("", row, figures.teams, texts)[1:] for row in figures.once],
        note,
        texts.text("None broke."),
    )


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
