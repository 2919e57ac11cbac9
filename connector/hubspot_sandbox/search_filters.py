"""One search filter as a condition of SQL on the key of a property, which is NULL where the property is not set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.property_index import EXACT, FOLDED, INSTANT, NUMBER, Key, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sandbox.bodies.searches import FilterIn
    from hubspot_sandbox.properties import Property
    from hubspot_sandbox.store import Store

_WORD = re.compile(r"[\w@.\-]+")
_ORDER = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_FOLDED_ONLY = ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL with the values of its marks. `low` and `high` are the bounds it sets to a number, both included."""

    sql: str
    values: tuple[Key, ...] = ()
    low: float = -inf
    high: float = inf


@dataclass(frozen=True, slots=True)
class _Asked:
    """A filter, the SQL of the key it is about, and how values become keys."""

    filter: FilterIn
    key: str
    style: str

    @property
    def numeric(self) -> bool:
        return self.style in (NUMBER, INSTANT)

    def value(self) -> Key:
        if self.filter.value is None or self.filter.value == "":
            raise refusals.invalid(f"{self.filter.operator} on {self.filter.property_name} needs a value")
        return key_of(self.style, self.filter.value)


def register(store: Store) -> None:
    """Make the functions that conditions use known to the database."""
    store.register("folded", 1, lambda text: None if text is None else str(text).lower())
    store.register("has_word", 2, _has_word)


def style_of(definition: Property, operator: str = "EQ") -> str:
    """How values of a property are compared: as numbers, exactly for enumerations, else without case."""
    if operator in _FOLDED_ONLY:
        return FOLDED
    if definition.type in ("datetime", "date"):
        return INSTANT
    if definition.type == "number":
        return NUMBER
    return EXACT if definition.type in ("enumeration", "bool") else FOLDED


def compiled(filter_body: FilterIn, definition: Property, key: str) -> Condition:
    """The condition a filter states about `key`, whose style is `style_of` for its operator.

    Raises `Refused` 400 for a filter that makes no sense.
    """
    build = _OPERATORS.get(filter_body.operator)
    if build is None:
        raise refusals.invalid(f"Unknown operator {filter_body.operator!r} for property {filter_body.property_name}")
    try:
        return build(_Asked(filter_body, key, style_of(definition, filter_body.operator)))
    except (ValueError, OverflowError):
        raise refusals.invalid(f"A value for {filter_body.property_name} is not a valid {definition.type}") from None


def _has(compared: _Asked) -> Condition:
    return Condition(f"{compared.key} IS NOT NULL")


def _has_not(compared: _Asked) -> Condition:
    return Condition(f"{compared.key} IS NULL")


def _equal(compared: _Asked) -> Condition:
    value = compared.value()
    bounds = (value, value) if isinstance(value, int | float) else (-inf, inf)
    return Condition(f"{compared.key} = ?", (value,), *bounds)


def _not_equal(compared: _Asked) -> Condition:
    """HubSpot's negations hold for records that have the property, as those of SQL do."""
    return Condition(f"{compared.key} <> ?", (compared.value(),))


def _in(compared: _Asked) -> Condition:
    keys = tuple(key_of(compared.style, value) for value in compared.filter.values or ())
    if not keys:
        raise refusals.invalid(f"{compared.filter.operator} on {compared.filter.property_name} needs values")
    negation = "NOT " if compared.filter.operator == "NOT_IN" else ""
    return Condition(f"{compared.key} {negation}IN ({', '.join('?' * len(keys))})", keys)


def _ordered(compared: _Asked) -> Condition:
    sign, value = _ORDER[compared.filter.operator], compared.value()
    if isinstance(value, str):
        return Condition(f"folded({compared.key}) {sign} ?", (value.lower(),))
    bounds = (value, inf) if sign[0] == ">" else (-inf, value)
    return Condition(f"{compared.key} {sign} ?", (value,), *bounds)


def _between(compared: _Asked) -> Condition:
    high = compared.filter.high_value
    if high is None or not compared.numeric:
        raise refusals.invalid(
            f"BETWEEN on {compared.filter.property_name} needs a number or date, value and highValue"
        )
    bounds = compared.value(), key_of(compared.style, high)
    return Condition(f"{compared.key} BETWEEN ? AND ?", bounds, *map(float, bounds))


def _contains(compared: _Asked) -> Condition:
    """Whole words, with `*` standing for any part of one."""
    negation = "NOT " if compared.filter.operator == "NOT_CONTAINS_TOKEN" else ""
    return Condition(f"{negation}has_word(coalesce({compared.key}, ''), ?)", (compared.value(),))


def _has_word(text: str, token: str) -> bool:
    pattern = re.compile(re.escape(token).replace(r"\*", ".*"))
    return any(pattern.fullmatch(word) for word in _WORD.findall(text))


_OPERATORS: dict[str, Callable[[_Asked], Condition]] = {
    "EQ": _equal,
    "NEQ": _not_equal,
    "LT": _ordered,
    "LTE": _ordered,
    "GT": _ordered,
    "GTE": _ordered,
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has_not,
    "CONTAINS_TOKEN": _contains,
    "NOT_CONTAINS_TOKEN": _contains,
}
