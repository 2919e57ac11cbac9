"""Promised hours in which nobody ever answers."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from hubspot_sla.flows.reporting.parts.words import heading
from hubspot_sla.language import numbers
from hubspot_sla.measure.attainment import FEW
from hubspot_sla.render.report.document import Column, Count, Length, Section, Share, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from hubspot_sla.flows.reporting.figures import Figures
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.true_hours import Hour, TrueHours
    from hubspot_sla.render.report.document import Cell


def section(figures: Figures, texts: Texts) -> Section:
    """By calendar, over the months of the trend."""
    name = texts.text("Hours in which nobody answers")
    columns = [
        Column("calendar", heading("calendar", texts)),
        Column("answers", texts.text("Answers")),
        Column("promised_s", texts.text("Promised a week")),
        Column("silent_s", texts.text("Never answered")),
        Column("share", texts.text("Share"), bar=True),
        Column("hours", texts.text("Which hours")),
    ]
    note = texts.text(
        "Hours of the week that a calendar promises, in its zone, and in which no answer came in all of the thirteen"
        " months. Grey: fewer than 20 answers."
    )
    rows = [_row(calendar, hours, texts) for calendar, hours in figures.hours.items()]
    table = Table("hours", name, columns, rows, note, texts.text("Nobody answered anything."), heading=False)
    return Section("hours", name, [table])


def _row(calendar: str, hours: TrueHours, texts: Texts) -> list[Cell]:
    return [
        Text(calendar),
        Count(hours.answers),
        Length(_whole(hours.promised_ms)),
        Length(_whole(hours.silent_ms) if hours.answers else None),
        Share(hours.silent_share, few=hours.answers < FEW),
        Text(", ".join(_spans(hours.silent, texts))),
    ]


def _whole(ms: Fraction) -> int:
    return round(ms)


def _spans(silent: Sequence[Hour], texts: Texts) -> Iterator[str]:
    """`Mon 17–19, Fri 16–17`: hours of a day that follow each other are one span."""
    names = numbers.weekdays(texts)
    for weekday, of_day in groupby(silent, key=lambda hour: hour[0]):
        for _, run in groupby(enumerate(hour for _, hour in of_day), key=lambda placed: placed[1] - placed[0]):
            hours = [hour for _, hour in run]
            yield f"{names[weekday]} {hours[0]}–{hours[-1] + 1}"
