"""A channel with the secrets that `plan.channels` only names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from hubspot_sla.channels.template import DEFAULT, Template

if TYPE_CHECKING:
    from hubspot_sla.channels.secret import Secret


@dataclass(frozen=True, slots=True)
class ResolvedChannel:
    """One channel, ready to be sent to. `url` is its own, or that of the server it shares (see `email.Relay`).

    `secret` signs what a webhook gets; `to` and `sender` are mail addresses.
    """

    name: str
    kind: str
    url: Secret
    secret: Secret | None = None
    to: tuple[str, ...] = ()
    sender: str = ""
    template: Template = DEFAULT

    @property
    def fingerprint(self) -> str:
        """Changes when the address does: then a channel that was gone deserves another try."""
        parts = (self.kind, self.url.digest(), self.sender, *self.to)
        return sha256("\n".join(parts).encode()).hexdigest()[:16]
