"""When promises broke, by weekday and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.language import numbers
from hubspot_sla.render.report.document import Column, Heat, Section, Table, Text

if TYPE_CHECKING:
    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
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
