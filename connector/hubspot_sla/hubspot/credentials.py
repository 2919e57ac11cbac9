"""The token: one object holds the secret, and nothing that prints the object prints the secret."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol, final

from hubspot_sla.errors import TokenMissing, UsageProblem

_SHOWN = 4
_SHORTEST_WITH_TAIL = 16


class TokenSource(Protocol):
    """Where the transport asks for the token, at every request. One that never changes is its own source.

    An OAuth installation is a source that keeps an access token and its refresh token: it gives a new one shortly
    before the old one ends, and once more when HubSpot refuses it all the same.
    """

    def current(self) -> Token:
        """The token for the next request."""
        ...

    def renewed(self, refused: Token) -> bool:
        """HubSpot answered 401 to `refused`: whether there is another one to try now. Called from any thread."""
        ...


@final
class Token:
    """A service key or private-app token.

    Surrounding white space is dropped, as files and shells add it. Raises `TokenMissing` when nothing is
    left, and `UsageProblem` for characters that no header can carry: left alone they would surface as an
    error of the HTTP library that quotes the header, secret and all.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret.strip()
        if not self._secret:
            raise TokenMissing("no HubSpot token was given", remedy="create a service key and set HUBSPOT_TOKEN")
        if not all("!" <= character <= "~" for character in self._secret):
            raise UsageProblem(
                "the HubSpot token contains white space or characters outside ASCII",
                remedy="copy the token again, without quotes or line breaks",
            )

    def reveal(self) -> str:
        """The secret itself, for the Authorization header and nothing else."""
        return self._secret

    def current(self) -> Token:
        """Itself: it lasts until somebody revokes it."""
        return self

    def renewed(self, refused: Token) -> bool:  # noqa: ARG002 - a source that knows more looks at it
        """No: a refused one stays refused."""
        return False

    def digest(self, purpose: str) -> str:
        """16 hex digits that differ from token to token, and reveal nothing of the secret."""
        return blake2b(purpose.encode(), key=self._secret.encode()[:64], digest_size=8).hexdigest()

    def redact(self, text: str) -> str:
        """`text` with every occurrence of the secret replaced."""
        return text.replace(self._secret, str(self))

    def redact_bytes(self, raw: bytes) -> bytes:
        """The same for bytes that came over the wire."""
        return raw.replace(self._secret.encode(), str(self).encode())

    def __str__(self) -> str:
        head = "pat-" if self._secret.startswith("pat-") else ""
        tail = self._secret[-_SHOWN:] if len(self._secret) >= _SHORTEST_WITH_TAIL else ""
        return f"{head}…{tail}"

    def __repr__(self) -> str:
        return f"Token({self})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a token is not pickled: it would leave the process in clear")
