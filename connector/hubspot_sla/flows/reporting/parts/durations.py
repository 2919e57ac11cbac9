"""How long what reached its goal took, by metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import heading, metric_name
from hubspot_sla.render.report.document import Column, Count, Length, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.figures import Group
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def durations(groups: Sequence[Group], texts: Texts) -> Table:
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
