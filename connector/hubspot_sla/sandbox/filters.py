"""One search filter: what it asks of a record, and which span of an ordered index could satisfy it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.records import Record
from hubspot_sla.sandbox.wire import parse_instant

if TYPE_CHECKING:
    from hubspot_sla.sandbox.intake import FilterIn
    from hubspot_sla.sandbox.properties import Property

NUMERIC_TYPES = ("number", "datetime", "date")
Comparable = float | str
Test = Callable[[Record], bool]
_WORD = re.compile(r"[\w@.\-]+")


@dataclass(frozen=True, slots=True)
class Span:
    """A range of an ordered index of `name`; see `OrderedIndex.between`."""

    name: str
    low: float = -inf
    high: float = inf
    above_low: bool = False
    below_high: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled filter. `span` None means that no index helps."""

    test: Test
    span: Span | None = None


def measure(definition: Property) -> Callable[[str], float]:
    """How the values of a numeric property become numbers."""
    return float if definition.type == "number" else parse_instant


def comparable(definition: Property) -> Callable[[str], Comparable]:
    """How values of a property are compared: as numbers, exactly for enumerations, else without case."""
    if definition.type in NUMERIC_TYPES:
        return measure(definition)
    return _exactly if definition.type in ("enumeration", "bool") else str.lower


def _exactly(text: str) -> str:
    return text


def compiled(asked: FilterIn, definition: Property) -> Condition:
    """The condition a filter states. Raises `Refused` 400 for one that makes no sense."""
    build = _OPERATORS.get(asked.operator)
    if build is None:
        raise refusals.invalid(f"Unknown operator {asked.operator!r} for property {asked.property_name}")
    try:
        return build(asked, definition)
    except ValueError:
        raise refusals.invalid(f"A value for {asked.property_name} is not a valid {definition.type}") from None


def _has(asked: FilterIn, _definition: Property) -> Condition:
    name = asked.property_name
    return Condition(lambda record: name in record.values)


def _has_not(asked: FilterIn, _definition: Property) -> Condition:
    name = asked.property_name
    return Condition(lambda record: name not in record.values)


def _among(asked: FilterIn, definition: Property, wanted: frozenset[Comparable]) -> Condition:
    name, as_compared = asked.property_name, comparable(definition)

    def test(record: Record) -> bool:
        value = record.values.get(name)
        return value is not None and as_compared(value) in wanted

    return Condition(test)


def _not(condition: Condition, name: str) -> Condition:
    """HubSpot's negations hold for records that have the property."""
    return Condition(lambda record: name in record.values and not condition.test(record))


def _in(asked: FilterIn, definition: Property) -> Condition:
    if not asked.values:
        raise refusals.invalid(f"{asked.operator} on {asked.property_name} needs values")
    return _among(asked, definition, frozenset(map(comparable(definition), asked.values)))


def _not_in(asked: FilterIn, definition: Property) -> Condition:
    return _not(_in(asked, definition), asked.property_name)


def _equal(asked: FilterIn, definition: Property) -> Condition:
    if definition.type in NUMERIC_TYPES:
        number = measure(definition)(_value(asked))
        return _within(Span(asked.property_name, number, number), definition)
    return _among(asked, definition, frozenset([comparable(definition)(_value(asked))]))


def _not_equal(asked: FilterIn, definition: Property) -> Condition:
    return _not(_equal(asked, definition), asked.property_name)


def _ordered(asked: FilterIn, definition: Property) -> Condition:
    if definition.type in NUMERIC_TYPES:
        number = measure(definition)(_value(asked))
        return _within(_SPANS[asked.operator](asked.property_name, number), definition)
    name, text = asked.property_name, _value(asked).lower()
    holds = _TEXT_ORDER[asked.operator]
    return Condition(lambda record: name in record.values and holds(record.values[name].lower(), text))


def _between(asked: FilterIn, definition: Property) -> Condition:
    if asked.high_value is None or definition.type not in NUMERIC_TYPES:
        raise refusals.invalid(f"BETWEEN on {asked.property_name} needs a number or date, value and highValue")
    number = measure(definition)
    return _within(Span(asked.property_name, number(_value(asked)), number(asked.high_value)), definition)


def _within(span: Span, definition: Property) -> Condition:
    number, name = measure(definition), span.name

    def test(record: Record) -> bool:
        value = record.values.get(name)
        if value is None:
            return False
        at = number(value)
        above = at > span.low if span.above_low else at >= span.low
        return above and (at < span.high if span.below_high else at <= span.high)

    return Condition(test, span)


def _contains(asked: FilterIn, _definition: Property) -> Condition:
    """Whole words, with `*` standing for any part of one."""
    name = asked.property_name
    pattern = re.compile(re.escape(_value(asked).lower()).replace(r"\*", ".*"))

    def test(record: Record) -> bool:
        words = _WORD.findall(record.values.get(name, "").lower())
        return any(pattern.fullmatch(word) for word in words)

    return Condition(test)


def _contains_not(asked: FilterIn, definition: Property) -> Condition:
    contains = _contains(asked, definition)
    return Condition(lambda record: not contains.test(record))


def _value(asked: FilterIn) -> str:
    if asked.value is None or asked.value == "":
        raise refusals.invalid(f"{asked.operator} on {asked.property_name} needs a value")
    return asked.value


_SPANS: dict[str, Callable[[str, float], Span]] = {
    "GT": lambda name, number: Span(name, low=number, above_low=True),
    "GTE": lambda name, number: Span(name, low=number),
    "LT": lambda name, number: Span(name, high=number, below_high=True),
    "LTE": lambda name, number: Span(name, high=number),
}
_TEXT_ORDER: dict[str, Callable[[str, str], bool]] = {
    "GT": lambda left, right: left > right,
    "GTE": lambda left, right: left >= right,
    "LT": lambda left, right: left < right,
    "LTE": lambda left, right: left <= right,
}
_OPERATORS: dict[str, Callable[[FilterIn, Property], Condition]] = {
    "EQ": _equal,
    "NEQ": _not_equal,
    "LT": _ordered,
    "LTE": _ordered,
    "GT": _ordered,
    "GTE": _ordered,
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _not_in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has_not,
    "CONTAINS_TOKEN": _contains,
    "NOT_CONTAINS_TOKEN": _contains_not,
}
