"""Cells as text for people, in their language, and as values for programs."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from hubspot_sla.language import numbers
from hubspot_sla.language.forms import dated_instant, short_instant, short_length
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.render.report.document import Change, Count, Heat, Instant, Interval, Length, Money, Score, Share, Text

if TYPE_CHECKING:
    from datetime import tzinfo

    from hubspot_sla.language.texts import Texts
    from hubspot_sla.render.report.document import Cell

DASH: Final = "–"
"""What is shown where there is nothing to divide by."""
_TENTH: Final = Decimal("0.1")
_HUNDREDTH: Final = Decimal("0.01")


_FIGURES: Final = (Count, Share, Score, Interval, Change, Length, Heat, Money)


def is_figure(cell: Cell) -> bool:
    """Whether it stands to the right, as numbers do."""
    return isinstance(cell, _FIGURES) or (isinstance(cell, Text) and cell.is_figure)


def shown(cell: Cell, texts: Texts, zone: tzinfo) -> str:
    """The cell as a person reads it."""
    match cell:
        case Text():
            return cell.text
        case Count() | Heat():
            return numbers.whole(cell.number, texts)
        case Share():
            return percent(cell.share, texts)
        case Score():
            return DASH if cell.score is None else numbers.hundredths(_rounded_to(cell.score, _HUNDREDTH), texts)
        case Interval():
            return _interval(cell, texts)
        case Change():
            return points(cell.points, texts)
        case Length():
            return length(cell.ms, texts)
        case Instant():
            return _instant(cell, texts, zone)
        case Money():
            return DASH if cell.amount is None else numbers.money(cell.amount, cell.currency, texts)


def raw(cell: Cell) -> str | int | float | None:
    """The cell as a program reads it: shares from 0 to 1, seconds, instants in ISO 8601, money as text that loses
    no cent; None for nothing."""
    match cell:
        case Text():
            return cell.key or cell.text
        case Count() | Heat():
            return cell.number
        case Share():
            return None if cell.share is None else _rounded(cell.share)
        case Score():
            return None if cell.score is None else _rounded(cell.score)
        case Interval():
            return None if cell.ends is None else f"{cell.ends[0]:.6f}..{cell.ends[1]:.6f}"
        case Change():
            return None if cell.points is None else _rounded(cell.points)
        case Length():
            return None if cell.ms is None else cell.ms / 1000
        case Instant():
            return None if cell.at is None else wire(cell.at)
        case Money():
            return None if cell.amount is None else str(cell.amount)


def percent(share: Fraction | None, texts: Texts) -> str:
    """`94.1%`. What is not all is never shown as 100 %, and what is something never as 0 %."""
    if share is None:
        return DASH
    tenths = tenths_of(100 * share)
    if share < 1:
        tenths = min(tenths, Decimal("99.9"))
    if share > 0:
        tenths = max(tenths, _TENTH)
    return numbers.percent(tenths, texts)


def length(ms: int | None, texts: Texts) -> str:
    """`1 hr 37 min`; less than a second is `0 sec`. What lacks has a minus before it."""
    if ms is None:
        return DASH
    if ms <= -1000:
        return f"-{short_length(-ms, texts)}"
    return short_length(ms, texts) or short_length(1000, texts).replace("1", "0")


def _instant(cell: Instant, texts: Texts, zone: tzinfo) -> str:
    if cell.at is None:
        return f"{DASH} {cell.why_none}".rstrip()
    return (dated_instant if cell.dated else short_instant)(cell.at, zone, texts)


def _interval(cell: Interval, texts: Texts) -> str:
    if cell.ends is None:
        return DASH
    low, high = (tenths_of(100 * Fraction(end)) for end in cell.ends)
    return f"{numbers.tenths(low, texts)}–{numbers.percent(high, texts)}"


def points(share: Fraction | None, texts: Texts) -> str:
    """`+1.5`: a difference of two shares, in percentage points."""
    if share is None:
        return DASH
    tenths = tenths_of(100 * share)
    sign = "+" if tenths > 0 else "−" if tenths < 0 else "±"
    return f"{sign}{numbers.tenths(abs(tenths), texts)}"


def tenths_of(value: Fraction) -> Decimal:
    """Rounded to tenths, halves away from zero."""
    return _rounded_to(value, _TENTH)


def as_fraction(share: float | None) -> Fraction | None:
    """A share that was not worked out in whole numbers."""
    return None if share is None else Fraction(share)


def _rounded_to(value: Fraction, step: Decimal) -> Decimal:
    """Halves away from zero."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(step, ROUND_HALF_UP)


def _rounded(value: Fraction) -> float:
    return round(value.numerator / value.denominator, 6)
