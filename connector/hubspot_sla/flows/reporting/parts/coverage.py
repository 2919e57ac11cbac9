"""The records to which nobody promised anything, by month of creation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting import lists
from hubspot_sla.language import numbers
from hubspot_sla.measure.attainment import FEW
from hubspot_sla.render.report.document import Column, Count, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.coverage import Coverage
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts, links: Mapping[str, str]) -> Section:
    """Thirteen months, and the latest such records of the period."""
    name = texts.text("Tickets that nobody promised anything")
    by_month = Table(
        "coverage",
        texts.text("By month of creation"),
        [
            Column("month", texts.text("Month")),
            Column("created", texts.text("Created")),
            Column("promised", texts.text("Promised")),
            Column("nothing", texts.text("Nothing promised")),
            Column("unknown", texts.text("Not known")),
            Column("uncovered", texts.text("Share without a promise"), bar=True),
        ],
        [
            _month(numbers.short_month(month.period.start, texts), covered)
            for month, covered in zip(figures.trend, figures.coverage, strict=True)
        ],
        texts.text("Tickets that were merged into another one count with that one."),
    )
    shown = figures.uncovered
    more = lists.and_more(shown.number - len(shown.latest), lists.uncovered_command(figures.query), texts)
    latest = lists.uncovered(shown.latest, texts, links, texts.text("The latest of the period"))
    return Section("coverage", name, [by_month, replace(latest, note=more)])


def _month(name: str, covered: Coverage) -> list[Cell]:
    known = covered.promised + covered.nothing
    return [
        Text(name),
        Count(known + covered.unknown),
        Count(covered.promised),
        Count(covered.nothing),
        Count(covered.unknown),
        Share(covered.uncovered, few=known < FEW),
    ]
