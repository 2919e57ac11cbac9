"""Who may call: tokens and their scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.sandbox import refusals
from hubspot_sla.sandbox.object_types import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OWNERS_READ = ("crm.objects.owners.read",)
ALL_SCOPES = tuple(
    sorted(
        {
            *OWNERS_READ,
            *(scope for kind in ALL for scope in (*kind.read_scopes, *kind.write_scopes)),
            *(scope for kind in ALL for scope in (*kind.schema_read_scopes, *kind.schema_write_scopes)),
        }
    )
)
ANY_OBJECT = tuple(sorted({scope for kind in ALL for scope in kind.read_scopes}))
_BEARER = "bearer "


class Access:
    """The tokens that are valid now."""

    def __init__(self) -> None:
        self._scopes: dict[str, tuple[str, ...]] = {}

    def grant(self, token: str, scopes: Iterable[str] | None = None) -> None:
        """Make a token valid, with all scopes unless told which."""
        self._scopes[token] = ALL_SCOPES if scopes is None else tuple(scopes)

    def revoke(self, token: str) -> None:
        """Make a token invalid."""
        self._scopes.pop(token, None)

    def scopes(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a token, None for an unknown one."""
        return self._scopes.get(token)

    def caller(self, authorization: str) -> str:
        """The token of an Authorization header. Raises `Refused` 401."""
        token = authorization[len(_BEARER) :].strip()
        if not authorization.lower().startswith(_BEARER) or token not in self._scopes:
            raise refusals.unauthenticated()
        return token

    def demand(self, token: str, alternatives: Sequence[str]) -> None:
        """Raises `Refused` 403 unless the token has one of `alternatives`; none at all ask for nothing."""
        if alternatives and not set(alternatives) & set(self._scopes[token]):
            raise refusals.missing_scopes(alternatives)
