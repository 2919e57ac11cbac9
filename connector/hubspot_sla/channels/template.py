"""What a message says: a title and a body with `{field}` placeholders, nothing cleverer.

What an admin wrote stands as written, in the markup of the medium; what fills the placeholders comes from tickets,
that is from strangers, and is escaped for the medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter
from typing import TYPE_CHECKING

from hubspot_sla.channels.message import FIELDS
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.channels.message import Message, Notice

NOTHING = "—"
"""Shown in place of an empty value."""


@dataclass(frozen=True, slots=True)
class Template:
    """Raises UsageProblem for what is no placeholder of a field of `Message`; `{{` and `}}` are braces."""

    title: str = "SLA {status}: {metric} - {subject}"
    body: str = "Due {due_at} by policy {policy}, tier {tier}. {reason}"

    def __post_init__(self) -> None:
        for text in (self.title, self.body):
            for _ in _pieces(text):
                pass

    def title_of(self, message: Message, shown: Callable[[str], str]) -> str:
        """One line; `shown` escapes a value."""
        return " ".join(_filled(self.title, message, shown).split())

    def body_of(self, message: Message, shown: Callable[[str], str]) -> str:
        return _filled(self.body, message, shown).strip()


def digest_title(notice: Notice) -> str:
    return f"{len(notice.messages)} SLA escalations"


def _filled(text: str, message: Message, shown: Callable[[str], str]) -> str:
    return "".join(
        literal + (shown(getattr(message, name) or NOTHING) if name else "") for literal, name in _pieces(text)
    )


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Literal text, each with the field that follows it, or none."""
    try:
        for literal, name, spec, conversion in Formatter().parse(text):
            if name is not None and (name not in FIELDS or spec or conversion):
                raise _unknown(name, spec, conversion)
            yield literal, name or ""
    except ValueError as error:
        raise UsageProblem(
            f"the template {text!r} cannot be read: {error}", remedy="write {{ and }} for braces"
        ) from None


def _unknown(name: str, spec: str | None, conversion: str | None) -> UsageProblem:
    if name in FIELDS:
        written = name + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "")
        return UsageProblem(f"a template cannot format: {{{written}}}", remedy=f"write {{{name}}}")
    near = get_close_matches(name, FIELDS, n=1)
    hint = f"did you mean {{{near[0]}}}? " if near else ""
    return UsageProblem(
        f"a template names an unknown field: {{{name}}}", remedy=f"{hint}the fields are {', '.join(FIELDS)}"
    )


DEFAULT = Template()
