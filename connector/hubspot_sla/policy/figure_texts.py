"""The figures of contracts as admins write them: shares, counts, times, money, and what is paid."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator

from hubspot_sla.contract.remedies import Pay, Unit
from hubspot_sla.policy.durations import parse_duration
from hubspot_sla.policy.field_types import Shape
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused
from hubspot_sla.policy.yaml_document import described

_NUMBER = r"(\d{1,15}(?:\.\d{1,10})?)"
_SHARE = re.compile(rf"{_NUMBER}\s*%")
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(r"(\d{1,6})\s*/\s*([1-9]\d{0,5})")
_POINTS = re.compile(rf"{_NUMBER}\s*points?")
_NO_TIME = re.compile(r"0\s*[smh]")
_FEE_DAYS = re.compile(rf"{_NUMBER}\s*days?'s?\s+fees?")
_DAYS = re.compile(rf"{_NUMBER}\s*days?")


class Figure:
    """What a measure may be compared with: a `value` that is a share (of 1), a count, or a time in ms, and which."""

    __slots__ = ("kind", "text", "value")

    def __init__(self, text: str, kind: str, value: Fraction) -> None:
        self.text, self.kind, self.value = text, kind, value


SHARE, COUNT, TIME = "a percentage", "a number", "a time"


def parse_figure(written: object) -> Figure:
    """`99.9%`, `3`, `4h`, `0m`. Refused: anything else."""
    if isinstance(written, Figure):
        return written
    text = _text(written, "a figure", "write 99.9%, 3 or 4h")
    if match := _SHARE.fullmatch(text):
        return Figure(text, SHARE, Fraction(match[1]) / 100)
    if match := _PLAIN.fullmatch(text):
        return Figure(text, COUNT, Fraction(match[1]))
    if _NO_TIME.fullmatch(text):
        return Figure(text, TIME, Fraction(0))
    duration = parse_duration(text)
    if duration.business_days:
        raise Refused(f"{text!r} has no length of its own here", "write hours: 8h", code=Code.DURATION)
    return Figure(text, TIME, Fraction(duration.ms))


def parse_percent(written: object) -> Fraction:
    """`10%` as 1/10."""
    text = _text(written, "a percentage", "write 10%")
    match = _SHARE.fullmatch(text)
    if match is None:
        remedy = f"write {text}%" if _PLAIN.fullmatch(text) else "write 10%"
        raise Refused(f"{text!r} is not a percentage", remedy, code=Code.INVALID)
    return Fraction(match[1]) / 100


def parse_amount(written: object) -> Fraction:
    """`1000.00`, in the currency of the contract."""
    if isinstance(written, Fraction):
        return written
    text = _text(written, "an amount", "write 1000.00")
    match = _PLAIN.fullmatch(text)
    if match is None:
        remedy = "write it with a point and without a currency: 1000.00"
        raise Refused(f"{text!r} is not an amount", remedy, code=Code.INVALID)
    return Fraction(match[1])


_PAYS = (
    (_SHARE, Unit.SHARE, 100),
    (_POINTS, Unit.POINTS, 1),
    (_FEE_DAYS, Unit.FEE_DAYS, 1),
    (_DAYS, Unit.DAYS, 1),
)


def parse_pay(written: object) -> Pay:
    """`10%` or `1/30` of the base, `1 day's fee`, `50.00` of money, `3 points`, `5 days`, `none`."""
    if isinstance(written, Pay):
        return written
    text = _text(written, "what is paid", "write 10%, 50.00, 1 day's fee, 3 points, 5 days or none")
    if text == "none":
        return Pay(Unit.SHARE, Fraction(0))
    for form, unit, scale in _PAYS:
        if match := form.fullmatch(text):
            return Pay(unit, Fraction(match[1]) / scale)
    if match := _PART.fullmatch(text):
        return Pay(Unit.SHARE, Fraction(int(match[1]), int(match[2])))
    if match := _PLAIN.fullmatch(text):
        return Pay(Unit.MONEY, Fraction(match[1]))
    remedy = "write 10%, 1/30, 1 day's fee, 50.00, 3 points, 5 days or none; the currency is that of the contract"
    raise Refused(f"{text!r} cannot be paid", remedy, code=Code.INVALID)


def parse_share_or_amount(written: object) -> Pay:
    """`10%` or `5000.00`."""
    pay = parse_pay(written)
    if pay.unit not in (Unit.SHARE, Unit.MONEY):
        raise Refused(f"{written!r} is neither a share nor money", "write 10% or 5000.00", code=Code.INVALID)
    return pay


def parse_whole(written: object) -> int:
    """A whole number."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    text = _text(written, "a number", "write 3")
    if not re.fullmatch(r"\d{1,6}", text):
        raise Refused(f"{text!r} is not a whole number", "write 3", code=Code.INVALID)
    return int(text)


def parse_positive(written: object) -> int:
    """A whole number of at least 1."""
    number = parse_whole(written)
    if not number:
        raise Refused("0 is none", "write at least 1, or leave the line out", code=Code.INVALID)
    return number


def _text(written: object, what: str, remedy: str) -> str:
    if not isinstance(written, str):
        raise Refused(f"{described(written)} is not {what}", remedy, code=Code.WRONG_TYPE)
    return written.strip()


_NUMERIC = {"type": ["string", "number"]}
FigureText = Annotated[Figure, BeforeValidator(parse_figure), Shape(_NUMERIC)]
Percent = Annotated[
    Fraction, BeforeValidator(parse_percent), Shape({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"})
]
Amount = Annotated[Fraction, BeforeValidator(parse_amount), Shape(_NUMERIC)]
PayText = Annotated[Pay, BeforeValidator(parse_pay), Shape(_NUMERIC)]
ShareOrAmount = Annotated[Pay, BeforeValidator(parse_share_or_amount), Shape(_NUMERIC)]
Whole = Annotated[int, BeforeValidator(parse_whole), Shape({"type": "integer", "minimum": 0})]
Positive = Annotated[int, BeforeValidator(parse_positive), Shape({"type": "integer", "minimum": 1})]
