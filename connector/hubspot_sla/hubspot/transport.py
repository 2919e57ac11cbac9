"""The one way to HubSpot: sends what the SDK builds, within the limits, with one retry layer.

The SDK's API objects get a `Transport` as their `rest_client` (see `sdk.py`). Promises: every call has a
timeout and a place in the budget; every failure is an error of `hubspot_sla.errors`, never one of the SDK
or the HTTP library; a create that may have happened is never repeated; the token is in no log or error.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import urlsplit

import orjson
import requests
from requests.structures import CaseInsensitiveDict

from hubspot_sla import bounded_http
from hubspot_sla.bounded_http import Bounds, exchange
from hubspot_sla.errors import DailyLimitReached, HubSpotError, RateLimited, UsageProblem
from hubspot_sla.hubspot import access_refusals
from hubspot_sla.hubspot.access_refusals import ACCOUNT_PATH, REFUSED, TokenState
from hubspot_sla.hubspot.bearer import BearerAuth
from hubspot_sla.hubspot.concurrency import Flight
from hubspot_sla.hubspot.current_time import ClockMode, CurrentTime
from hubspot_sla.hubspot.error_responses import TOO_MANY, UNAUTHORIZED, Call, refusal
from hubspot_sla.hubspot.http_methods import Query, RestVerbs, Timeout
from hubspot_sla.hubspot.network_errors import outage
from hubspot_sla.hubspot.paths import DEFAULT_VERSION, WITHOUT_RULES, PathTable
from hubspot_sla.hubspot.quota_headers import Quota
from hubspot_sla.hubspot.quota_share import MOST
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.hubspot.response import Response
from hubspot_sla.hubspot.retry import Patience, Transient, persist

if TYPE_CHECKING:
    from hubspot_sla.hubspot.credentials import Token, TokenSource
    from hubspot_sla.hubspot.daily_quota import Day

HUBSPOT: Final = "https://api.hubapi.com"

Send = Callable[[BearerAuth], bounded_http.HttpResponse]


class TransportOptions(TypedDict, total=False):
    """The optional arguments of `Transport` besides the version, for those that pass them on."""

    limits: Limits
    patience: Patience
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    wall: Callable[[], float]
    timeout: tuple[float, float]
    bounds: Bounds
    session: requests.Session
    in_flight: int
    clock: ClockMode


class Transport(RestVerbs):
    """Shaped like the SDK's `RESTClientObject`; a path alone is accepted wherever the SDK passes a URL.

    `calls` counts requests sent by kind, resends included; `retried` and `rate_limited` count resends and 429 answers;
    `last_correlation_id` is what HubSpot's support asks for, `quota` what is left by the last response, `flight` holds
    those in which requests are made side by side; `day`, where one is set, counts the portal's day. Safe to use from
    several threads.
    """

    def __init__(
        self,
        base_url: str,
        token: TokenSource,
        *,
        version: str = DEFAULT_VERSION,
        limits: Limits | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        timeout: tuple[float, float] = (3.05, 30.0),
        bounds: Bounds | None = None,
        session: requests.Session | None = None,
        in_flight: int = MOST,
        clock: ClockMode = ClockMode.AUTO,
    ) -> None:
        self.base_url = _checked(base_url)
        self.paths = PathTable(version)
        self.calls: Counter[str] = Counter()
        self.retried = 0
        self.rate_limited = 0
        self.last_correlation_id: str | None = None
        self.day: Day | None = None
        self.quota = Quota()
        self._tokens = token
        self._limits = limits or Limits(sleep=sleep, monotonic=monotonic)
        self._patience = patience or Patience()
        self.sleep = sleep
        self._monotonic = monotonic
        self._timeout = timeout
        self._bounds = bounds or Bounds()
        self.flight = Flight(in_flight)
        self._session = session or bounded_http.session(in_flight + 1)  # one more: the caller's own
        self._time = CurrentTime(wall, monotonic, clock)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Transport({self.base_url!r}, {self._tokens!r}, version={self.paths.version!r})"

    def close(self) -> None:
        """Wait for the calls under way, and close the pooled connections."""
        self.flight.close()
        self._session.close()

    @cached_property
    def without_rules(self) -> EarlierVersion | None:
        """The same portal through the earlier version that ignores the rules of its admin; None where the version in
        use ignores them itself."""
        version = WITHOUT_RULES.get(self.paths.version)
        return None if version is None else EarlierVersion(self, version)

    @property
    def offset_ms(self) -> int:
        """HubSpot's clock minus the local one."""
        return self._time.offset_ms

    @property
    def offset_in_use_ms(self) -> int:
        """How much of that difference `now_ms` corrects."""
        return self._time.offset_in_use_ms

    @property
    def knows_time(self) -> bool:
        """Whether any response had HubSpot's time yet. Until then `now_ms` goes by what is known from earlier."""
        return self._time.is_answered

    @property
    def clock_mode(self) -> ClockMode:
        """How far HubSpot's clock is believed."""
        return self._time.mode

    @property
    def deadline_ms(self) -> int:
        """The longest that one request may take in all."""
        return int(self._bounds.deadline_s * 1000)

    def now_ms(self) -> int:
        """The time to go by, in milliseconds since 1970; see `current_time`."""
        with self._lock:
            return self._time.now_ms()

    @property
    def agreed_ms(self) -> int | None:
        """When the two clocks last agreed; see `current_time`."""
        return self._time.agreed_ms

    def assume_time(self, offset_ms: int, reached_ms: int | None = None, agreed_ms: int | None = None) -> None:
        """What is known of HubSpot's clock from earlier: the offset counts until the first answer; `now_ms` does not
        fall behind `reached_ms`, unless by more than a minute, nor behind `agreed_ms`; see `current_time`."""
        with self._lock:
            self._time.assume(offset_ms, reached_ms, agreed_ms)

    def request(
        self,
        method: str,
        url: str,
        query_params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        post_params: Sequence[object] | None = None,
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        """Send one request and return its 2xx answer, 207 included.

        `_preload_content` is the SDK's and changes nothing: bodies are always read, and parsed once.
        Raises errors of `hubspot_sla.errors`; LookupError for a path that is not in the path table.
        """
        if post_params:
            raise ValueError("HubSpot's CRM endpoints take JSON; form fields are not sent")
        return self.request_by(self.paths, method, url, query_params, headers, body, _request_timeout)

    def request_by(
        self,
        paths: PathTable,
        method: str,
        url: str,
        query_params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        timeout: Timeout | None = None,
    ) -> Response:
        """The same through the paths of another API version."""
        method = method.upper()
        route = paths.route(method, url.removeprefix(self.base_url))
        call = Call(method, route.path, route.kind, route.repeatable)
        sending = partial(
            exchange,
            self._session,
            method,
            self.base_url + route.path,
            self._bounds,
            params=_query(query_params),
            data=None if body is None else orjson.dumps(body),
            headers=_headers(headers),
            timeout=timeout or self._timeout,
        )
        access = _AccessRefusals()
        return persist(
            lambda: self._attempt(call, lambda auth: sending(auth=auth), access),
            self._patience,
            sleep=self.sleep,
            before_retry=self._count_retry,
        )

    def _attempt(self, call: Call, send: Send, access: _AccessRefusals) -> Response:
        token = self._tokens.current()
        response = self._exchange(call, send, token)
        if response.status == UNAUTHORIZED and self._tokens.renewed(token):
            response = self._exchange(call, send, self._tokens.current())
        if response.ok and response.whole:
            return response
        if response.status in REFUSED:
            raise self._no_access(call, response, access)
        failure = refusal(call, response)
        if response.status == TOO_MANY:
            self._back_off(call, failure)
        raise failure

    def _no_access(self, call: Call, response: Response, access: _AccessRefusals) -> Exception:
        """What a 401 or a 403 comes to; see `access_refusals.py`."""
        if access_refusals.is_denial(response):
            access.denials += 1
            denied = access_refusals.access_denied(call, response)
            return denied if access.denials > 1 else access_refusals.once_more(denied)
        if response.status == UNAUTHORIZED and self._token_is_rejected():
            return access_refusals.token_rejected(call, response)
        return access_refusals.trouble_on_the_way(call, response)

    def _token_is_rejected(self) -> bool:
        """Asks account-info. An answer of its own that names no category, or none at all, proves nothing."""
        route = self.paths.route("GET", ACCOUNT_PATH)
        call = Call("GET", route.path, route.kind, route.repeatable)
        url = self.base_url + route.path
        asking = partial(
            exchange, self._session, "GET", url, self._bounds, headers=_headers(None), timeout=self._timeout
        )
        try:
            account = self._exchange(call, lambda auth: asking(auth=auth), self._tokens.current())
        except (HubSpotError, Transient):
            return False
        return access_refusals.token_state(account) is TokenState.REJECTED

    def _exchange(self, call: Call, send: Send, token: Token) -> Response:
        self._refuse_while_shut(call)
        if self.day is not None:
            self.day.take()
        self._limits.acquire(call.kind)
        with self._lock:
            self.calls[call.kind] += 1
        sent_s = self._monotonic()
        try:
            http_response = send(BearerAuth(token))
        except requests.RequestException as error:
            raise outage(call, self.base_url, error) from error
        response = _response(http_response, token)
        self._learn(call, response, sent_s)
        return response

    def _refuse_while_shut(self, call: Call) -> None:
        """What HubSpot asked to be left alone with for long is not slept through: others wait for this thread."""
        shut_s = self._limits.shut_s(call.kind)
        if shut_s > self._patience.total_wait_s:
            raise RateLimited(
                f"HubSpot wants no such request for another {shut_s:,.0f} s",
                remedy="run again then: what was recorded until now stands",
                method=call.method,
                path=call.path,
            )

    def _learn(self, call: Call, response: Response, sent_s: float) -> None:
        self._limits.learn(call.kind, response.getheaders())
        with self._lock:
            self.last_correlation_id = response.correlation_id or self.last_correlation_id
            self.quota = self.quota.and_then(response.getheaders())
            self._time.observe(response.getheader("Date"), sent_s=sent_s)

    def _back_off(self, call: Call, failure: Exception) -> None:
        with self._lock:
            self.rate_limited += 1
        if isinstance(failure, DailyLimitReached) and self.day is not None:
            self.day.refuse()
        if isinstance(failure, Transient):
            self._limits.shut(call.kind, failure.wait_s(1))

    def _count_retry(self) -> None:
        with self._lock:
            self.retried += 1


class EarlierVersion(RestVerbs):
    """A transport's own connections, limits and errors, with the paths of another API version."""

    def __init__(self, transport: Transport, version: str) -> None:
        self.base_url = transport.base_url
        self._transport = transport
        self._paths = PathTable(version)

    def request(
        self,
        method: str,
        url: str,
        query_params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        post_params: Sequence[object] | None = None,  # noqa: ARG002 - the SDK's
        _preload_content: bool = True,
        _request_timeout: Timeout | None = None,
    ) -> Response:
        """As `Transport.request`."""
        return self._transport.request_by(self._paths, method, url, query_params, headers, body, _request_timeout)


@dataclass(slots=True)
class _AccessRefusals:
    """How often HubSpot itself has denied one request, over all of its attempts."""

    denials: int = 0


def _response(http_response: bounded_http.HttpResponse, token: Token) -> Response:
    """Without the token, should HubSpot send it back: a row refused with a 207 stands in a success."""
    headers = {name: token.redact(value) for name, value in http_response.headers.items()}
    data = token.redact_bytes(http_response.body)
    return Response(http_response.status, http_response.reason, data, CaseInsensitiveDict(headers))


def _checked(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        has_host = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a bracket that nothing closes, a port that is none
        has_host = False
    if not has_host or parts.scheme not in ("http", "https") or parts.query:
        raise UsageProblem(f"{base_url!r} is no address of HubSpot", remedy=f"it should be {HUBSPOT}")
    return base_url.rstrip("/")


def _headers(given: Mapping[str, str] | None) -> dict[str, str]:
    json = {"Accept": "application/json", "Content-Type": "application/json"}
    return json | dict(given or {}) | {"User-Agent": "hubspot-sla"}


def _query(given: Query | None) -> list[tuple[str, str]]:
    """Query parameters as text; the SDK leaves booleans as Python spells them, with a capital."""
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    return [(name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in pairs]
