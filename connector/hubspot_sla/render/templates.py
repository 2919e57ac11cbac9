"""Texts of the admin's own: a template with `{field}` in it, filled with what a field holds."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING: Final = "—"
"""Shown in place of an empty value."""


def filled(template: str, fields: Mapping[str, str], shown: Callable[[str], str] = str) -> str:
    """With the value of each field as `shown` writes it for the medium."""
    pieces = Formatter().parse(template)
    return "".join(text + (shown(fields.get(name) or NOTHING) if name else "") for text, name, _, _ in pieces)
