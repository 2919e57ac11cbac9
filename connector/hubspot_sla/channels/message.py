"""What a notification holds: the facts of one rung of one ticket's ladder, or of many in one digest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The facts of one rung, as text ready to be shown; empty where there is none.

    `key` is the rung's and the same in every attempt; no template names it. `url` leads to the ticket. Of a rung of a
    contract `subject` is the contract and `url` leads to its company; what only a ticket has is empty. The instants,
    `reached_at` (of the rung) among them, are UTC, such as `2026-11-23T09:00:00Z`. From `company` on the fields are for
    people: names, and texts in the language of the portal. What an earlier version asked for has none of them.
    """

    key: str
    ticket_id: str
    subject: str = ""
    url: str = ""
    policy: str = ""
    tier: str = ""
    metric: str = ""
    status: str = ""
    started_at: str = ""
    due_at: str = ""
    breached_at: str = ""
    rung: str = ""
    level: str = ""
    reached_at: str = ""
    owner_id: str = ""
    reason: str = ""
    company: str = ""
    owner: str = ""
    lateness: str = ""
    since: str = ""
    due: str = ""
    promised: str = ""
    headline: str = ""
    summary: str = ""
    details: str = ""

    @classmethod
    def from_body(cls, key: str, body: Mapping[str, object]) -> Message:
        """From the body of an outbox item: a mapping of the fields, of which any may be missing or null."""
        values = {name: _text(body.get(name)) for name in FIELDS}
        return cls(key=key, **values)

    def as_body(self) -> dict[str, str]:
        return asdict(self)


FIELDS = tuple(field.name for field in fields(Message) if field.name != "key")
"""What a template may name."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A report as a mail says it: `text` for every program, `html` the same with tables. `list_name` is whose list the
    mail is of, `unsubscribe` the address (`mailto:`, `https:`) that takes a reader off it, "" for the sender's own."""

    subject: str
    text: str
    html: str
    list_name: str
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to send: a message, or a digest of several. `key` is the same in every attempt. A report is one message
    that says what matters most, and the whole of it as a `letter`."""

    key: str
    messages: tuple[Message, ...]
    letter: Letter | None = None

    @property
    def is_digest(self) -> bool:
        return len(self.messages) != 1

    @property
    def event_id(self) -> str:
        """The key as letters and digits, for headers: a receiver recognises a message that comes twice."""
        return f"sla_{sha256(self.key.encode()).hexdigest()[:32]}"


def _text(value: object) -> str:
    return "" if value is None else str(value)
