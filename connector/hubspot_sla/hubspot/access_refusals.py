"""What a 401 and a 403 mean. One alone decides nothing.

An edge in front of HubSpot answers 403 with a page of HTML now and then, and HubSpot documents that a 401 alone is no
sign of a bad token (usage guidelines). Therefore:

- whether the *token* is accepted is what account-info says, in JSON with a category of HubSpot's own;
- something is denied to the token when HubSpot says so in JSON, with a category, twice for the same request: a *scope*
  is missing where the category is MISSING_SCOPES or scopes are named, and else the category is all that is known;
- anything else is trouble on the way: tried again, and `Unreachable` in the end.

In all of these cases HubSpot has not carried out the request, so a create may be sent again too.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import AccessDenied, HubSpotError, ScopeMissing, TokenRejected, Unreachable
from hubspot_sla.hubspot.error_responses import FORBIDDEN, UNAUTHORIZED, Call, context_of, scopes_in
from hubspot_sla.hubspot.refusal_reason import reason_in
from hubspot_sla.hubspot.response import word
from hubspot_sla.hubspot.retry import Transient
from hubspot_sla.hubspot.retry_waits import AFTER_DENIED_ACCESS

if TYPE_CHECKING:
    from hubspot_sla.hubspot.response import Response

ACCOUNT_PATH: Final = "/account-info/v3/details"
MISSING_SCOPES: Final = "MISSING_SCOPES"
TICKETS: Final = "tickets"
"""The scope without which nothing can be judged, and the part of a path that needs it."""
REFUSED: Final = (UNAUTHORIZED, FORBIDDEN)


class TokenState(Enum):
    """What account-info says of the token. UNKNOWN: its answer is not HubSpot's own."""

    ACCEPTED = auto()
    REJECTED = auto()
    UNKNOWN = auto()


def token_state(response: Response) -> TokenState:
    """`response` is account-info's. A token that lacks its scope is accepted all the same."""
    if response.ok and response.whole:
        return TokenState.ACCEPTED
    if not _is_hubspots_own(response) or response.status not in REFUSED:
        return TokenState.UNKNOWN
    return TokenState.REJECTED if response.status == UNAUTHORIZED else TokenState.ACCEPTED


def is_denial(response: Response) -> bool:
    """HubSpot itself refuses, not something on the way to it."""
    return response.status == FORBIDDEN and (_is_hubspots_own(response) or bool(scopes_in(response.body)))


def token_rejected(call: Call, response: Response) -> HubSpotError:
    return TokenRejected(
        f"HubSpot does not accept the token: {reason_in(response.body)}",
        remedy="check that the token is complete, current and of this portal",
        **context_of(call, response),
    )


def access_denied(call: Call, response: Response) -> AccessDenied:
    """What HubSpot says against one request of an accepted token."""
    scopes = scopes_in(response.body)
    if scopes or word(response.body, "category") == MISSING_SCOPES:
        return _scope_missing(call, response, scopes)
    return AccessDenied(
        f"HubSpot denies this to the token, and not for want of a scope: {reason_in(response.body)}",
        remedy="its category says why: ask HubSpot about the account's plan, the permissions of the user behind the"
        " token, and where requests may come from; it is tried again by itself",
        **context_of(call, response),
    )


def _scope_missing(call: Call, response: Response, scopes: tuple[str, ...]) -> ScopeMissing:
    named = f"one of the scopes {', '.join(scopes)} is missing" if scopes else reason_in(response.body)
    remedy = "grant the scope to the service key or private app"
    return ScopeMissing(
        f"the token may not do this: {named}",
        scopes=scopes,
        essential=TICKETS in scopes if scopes else _is_of_tickets(call.path),
        remedy=remedy,
        **context_of(call, response),
    )


def _is_of_tickets(path: str) -> bool:
    """Whether tickets themselves are asked for. Of an association nobody knows whose scope is missing."""
    parts = path.split("/")
    return TICKETS in parts and "associations" not in parts


def once_more(final: HubSpotError) -> Transient:
    """Asked for again before it is believed."""
    return Transient(final, AFTER_DENIED_ACCESS)


def trouble_on_the_way(call: Call, response: Response) -> Transient:
    """A refusal that says nothing of the token: by the edge, or a 401 that account-info does not confirm."""
    final = Unreachable(
        f"HubSpot, or something on the way to it, answered {response.status} until the retries ran out",
        remedy="run again: nothing is lost; a proxy or a firewall of yours may be in between",
        **context_of(call, response),
    )
    return Transient(final, AFTER_DENIED_ACCESS)


def _is_hubspots_own(response: Response) -> bool:
    return word(response.body, "category") is not None
