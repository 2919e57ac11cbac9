"""Each owner, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import heading, metric_name
from hubspot_sla.render.report.document import Column, Count, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
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
