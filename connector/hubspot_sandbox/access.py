"""Who may call: tokens, their scopes, and how long each of them lasts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.oauth import Apps
from hubspot_sandbox.object_types import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sandbox.oauth import App

LIFETIME_S = 1800
OWNERS_READ = ("crm.objects.owners.read", "automation")
SETTINGS_USERS_READ = ("settings.users.read", "crm.objects.users.read")
TEAMS_READ = ("settings.users.teams.read",)
CONVERSATIONS_READ = ("conversations.read",)
CONVERSATIONS_WRITE = ("conversations.write",)
ANY_OBJECT = tuple(sorted({scope for kind in ALL for scope in (*kind.read_scopes, *kind.write_scopes)}))
ALL_SCOPES = tuple(
    sorted(
        {
            "oauth",
            *OWNERS_READ,
            *SETTINGS_USERS_READ,
            *TEAMS_READ,
            *CONVERSATIONS_READ,
            *CONVERSATIONS_WRITE,
            *ANY_OBJECT,
            *(scope for kind in ALL for scope in (*kind.schema_read_scopes, *kind.schema_write_scopes)),
        }
    )
)
_BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token may do, and until when by the portal's clock; None is for ever, as a service key lasts."""

    scopes: tuple[str, ...]
    expires_ms: int | None = None


class Access:
    """The tokens that are valid now, and the apps that may ask for more of them."""

    def __init__(self) -> None:
        self.apps = Apps()
        self._grants: dict[str, Grant] = {}

    def grant(self, token: str, scopes: Iterable[str] | None = None, *, expires_ms: int | None = None) -> None:
        """Make a token valid, with all scopes by default."""
        self._grants[token] = Grant(ALL_SCOPES if scopes is None else tuple(scopes), expires_ms)

    def issue(self, app: App, now_ms: int) -> str:
        """A new access token of an app, good for half an hour of the portal's clock."""
        token = f"CP{secrets.token_urlsafe(24)}"
        self.grant(token, app.scopes, expires_ms=now_ms + LIFETIME_S * 1000)
        self.apps.note_access(token, app)
        return token

    def revoke(self, token: str) -> None:
        """Make a token invalid at once."""
        self._grants.pop(token, None)
        self.apps.forget_access(token)

    def granted(self, token: str) -> Grant | None:
        """What is known of a token, expired ones included."""
        return self._grants.get(token)

    def scopes(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a token, None for an unknown one."""
        grant = self._grants.get(token)
        return None if grant is None else grant.scopes

    def caller(self, authorization: str, now_ms: int = 0) -> str:
        """The token of an Authorization header. Raises `Refused` 401, for an expired one in its own words."""
        token = authorization[len(_BEARER) :].strip()
        grant = self._grants.get(token)
        if not authorization.lower().startswith(_BEARER) or grant is None:
            raise refusals.unauthenticated()
        if grant.expires_ms is not None and now_ms >= grant.expires_ms:
            raise refusals.expired(grant.expires_ms, now_ms)
        return token

    def demand(self, token: str, alternatives: Sequence[str]) -> None:
        """Raises `Refused` 403 unless the token has one of `alternatives`; none at all ask for nothing."""
        if alternatives and not set(alternatives) & set(self._grants[token].scopes):
            raise refusals.missing_scopes(alternatives)
