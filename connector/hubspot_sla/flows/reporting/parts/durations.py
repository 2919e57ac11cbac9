"""How long what reached its goal took, by metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import heading, metric_name
from hubspot_sla.measure.attainment import FEW
from hubspot_sla.render.report.document import Column, Count, Length, Score, Table, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.reporting.figures import Group
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.apdex import Apdex
    from hubspot_sla.render.report.document import Cell


def durations(groups: Sequence[Group], texts: Texts) -> Table:
    """Apdex goes by the T that was asked for, in both kinds of time; else by the target of each promise, which is
    business time."""
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
        Column("apdex", "Apdex"),
        Column("apdex_t_s", "T"),
    ]
    rows: list[list[Cell]] = []
    for group in groups:
        median = group.curve.median_ms
        kinds = (texts.text("business"), texts.text("calendar"))
        for kind, of_ended, apdex in zip(kinds, (group.business, group.wall), group.apdex, strict=True):
            of_all: Cell = Text("")
            if of_ended is group.business and group.curve.n:
                of_all = Text(texts.text("not reached")) if median is None else Length(median)
            rows.append(
                [
                    Text(metric_name(group.labels[0], texts)),
                    Text(kind),
                    Count(of_ended.n),
                    *(Length(ms) for ms in (of_ended.mean_ms, of_ended.p50_ms, of_ended.p90_ms, of_ended.p95_ms)),
                    Count(group.curve.censored),
                    of_all,
                    Score(apdex.share, few=apdex.n < FEW),
                    _target(apdex, texts),
                ]
            )
    note = texts.text(
        "Percentiles by nearest rank, of what reached its goal. With open ones: the Kaplan-Meier median, in business"
        " time. Apdex, from 0 to 1: what took at most T counts whole, at most four times T half; T is the target."
    )
    return Table("durations", texts.text("How long it took"), columns, rows, note, texts.text("Nothing ended."))


def _target(apdex: Apdex, texts: Texts) -> Cell:
    if not apdex.n:
        return Text("")
    return Text(texts.text("each its own"), is_figure=True) if apdex.target_ms is None else Length(apdex.target_ms)
