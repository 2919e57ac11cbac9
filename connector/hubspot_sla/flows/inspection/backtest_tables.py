"""How good a forecast was, as tables: of the clocks that ran, and apart from them of those that stood still."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from hubspot_sla.language import numbers
from hubspot_sla.measure.calibration import BINS
from hubspot_sla.render.report.cells import percent
from hubspot_sla.render.report.document import Column, Count, Share, Table, Text

if TYPE_CHECKING:
    from hubspot_sla.flows.inspection.backtest import Backtest, Tried
    from hubspot_sla.language.texts import Texts
    from hubspot_sla.measure.calibration import Bin
    from hubspot_sla.render.report.document import Cell


def backtest_tables(found: Backtest, texts: Texts) -> list[Table]:
    months = ", ".join(month.name for month in found.months)
    return [
        _table("backtest", texts.text("Promises that ran"), found.running, months, texts),
        _table("backtest_paused", texts.text("Promises that were paused"), found.paused, months, texts),
    ]


def _table(key: str, title: str, tried: Tried, months: str, texts: Texts) -> Table:
    columns = [
        Column("chances", texts.text("Chances")),
        Column("number", texts.text("Promises")),
        Column("mean", texts.text("Chance of being late")),
        Column("rate", texts.text("Were late")),
        Column("late", texts.text("Late")),
        Column("least", texts.text("At least")),
        Column("most", texts.text("At most")),
        Column("inside", texts.text("As was said")),
    ]
    too_few = texts.text(
        "{count} can be tried out, and {least} are needed. Not decided yet: {undecided}; like nothing before:"
        " {unlike}.",
        count=numbers.whole(tried.predictions, texts),
        least=numbers.whole(BINS, texts),
        undecided=numbers.whole(tried.undecided, texts),
        unlike=numbers.whole(tried.without_history, texts),
    )
    note = _note(tried, months, texts) if tried.bins else ""
    return Table(key, title, columns, [_row(each, texts) for each in tried.bins], note, too_few)


def _note(tried: Tried, months: str, texts: Texts) -> str:
    return texts.text(
        "{months}, cut on the 1st, 8th, 15th and 22nd. Brier score {chance}, by the past share {naive}; the lower"
        " the better. Outside their 95% interval: {failing}. Not decided yet: {undecided}; like nothing before:"
        " {unlike}.",
        months=months,
        chance=f"{tried.chance:.4f}",
        naive=f"{tried.naive:.4f}",
        failing=", ".join(_chances(each, texts) for each in tried.failing) or texts.text("none"),
        undecided=numbers.whole(tried.undecided, texts),
        unlike=numbers.whole(tried.without_history, texts),
    )


def _row(each: Bin, texts: Texts) -> list[Cell]:
    return [
        Text(_chances(each, texts)),
        Count(each.number),
        Share(Fraction(each.mean)),
        Share(Fraction(each.late, each.number)),
        Count(each.late),
        Count(each.least),
        Count(each.most),
        Text(texts.text("yes") if each.is_inside else texts.text("no")),
    ]


def _chances(each: Bin, texts: Texts) -> str:
    low, high = (percent(Fraction(end), texts) for end in (each.low, each.high))
    return f"{low}–{high}"
