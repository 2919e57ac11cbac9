"""The token put into the Authorization header of every request. Apart from the token itself: importing `requests`
takes longer than a command that never leaves this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest

    from hubspot_sla.hubspot.credentials import Token


@final
class BearerAuth(AuthBase):
    """Puts the token on a request. As `auth`, not as a header, so that a ~/.netrc entry cannot replace it."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"
        return request
