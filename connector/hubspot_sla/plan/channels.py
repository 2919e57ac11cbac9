"""Channels: where notifications go, as escalations.yaml says it. No secret is in here: only the names of variables.

`CHANNEL_KINDS` is the one table of kinds. What sends to a channel of a kind is the file of that name in `channels/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar


@dataclass(frozen=True, slots=True)
class SharedServer:
    """One server for all channels of a kind: the variables that hold its address, and who messages come from."""

    url_variable: str
    sender_variable: str


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One kind of channel. Its section in escalations.yaml holds `url_env`, and `secret_env` where messages can be
    signed; with a shared server it holds `to` instead."""

    name: str
    can_sign: bool = False
    server: SharedServer | None = None


CHANNEL_KINDS: dict[str, ChannelKind] = {
    kind.name: kind
    for kind in (
        ChannelKind("slack"),
        ChannelKind("teams"),
        ChannelKind("webhook", can_sign=True),
        ChannelKind("email", server=SharedServer("SLA_SMTP_URL", "SLA_SMTP_FROM")),
    )
}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per_ms`; what exceeds it becomes one digest."""

    count: int
    per_ms: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing is sent while `calendar` is open; with `outside`, while it is not."""

    calendar: Calendar
    outside: bool

    def holds_at(self, at: int) -> bool:
        return self.calendar.is_open(at) is not self.outside


@dataclass(frozen=True, slots=True)
class Channel:
    """`kind` is a key of `CHANNEL_KINDS`; `url_env` and `secret_env` name variables of the environment; `to` are
    e-mail addresses. `title` and `template` hold `{field}` for each of `rung_context.FIELDS`; "" stands for the
    default."""

    name: str
    kind: str
    url_env: str = ""
    secret_env: str = ""
    to: tuple[str, ...] = ()
    at_most: Rate | None = None
    quiet: Quiet | None = None
    title: str = ""
    template: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that its own section names, and that must be set for it to work."""
        return tuple(name for name in (self.url_env, self.secret_env) if name)
