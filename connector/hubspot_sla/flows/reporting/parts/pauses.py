"""Who made clocks stand still, how long, and what was kept only because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import author_name, heading, metric_name
from hubspot_sla.language import numbers
from hubspot_sla.measure.pause_audit import attainment_without_pauses, share_kept_by_pauses
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Column, Count, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.ledger.report_pauses import OfMetric
    from hubspot_sla.measure.attainment import Counts
    from hubspot_sla.measure.pause_audit import Paused
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
    """By metric and author, with all together last."""
    columns = [
        Column("metric", heading("metric", texts)),
        Column("author", texts.text("Paused by")),
        Column("cycles", texts.text("Promises paused")),
        Column("business_s", texts.text("Business time")),
        Column("wall_s", texts.text("Calendar time")),
        Column("met_only", texts.text("Kept only by it")),
        Column("share", texts.text("Share of the kept"), bar=True),
    ]
    counts = {group.key[0]: group.counts for group in figures.metrics}
    rows = [
        row
        for metric, of_metric in figures.pauses.items()
        for row in _rows(metric, of_metric, counts[metric], figures, texts)
    ]
    note = texts.text(
        "Kept only by it: judged again without these pauses the promise would have been missed. Several together may"
        " keep what none of them does alone. Closings are no pauses."
    )
    name = texts.text("Pauses")
    table = Table("pauses", name, columns, rows, note, texts.text("Nothing was paused."), heading=False)
    return Section("pauses", name, [table], list(_said(figures, texts)))


def _rows(metric: str, of_metric: OfMetric, counts: Counts, figures: Figures, texts: Texts) -> Iterator[list[Cell]]:
    for paused in of_metric.by_author:
        yield _row(metric, paused, counts, author_name(paused.author or "", figures.users, texts), texts)
    if of_metric.together.cycles:
        yield _row(metric, of_metric.together, counts, texts.text("all together"), texts)


def _row(metric: str, paused: Paused, counts: Counts, who: str, texts: Texts) -> list[Cell]:
    share = share_kept_by_pauses(paused.met_only, counts.met)
    link = f"#paused-{metric}" if paused.author is None and paused.met_only else ""
    return [
        Text(metric_name(metric, texts)),
        Text(who),
        Count(paused.cycles),
        Length(paused.business_ms),
        Length(paused.wall_ms),
        Count(paused.met_only, link),
        Share(share),
    ]


def _said(figures: Figures, texts: Texts) -> Iterator[str]:
    total, met_only = figures.total, sum(each.together.met_only for each in figures.pauses.values())
    if total.judged and figures.pauses:
        yield texts.plural(
            "Without any pause {share} of {count} promise would have been kept. Kept only because of pauses: {kept}.",
            "Without any pause {share} of {count} promises would have been kept. Kept only because of pauses: {kept}.",
            total.judged,
            share=percent(attainment_without_pauses(total, met_only), texts),
            count=numbers.whole(total.judged, texts),
            kept=numbers.whole(met_only, texts),
        )
    unknown = sum(each.unknown for each in figures.pauses.values())
    if unknown:
        yield texts.plural(
            "Of {count} paused promise it is not known who paused it: an earlier version judged it.",
            "Of {count} paused promises it is not known who paused them: an earlier version judged them.",
            unknown,
            count=numbers.whole(unknown, texts),
        )
