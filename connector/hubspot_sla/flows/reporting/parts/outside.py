"""What stands outside every figure, and why."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import CAUSES, author_name, heading, metric_name
from hubspot_sla.language import forms, numbers
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.waiver_rate import waiver_rate, waiver_rates
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Column, Count, Instant, Section, Share, Table, Text

if TYPE_CHECKING:
    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
    """What stands outside every figure, and why."""
    columns = [
        Column("cause", texts.text("Excluded because")),
        Column("number", texts.text("In the period")),
        Column("without_instant", texts.text("In no period")),
    ]
    causes = [cause for cause in Excluded if cause in figures.total.excluded or cause in figures.outside]
    rows: list[list[Cell]] = [
        [
            Text(texts.text(CAUSES[cause])),
            Count(number := figures.total.excluded.get(cause, 0), f"#excluded-{cause}" if number else ""),
            Count(figures.outside.get(cause, 0)),
        ]
        for cause in causes
    ]
    excluded = Table(
        "excluded",
        texts.text("Excluded"),
        columns,
        rows,
        texts.text("In no period: without a due instant and without an end, in the whole ledger."),
        texts.text("Nothing is excluded."),
    )
    undated = Table(
        "without_due",
        texts.text("Without a due instant: paused, or not started"),
        [
            Column("metric", heading("metric", texts)),
            Column("number", texts.text("Cycles")),
            Column("oldest_at", texts.text("Oldest start")),
        ],
        [[Text(metric_name(one.metric, texts)), Count(one.number), Instant(one.oldest_at)] for one in figures.undated],
        empty=texts.text("None."),
    )
    rate = texts.text(
        "Waiver rate: {share} of what would count as broken was waived.",
        share=percent(waiver_rate(figures.total), texts),
    )
    tables = [excluded, _waivers(figures, texts), undated]
    return Section("outside", texts.text("What is not counted"), tables, [rate])


def facts(figures: Figures, texts: Texts) -> list[tuple[str, str]]:
    """What stands beside every figure, wherever one is shown: what is excluded, by cause, and how many cycles have no
    due instant yet, with the oldest start. Nothing where there is none."""
    said: list[tuple[str, str]] = []
    causes = [
        f"{numbers.whole(number, texts)} ({texts.text(CAUSES[cause])})"
        for cause in Excluded
        if (number := figures.total.excluded.get(cause, 0))
    ]
    if causes:
        said.append((texts.text("Excluded"), ", ".join(causes)))
    if figures.undated:
        said.append((texts.text("Without a due instant"), _undated(figures, texts)))
    return said


def _undated(figures: Figures, texts: Texts) -> str:
    number = sum(one.number for one in figures.undated)
    cycles = texts.plural("{count} cycle", "{count} cycles", number, count=numbers.whole(number, texts))
    begun = [one.oldest_at for one in figures.undated if one.oldest_at is not None]
    if not begun:
        return cycles
    oldest = forms.instant(min(begun), figures.query.period.zone, texts)
    return texts.text("{cycles}, the oldest since {instant}", cycles=cycles, instant=oldest)


def _waivers(figures: Figures, texts: Texts) -> Table:
    """Who excused how much of what would count as broken."""
    rates = waiver_rates(figures.waived, figures.total.broken)
    rows: list[list[Cell]] = [
        [Text(author_name(author, figures.users, texts)), Count(figures.waived[author]), Share(rate)]
        for author, rate in rates.items()
    ]
    if len(rows) > 1:
        number, rate = sum(figures.waived.values()), sum(rates.values(), Fraction(0))
        rows.append([Text(texts.text("all together")), Count(number), Share(rate)])
    return Table(
        "waivers",
        texts.text("Waived, by whom"),
        [
            Column("author", texts.text("Waived by")),
            Column("number", texts.text("Promises")),
            Column("rate", texts.text("Waiver rate"), bar=True),
        ],
        rows,
        texts.text("Of what would count as broken without any waiver."),
        texts.text("Nothing was waived."),
    )
