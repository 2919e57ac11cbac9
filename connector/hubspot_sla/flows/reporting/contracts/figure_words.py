"""Figures of contracts as the readers of a language expect them: what was measured, between which ends, and what is
paid."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from hubspot_sla.contract.measuring import SHARES
from hubspot_sla.contract.remedies import Unit
from hubspot_sla.contract.terms import CapOver
from hubspot_sla.language import forms, numbers
from hubspot_sla.language.texts import marked

if TYPE_CHECKING:
    from fractions import Fraction

    from hubspot_sla.contract.deadlines import Deadline
    from hubspot_sla.contract.money import Currency
    from hubspot_sla.contract.spans import Span
    from hubspot_sla.contract.terms import Cap, Objective
    from hubspot_sla.language.texts import Texts

ACTIONS: Final = {
    "terminate": marked("terminate"),
    "renegotiate": marked("renegotiate"),
    "damages": marked("damages"),
    "step_in": marked("step in"),
}
_CUT = 10**6


def number(value: Fraction, texts: Texts) -> str:
    """Exact where it ends within six decimals, else cut off there with an ellipsis."""
    scaled = value * _CUT
    text = numbers.up_to_six(Decimal(int(scaled)) / _CUT, texts)
    return text if scaled.denominator == 1 else f"{text}…"


def share(value: Fraction, texts: Texts) -> str:
    """`99.9%`, `84.608294…%`: as the language writes it."""
    return numbers.with_percent(number(value * 100, texts), texts)


def figure(value: Fraction, objective: Objective, texts: Texts) -> str:
    """`99.9%`, `3`, `30 min`."""
    kind = objective.measure.kind
    if kind in SHARES:
        return share(value, texts)
    plain = number(value / objective.measure.unit, texts)
    if kind.is_time:
        return f"{plain} min"
    return _with_unit(plain, objective.measure.value_unit, texts)


def _with_unit(plain: str, unit: str, texts: Texts) -> str:
    """`12.5 ms`, `4.5`, and `0.1%` as the language writes it."""
    if unit == "%":
        return numbers.with_percent(plain, texts)
    return f"{plain} {unit}" if unit else plain


def ends(span: Span | None, objective: Objective, texts: Texts) -> str:
    """Between which ends; nothing where there are none."""
    return "" if span is None else span.worded(lambda value: figure(value, objective, texts))


def pay(value: Fraction, unit: Unit, currency: Currency, texts: Texts) -> str:
    """`10%`, `EUR 50.00`, `3 points`, `nothing`."""
    if not value:
        return texts.text("nothing")
    if unit is Unit.SHARE:
        return share(value, texts)
    plain = number(value, texts)
    if unit is Unit.MONEY:
        coins = currency.rounded(value)
        return numbers.money(coins, currency.code, texts) if coins == value else f"{currency.code} {plain}"
    several = 1 if value == 1 else 2
    match unit:
        case Unit.POINTS:
            return texts.plural("{count} point", "{count} points", several, count=plain)
        case Unit.FEE_DAYS:
            return texts.plural("the fee of {count} day", "the fee of {count} days", several, count=plain)
    return texts.plural("{count} day of extension", "{count} days of extension", several, count=plain)


def deadline(of: Deadline | None, texts: Texts) -> str:
    """`30 days`, `5 business days`; "" for none."""
    if of is None:
        return ""
    if of.business_days:
        return texts.plural("{count} business day", "{count} business days", of.business_days)
    if of.billing_cycles:
        return texts.plural("{count} billing cycle", "{count} billing cycles", of.billing_cycles)
    if of.months:
        return forms.calendar_length(of.months, "month", texts)
    return forms.calendar_length(of.days, "day", texts)


def beyond(cap: Cap | None, most: str, texts: Texts) -> str:
    """What a cap counts over, and how much it is."""
    if cap is None or cap.over is CapOver.WINDOW:
        return texts.text("beyond the cap ({most})", most=most)
    if cap.over is CapOver.YEAR:
        return texts.text("beyond the cap of a year of the contract ({most})", most=most)
    return texts.plural(
        "beyond the cap of {count} month ({most})",
        "beyond the cap of the last {count} months ({most})",
        cap.months,
        most=most,
    )
