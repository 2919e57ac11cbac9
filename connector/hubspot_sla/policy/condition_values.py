"""What a condition wants a value to be: one of some words, within a range, or merely known.

Text is compared exactly as HubSpot keeps it. A property that holds several values (`A;B`, HubSpot's multiple
checkboxes) fulfils a condition when one of them does.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.times import parse_date_or_instant
from hubspot_sla.policy.value_errors import Refused, nearest
from hubspot_sla.policy.yaml_document import described

if TYPE_CHECKING:
    from collections.abc import Mapping

SEPARATOR = ";"
_LOWER, _UPPER = ("above", "at_least"), ("at_most", "below")
_KEYS = (*_LOWER, *_UPPER, "known")
RANGE_SCHEMA: dict[str, object] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        **{key: {"type": ["string", "number"]} for key in (*_LOWER, *_UPPER)},
        "known": {"type": "boolean"},
    },
}
"""The group form, for the JSON Schema."""
KNOWN_SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["known"],
    "additionalProperties": False,
    "properties": {"known": {"type": "boolean"}},
}
_FORMS = "write a value, a list of values, {at_least: 1, below: 5} or {known: true}"


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range: a number, or an instant in ms where `timed`. `closed` ends belong to the range."""

    text: str
    value: Decimal
    timed: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """`one_of` the words; or from `lower` to `upper`, either of which may be missing; or known, or not."""

    one_of: tuple[str, ...] = ()
    lower: Bound | None = None
    upper: Bound | None = None
    known: bool | None = None

    def accepts(self, value: str | None) -> bool:
        """Does this value, or one of several in it, fulfil the condition?"""
        if self.known is not None:
            return bool(value) == self.known
        if not value:
            return False
        if value in self.one_of:
            return True
        if self.one_of:
            return SEPARATOR in value and any(part.strip() in self.one_of for part in value.split(SEPARATOR))
        return any(self._within(part) for part in value.split(SEPARATOR))

    def _within(self, text: str) -> bool:
        for bound, side in ((self.lower, 1), (self.upper, -1)):
            if bound is None:
                continue
            value = _measured(text, timed=bound.timed)
            if value is None:
                return False
            beyond = (value - bound.value) * side
            if beyond < 0 or (beyond == 0 and not bound.closed):
                return False
        return True

    def __str__(self) -> str:
        if self.known is not None:
            return "known" if self.known else "unknown"
        if self.one_of:
            return " or ".join(self.one_of)
        lower = self.lower and f"{'at least' if self.lower.closed else 'above'} {self.lower.text}"
        upper = self.upper and f"{'at most' if self.upper.closed else 'below'} {self.upper.text}"
        return " and ".join(side for side in (lower, upper) if side)

    def implies(self, other: Wanted) -> bool:
        """Whatever this accepts, `other` accepts too. False where that is not certain."""
        if self == other:
            return True
        if other.known is not None:
            return other.known and self.known is not False
        if self.one_of:
            return all(other.accepts(word) for word in self.one_of)
        if other.one_of or self.known is not None:
            return False
        return _reaches(self.lower, other.lower, 1) and _reaches(self.upper, other.upper, -1)

    def excludes(self, other: Wanted) -> bool:
        """No single value is accepted by both. False where that is not certain."""
        if self.known is not None or other.known is not None:
            return (self.known is False) != (other.known is False)
        if self.one_of:
            return not any(other.accepts(word) for word in self.one_of)
        if other.one_of:
            return other.excludes(self)
        return _beyond(self.lower, other.upper) or _beyond(other.lower, self.upper)


def parse_wanted(written: object) -> Wanted:
    """A word, a list of words, or a group: `{above, at_least, at_most, below}` or `{known: true}`."""
    if isinstance(written, Wanted):
        return written
    if isinstance(written, dict):
        return _grouped(written)
    words = written if isinstance(written, list) else [written]
    if not words:
        raise Refused("the list is empty, so nothing would match", _FORMS, code=Code.EMPTY)
    return Wanted(tuple(dict.fromkeys(_word(word) for word in words)))


def parse_words(written: object) -> Wanted:
    """The same without ranges: for names, which have no order."""
    wanted = parse_wanted(written)
    if wanted.lower or wanted.upper:
        raise Refused(
            "names have no order, so there is no range of them", "write a name, or a list of names", code=Code.RANGE
        )
    return wanted


def _word(written: object) -> str:
    if isinstance(written, bool):
        return str(written).lower()
    if isinstance(written, str) and written.strip():
        return written.strip()
    raise Refused(f"{described(written)} is no value", _FORMS, code=Code.NO_VALUE)


def _grouped(written: Mapping[str, object]) -> Wanted:
    for key in written:
        if key not in _KEYS:
            raise Refused(f"a range has no {key!r}", nearest(key, _KEYS), code=Code.NO_VALUE)
    if "known" in written:
        return _known(written)
    bounds = {key: _bound(key, value) for key, value in written.items()}
    lower, upper = _one(bounds, _LOWER), _one(bounds, _UPPER)
    if lower is None and upper is None:
        raise Refused("the range has no end", _FORMS, code=Code.RANGE)
    if lower and upper:
        _check(lower, upper)
    return Wanted(lower=lower, upper=upper)


def _known(written: Mapping[str, object]) -> Wanted:
    known = written["known"]
    if len(written) > 1:
        raise Refused("`known` stands alone", _FORMS, code=Code.RANGE)
    if not isinstance(known, bool):
        raise Refused(f"'known' must be true or false, not {described(known)}", code=Code.WRONG_TYPE)
    return Wanted(known=known)


def _bound(key: str, written: object) -> Bound:
    text = written.strip() if isinstance(written, str) else ""
    closed = key in ("at_least", "at_most")
    for timed in (False, True):
        value = _measured(text, timed=timed)
        if value is not None:
            return Bound(text, value, timed, closed)
    raise Refused(
        f"{described(written)} is neither a number nor a date", "write 10, 2026-12-24 or an instant", code=Code.RANGE
    )


def _one(bounds: Mapping[str, Bound], keys: tuple[str, ...]) -> Bound | None:
    given_bounds = [bounds[key] for key in keys if key in bounds]
    if len(given_bounds) > 1:
        raise Refused(f"{keys[0]!r} and {keys[1]!r} say the same end", "keep one of the two", code=Code.RANGE)
    return given_bounds[0] if given_bounds else None


def _check(lower: Bound, upper: Bound) -> None:
    if lower.timed != upper.timed:
        raise Refused("one end of the range is a number, the other a date", code=Code.RANGE)
    if lower.value > upper.value or (lower.value == upper.value and not (lower.closed and upper.closed)):
        raise Refused(f"no value lies between {lower.text} and {upper.text}", code=Code.RANGE)


def _measured(text: str, *, timed: bool) -> Decimal | None:
    """A number; or, where dates are compared, ms since 1970 of a date, an instant or HubSpot's epoch ms."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        if not timed:
            return None
        try:
            return Decimal(parse_date_or_instant(text.strip()))
        except Refused:
            return None
    return number if number.is_finite() else None


def _reaches(mine: Bound | None, theirs: Bound | None, side: int) -> bool:
    """My end of the range lies within theirs."""
    if theirs is None:
        return True
    if mine is None or mine.timed != theirs.timed:
        return False
    inside = (mine.value - theirs.value) * side
    return inside > 0 or (inside == 0 and (theirs.closed or not mine.closed))


def _beyond(lower: Bound | None, upper: Bound | None) -> bool:
    if lower is None or upper is None or lower.timed != upper.timed:
        return False
    return lower.value > upper.value or (lower.value == upper.value and not (lower.closed and upper.closed))
