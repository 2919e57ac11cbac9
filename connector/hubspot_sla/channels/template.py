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
from hubspot_sla.language.texts import ENGLISH, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sla.channels.message import Message, Notice
    from hubspot_sla.language.texts import Texts

NOTHING = "—"
"""Shown in place of an empty value."""
OWN_TITLE, OWN_BODY = "{headline} - {subject}", "{summary}"
FORMER_TITLE, FORMER_BODY = (
    "SLA {status}: {metric} - {subject}",
    "Due {due_at} by policy {policy}, tier {tier}. {reason}",
)
"""Of messages that hold no text of their own: an earlier version asked for them."""


@dataclass(frozen=True, slots=True)
class Template:
    """Raises UsageProblem for what is no placeholder of a field of `Message`; `{{` and `}}` are braces. "" stands for
    the text of this product. `language` is that of what stands around a message: its labels, and the titles of
    digests."""

    title: str = ""
    body: str = ""
    language: str = ENGLISH

    def __post_init__(self) -> None:
        for text in (self.title, self.body):
            for _ in _pieces(text):
                pass

    def title_of(self, message: Message, shown: Callable[[str], str]) -> str:
        """One line; `shown` escapes a value."""
        own = OWN_TITLE if message.headline else FORMER_TITLE
        return " ".join(_filled(self.title or own, message, shown).split())

    def body_of(self, message: Message, shown: Callable[[str], str]) -> str:
        own = OWN_BODY if message.headline else FORMER_BODY
        return _filled(self.body or own, message, shown).strip()

    def details_of(self, message: Message) -> str:
        """What stands behind "Details"; "" where the body is the admin's own, who says all there is to say."""
        return "" if self.body else message.details

    @property
    def texts(self) -> Texts:
        return texts_of(self.language)

    def digest_title(self, notice: Notice) -> str:
        """What a digest is called."""
        return self.texts.plural("{count} SLA escalation", "{count} SLA escalations", len(notice.messages))

    def who(self, message: Message) -> list[tuple[str, str]]:
        """Whose ticket it is: labels with their values, as far as there are any."""
        text = self.texts.text
        pairs = (
            (text("Customer"), message.company),
            (text("Owner"), message.owner),
            (text("Ticket"), message.ticket_id),
        )
        return [(label, value) for label, value in pairs if value]


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
