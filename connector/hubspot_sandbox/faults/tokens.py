"""Calls turned away because of the token or its scopes, or so it seems: also by the edge in front of HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from hubspot_sandbox import refusals
from hubspot_sandbox.faults.edge import edge_page
from hubspot_sandbox.faults.outcome import Outcome, Refusing, StruckRequest
from hubspot_sandbox.json_views import Answer
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from starlette.responses import Response

    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.routes.call import Call

_MS_PER_S = 1000
_FORBIDDEN = 403


class ExpiredToken(Refusing):
    """401 EXPIRED_AUTHENTICATION: the token ran out `seconds_ago`."""

    fault: ClassVar[str] = "expired_token"
    seconds_ago: int = Field(default=75, ge=0)

    def refusal(self, struck: StruckRequest) -> Refused:
        now_ms = struck.portal.clock.now_ms()
        return refusals.expired(now_ms - self.seconds_ago * _MS_PER_S, now_ms)


class Unauthorized(Refusing):
    """401 INVALID_AUTHENTICATION, as for an unknown token; HubSpot answers good tokens with it too at times."""

    fault: ClassVar[str] = "unauthorized"

    def refusal(self, struck: StruckRequest) -> Refused:
        return refusals.unauthenticated()


class MissingScope(Refusing):
    """403 MISSING_SCOPES that names `scopes`: in `errors[].context`, or with `shape: context` in the outer one."""

    fault: ClassVar[str] = "missing_scope"
    scopes: tuple[str, ...] = Field(default=("tickets",), min_length=1)
    shape: Literal["errors", "context"] = "errors"

    def refusal(self, struck: StruckRequest) -> Refused:
        return refusals.missing_scopes(self.scopes, outer=self.shape == "context")


class AccessDenied(Refusing):
    """403 with a `category` other than MISSING_SCOPES: the plan, the user or the caller's address is the reason."""

    fault: ClassVar[str] = "access_denied"
    category: str = Field(default="USER_DOES_NOT_HAVE_PERMISSIONS", min_length=1)
    message: str = "The user does not have permission to do this."

    def refusal(self, struck: StruckRequest) -> Refused:
        return Refused(_FORBIDDEN, self.message, category=self.category)


class EdgeRefused(Outcome):
    """403 with a page of HTML from the edge in front of HubSpot, which never sees the request."""

    fault: ClassVar[str] = "edge_refused"
    status: int = Field(default=_FORBIDDEN, ge=400, le=499)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        return Answer(self.status)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        return edge_page(response, self.status)
