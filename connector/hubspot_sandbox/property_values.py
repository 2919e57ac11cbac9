"""What a property accepts, and the one form in which its value is kept and answered: text, or nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import parse_instant, to_wire
from hubspot_sandbox.refusals import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sandbox.properties import Option, Property

Scalar = str | int | float | bool | None

_MS_PER_DAY = 86_400_000
_LONGEST_TEXT = 65_536


class NotAccepted(Exception):
    """The value cannot be taken; `bad` says why in HubSpot's words."""

    def __init__(self, bad: BadValue) -> None:
        super().__init__(bad.message)
        self.bad = bad


def accept(definition: Property, value: Scalar, *, current: str | None = None) -> str | None:
    """The canonical text of `value`; None clears. `current` is what a leading `;` appends to."""
    text = _text(value)
    if text == "":
        return None
    return _BY_TYPE[definition.type](definition, text, current)


def _text(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _string(definition: Property, text: str, _current: str | None) -> str:
    if len(text) > _LONGEST_TEXT:
        raise _no(definition, "PROPERTY_VALUE_TOO_LONG", f"Property value is longer than {_LONGEST_TEXT}.")
    return text


def _number(definition: Property, text: str, _current: str | None) -> str:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _no(definition, "INVALID_LONG", f"{text} was not a valid long.")
    return text.strip()


def _datetime(definition: Property, text: str, _current: str | None) -> str:
    try:
        return to_wire(parse_instant(text))
    except (ValueError, OverflowError):
        raise _no(definition, "INVALID_LONG", f"{text} was not a valid long.") from None


def _date(definition: Property, text: str, _current: str | None) -> str:
    try:
        at_ms = parse_instant(text)
        wire = to_wire(at_ms)
    except (ValueError, OverflowError):
        raise _no(definition, "INVALID_DATE", f"{text} is not a valid date.") from None
    if at_ms % _MS_PER_DAY:
        raise _no(definition, "INVALID_DATE", f"{text} is at {wire}, not midnight UTC.")
    return wire[: len("2026-01-31")]


def _bool(definition: Property, text: str, _current: str | None) -> str:
    if text.lower() not in ("true", "false"):
        raise _not_an_option(definition, text, definition.options)
    return text.lower()


def _enumeration(definition: Property, text: str, current: str | None) -> str:
    if definition.external_options:
        return text  # owners and the like: HubSpot keeps ids of people who left
    parts = text.split(";") if definition.field_type == "checkbox" else [text]
    values = {option.value for option in definition.options}
    for part in parts:
        if part and part not in values:
            raise _not_an_option(definition, part, definition.options)
    if definition.field_type == "checkbox":
        return _joined(parts, current)
    return text


def _joined(parts: list[str], current: str | None) -> str:
    """A leading `;` appends to what is there; nothing is kept twice."""
    before = (current or "").split(";") if parts[0] == "" else []
    return ";".join(dict.fromkeys(part for part in [*before, *parts] if part))


def _not_an_option(definition: Property, text: str, options: tuple[Option, ...]) -> NotAccepted:
    listed = ", ".join(
        f'label: "{option.label}"\nvalue: "{option.value}"\ndisplay_order: {option.display_order}\n'
        f"hidden: {str(option.hidden).lower()}\nread_only: false\n"
        for option in options
    )
    return _no(definition, "INVALID_OPTION", f"{text} was not one of the allowed options: [{listed}]")


def _no(definition: Property, code: str, message: str) -> NotAccepted:
    return NotAccepted(BadValue(definition.name, code, message))


_BY_TYPE: dict[str, Callable[[Property, str, str | None], str]] = {
    "string": _string,
    "number": _number,
    "datetime": _datetime,
    "date": _date,
    "bool": _bool,
    "enumeration": _enumeration,
}
