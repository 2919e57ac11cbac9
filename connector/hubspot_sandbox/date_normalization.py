"""Dates that the 2026-09 edition accepts in any form, puts right, and says so in `warnings`.

Earlier editions take epoch seconds for milliseconds and refuse a date that is not midnight.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sandbox.properties import Catalogue, Property
    from hubspot_sandbox.property_values import Scalar

_PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"-?\d+")
_LARGEST_SECONDS = 100_000_000_000
"""A smaller number is taken for seconds: as milliseconds it would be a day before March 1973."""
_MS_PER_S, _MS_PER_DAY = 1000, 86_400_000


def normalized(
    catalogue: Catalogue, properties: Mapping[str, Scalar]
) -> tuple[dict[str, Scalar], list[dict[str, object]]]:
    """The properties with their dates put right, and a warning for each of those; what is no date stays as it is."""
    values, warnings = dict(properties), []
    for name, value in properties.items():
        definition = catalogue.find(name)
        at_ms = None if definition is None else _normalized_ms(definition, str(value).strip())
        if at_ms is not None:
            values[name] = str(at_ms)
            warnings.append(_warning(name, str(value), at_ms))
    return values, warnings


def _normalized_ms(definition: Property, text: str) -> int | None:
    """Epoch milliseconds of a value that HubSpot writes otherwise than it came; None where it is taken as it is."""
    in_seconds = bool(_NUMBER.fullmatch(text)) and abs(int(text)) < _LARGEST_SECONDS
    if definition.type == "datetime":
        return int(text) * _MS_PER_S if in_seconds else None
    if definition.type != "date" or _PLAIN_DATE.fullmatch(text) or not text:
        return None
    return _midnight_ms(int(text) * _MS_PER_S if in_seconds else _instant_ms(text), text)


def _instant_ms(text: str) -> int | None:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        return None


def _midnight_ms(at_ms: int | None, text: str) -> int | None:
    midnight_ms = None if at_ms is None else at_ms - at_ms % _MS_PER_DAY
    return None if str(midnight_ms) == text else midnight_ms


def _warning(name: str, raw: str, at_ms: int) -> dict[str, object]:
    return {
        "category": "PROPERTY_VALUE_NORMALIZED",
        "context": {"normalizedValue": str(at_ms), "propertyName": name, "rawValue": raw},
        "message": f"{name} was normalized",
    }
