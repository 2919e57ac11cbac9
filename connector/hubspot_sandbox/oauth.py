"""OAuth apps: what is exchanged for access tokens, and what a token says about itself.

The consent page is not here: any authorization code of a known app is accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hubspot_sandbox.refusals import Refused


@dataclass(frozen=True, slots=True)
class App:
    """An OAuth app that is installed in the portal; `scopes` None are all."""

    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - it opens nothing but the sandbox
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105 - likewise
    app_id: int = 2_900_002
    user_id: int = 61_000_001
    user: str = "admin@support.example"
    scopes: tuple[str, ...] | None = None


@dataclass(slots=True)
class Apps:
    """The installed apps, and which tokens each of them holds."""

    installed: list[App] = field(default_factory=lambda: [App()])
    _refresh: dict[str, App] = field(default_factory=dict)
    _access: dict[str, App] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._refresh = {app.refresh_token: app for app in self.installed}

    def install(self, app: App) -> None:
        """One more."""
        self.installed.append(app)
        self._refresh[app.refresh_token] = app

    def client(self, client_id: str, client_secret: str) -> App:
        """The app of these credentials. Raises `Refused` 400."""
        for app in self.installed:
            if app.client_id == client_id:
                if app.client_secret == client_secret:
                    return app
                raise Refused(400, "missing or invalid client secret", label="BAD_CLIENT_SECRET")
        raise Refused(400, "missing or unknown client id", label="BAD_CLIENT_ID")

    def of_refresh(self, token: str) -> App | None:
        """Whose refresh token it is."""
        return self._refresh.get(token)

    def of_access(self, token: str) -> App | None:
        """Whose access token it is; static tokens are nobody's."""
        return self._access.get(token)

    def refreshed(self, app: App, token: str) -> App:
        """The app, if the refresh token is its own. Raises `Refused` 400 for a revoked grant."""
        if self._refresh.get(token) is not app:
            raise Refused(400, "missing or invalid refresh token", label="BAD_REFRESH_TOKEN")
        return app

    def note_access(self, token: str, app: App) -> None:
        """An access token of an app."""
        self._access[token] = app

    def revoke_refresh(self, token: str) -> None:
        """End a grant; its access tokens live on until they expire."""
        self._refresh.pop(token, None)

    def forget_access(self, token: str) -> None:
        """An access token is no longer the app's."""
        self._access.pop(token, None)
