"""What HubSpot answers instead of doing the work: limits, locks, migrations, broken servers."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import Field, PrivateAttr
from starlette.responses import Response

from hubspot_sandbox import refusals
from hubspot_sandbox.faults.edge import edge_headers, edge_page
from hubspot_sandbox.faults.outcome import Refusing, StruckRequest
from hubspot_sandbox.refusals import Refused

if TYPE_CHECKING:
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.json_views import Answer
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.routes.call import Call

_A_DAY_S = 86_400
_DAILY = "X-HubSpot-RateLimit-Daily"


class _RetryLater(Refusing):
    """Says when to come back."""

    retry_after_s: int | None = Field(default=None, ge=0)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        if struck.landed and self.retry_after_s is not None:
            response.headers["retry-after"] = str(self.retry_after_s)
        return response


class RateLimited(_RetryLater):
    """429 of a `policy`. HubSpot sends no Retry-After with it; `retry_after_s` makes it send one."""

    fault: ClassVar[str] = "rate_limited"
    policy: Literal["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"] = "TEN_SECONDLY_ROLLING"
    named: bool = False
    """Whether the search limit names its policy; most of those recorded did not."""

    def refusal(self, struck: StruckRequest) -> Refused:
        if self.policy == "TEN_SECONDLY_ROLLING":
            return refusals.too_many_in_ten_seconds(struck.portal.account.portal_id)
        if self.policy == "DAILY":
            return too_many_today()
        return _too_many_searches_named() if self.named else refusals.too_many_searches()


class DailyQuota(Refusing):
    """After `calls` requests of a day all are refused until midnight in the portal's time zone, by its clock."""

    fault: ClassVar[str] = "daily_quota"
    calls: int = Field(default=0, ge=0)
    _day: datetime | None = PrivateAttr(default=None)
    _used: int = PrivateAttr(default=0)

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        self._count(struck.portal)
        return handler(call) if self._used <= self.calls else super().around(struck, call, handler)

    def refusal(self, struck: StruckRequest) -> Refused:
        return too_many_today()

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        response.headers[_DAILY] = str(self.calls)
        response.headers[f"{_DAILY}-Remaining"] = str(max(0, self.calls - self._used))
        return response

    def _count(self, portal: Portal) -> None:
        today = midnight(portal)
        if today != self._day:
            self._day, self._used = today, 0
        self._used += 1


class Locked(Refusing):
    """423, as during a large synchronisation; such locks last two seconds."""

    fault: ClassVar[str] = "locked"

    def refusal(self, struck: StruckRequest) -> Refused:
        return Refused(423, "The resource is currently locked. Wait at least two seconds before trying again.")


class Migrating(_RetryLater):
    """477 with Retry-After in seconds: the account is moving to another data centre."""

    fault: ClassVar[str] = "migrating"
    retry_after_s: int | None = Field(default=_A_DAY_S, ge=0)

    def refusal(self, struck: StruckRequest) -> Refused:
        return Refused(477, "This account is being migrated between hosting locations.")


class ServerError(_RetryLater):
    """A 5xx whose body is HubSpot's `json`, Cloudflare's `html` or `empty`; with `commit` after the work has been done.

    `category` goes into the JSON.
    """

    fault: ClassVar[str] = "server_error"
    status: int = Field(default=500, ge=500, le=599)
    body: Literal["json", "html", "empty"] = "json"
    category: str | None = None
    commit: bool = False

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        if self.commit:
            handler(call)
            struck.fate = self.fault
        return super().around(struck, call, handler)

    def refusal(self, struck: StruckRequest) -> Refused:
        return Refused(self.status, "internal error", category=self.category)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        if not struck.landed:
            return response
        return super().outgoing(struck, self._broken(response))

    def _broken(self, response: Response) -> Response:
        if self.body == "html":
            return edge_page(response, self.status)
        if self.body == "empty":
            return Response(None, self.status, edge_headers(response))
        envelope: dict[str, object] = orjson.loads(response.body)
        in_order = {key: envelope[key] for key in ("correlationId", "message", "status", "category") if key in envelope}
        headers = dict(response.headers.items())
        del headers["content-length"]
        return Response(orjson.dumps(in_order), self.status, headers)


def too_many_today() -> Refused:
    """429 of the daily limit."""
    more = {"errorType": "RATE_LIMIT", "policyName": "DAILY", "requestId": str(uuid.uuid4())}
    return Refused(429, "You have reached your daily limit.", more=more)


def _too_many_searches_named() -> Refused:
    more = {"errorType": "RATE_LIMIT", "policyName": "SECONDLY"}
    return Refused(429, "You have reached your secondly limit.", more=more)


def midnight(portal: Portal) -> datetime:
    """When the portal's day began, by its clock and in its time zone."""
    zone = ZoneInfo(portal.account.time_zone)
    return datetime.combine(portal.clock.now().astimezone(zone).date(), time(), zone)


def next_midnight(portal: Portal) -> datetime:
    """When its quota is whole again."""
    day = midnight(portal)
    return datetime.combine(day.date() + timedelta(days=1), time(), day.tzinfo)
