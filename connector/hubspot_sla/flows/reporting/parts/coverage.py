"""The records to which nobody promised anything, by month of creation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.language import numbers
from hubspot_sla.measure.attainment import FEW
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.render.report.document import Column, Count, Instant, Section, Share, Table, Text

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
    latest = Table(
        "uncovered",
        texts.text("The latest of the period"),
        [
            Column("record", texts.text("Ticket")),
            Column("subject", texts.text("Subject")),
            Column("created_at", texts.text("Created")),
        ],
        [
            [
                Text(RecordRef(one.object_type, one.record_id).key, _link(links, one.object_type, one.record_id)),
                Text(one.subject),
                Instant(one.created_at),
            ]
            for one in figures.uncovered
        ],
        empty=texts.text("None."),
    )
    return Section("coverage", name, [by_month, latest])


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


def _link(links: Mapping[str, str], object_type: str, record_id: str) -> str:
    link = links.get(object_type, "")
    return f"{link}{record_id}" if link else ""
