"""What keeps other web sites away from a sandbox: a browser on this machine is let in by its own pages only.

Requests must name this machine as their host, so that no foreign name can be pointed at the sandbox (DNS rebinding).
What changes the sandbox itself (its clock, its faults, a ticket by the page) must not come from another site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK = ("127.0.0.1", "localhost")
_READING = ("GET", "HEAD", "OPTIONS")
_OWN_PATHS = ("/sandbox/", "/contacts/")
_FORBIDDEN = 403


def middleware() -> list[Middleware]:
    """For every request, before it is counted or answered."""
    return [Middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK), Middleware(SameSite)]


class SameSite:
    """Refuses what another site sends to the sandbox's own addresses. HubSpot's routes are guarded by their token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _from_another_site(scope):
            refusal = PlainTextResponse("The sandbox takes this from its own pages only.", _FORBIDDEN)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _from_another_site(scope: Scope) -> bool:
    if scope["method"] in _READING or not scope["path"].startswith(_OWN_PATHS):
        return False
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return True
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
