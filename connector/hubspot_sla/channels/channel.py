"""Where notices go, with the secrets that `plan.targets` only names."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from hubspot_sla.channels.template import DEFAULT, Template

if TYPE_CHECKING:
    from hubspot_sla.channels.secret import Secret
    from hubspot_sla.plan.channels import TargetKind


@dataclass(frozen=True, slots=True)
class Target:
    """One place to tell people. `url` is the webhook's, or of e-mail the SMTP server's (see `mail.Relay`).

    `secret` signs what a webhook gets; `to` and `sender` are mail addresses.
    """

    name: str
    kind: TargetKind
    url: Secret
    secret: Secret | None = None
    to: tuple[str, ...] = ()
    sender: str = ""
    template: Template = DEFAULT

    @property
    def fingerprint(self) -> str:
        """Changes when the address does: then a target that was gone deserves another try."""
        parts = (self.kind.value, self.url.digest(), self.sender, *self.to)
        return sha256("\n".join(parts).encode()).hexdigest()[:16]
