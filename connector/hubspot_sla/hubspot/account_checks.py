"""Questions that only a check-up asks: what is this token, how much of the day is left, how long does this API last?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.json_fields import objects, text, texts
from hubspot_sla.hubspot.paths import LEGACY
from hubspot_sla.hubspot.response import word

if TYPE_CHECKING:
    from hubspot_sla.hubspot.credentials import Token
    from hubspot_sla.hubspot.transport import Transport

_TOKEN_INFO: Final = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path
_USAGE: Final = "/account-info/v3/api-usage/daily/private-apps"

SUPPORTED_UNTIL: Final = {
    LEGACY: date(2027, 3, 30),  # its associations are v4's, which end first; the rest of v3 in September 2027
    "2026-03": date(2027, 9, 30),  # eighteen months from its release, as every dated version
    "2026-09": date(2028, 3, 9),
}
"""Until when HubSpot mends an API version. It may go on working after that; nobody has said for how long."""


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What HubSpot knows of a static token."""

    portal_id: int
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests of the portal's day; `resets_at` as HubSpot writes it."""

    used: int
    limit: int
    resets_at: str


def token_info(transport: Transport, token: Token) -> TokenInfo:
    """Of a service key or private-app token. Undocumented, though widely used: a caller must do without an
    answer. The token goes in the body and in the header: in Europe HubSpot wants both."""
    body = transport.POST(_TOKEN_INFO, body={"tokenKey": token.reveal()}).body
    return TokenInfo(int(text(body, "hubId")), frozenset(texts(body, "scopes")))


def usage_today(transport: Transport) -> Usage | None:
    """None where HubSpot gives no figure: it is unproven that service keys are counted there."""
    for row in objects(transport.GET(_USAGE).body, "results"):
        used, limit = row.get("currentUsage"), row.get("usageLimit")
        if isinstance(used, int) and isinstance(limit, int):
            return Usage(used, limit, word(row, "resetsAt") or "")
    return None


def list_one(transport: Transport, object_type: str) -> None:
    """The cheapest read of a type of object. Raises AccessDenied where the token may not."""
    transport.GET(f"/crm/v3/objects/{object_type}", query_params={"limit": 1})
