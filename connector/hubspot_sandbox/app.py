"""The portal as an ASGI application: authenticate, limit, check scopes, answer, remember.

Requests are answered one at a time under the portal's lock, so that nobody sees half a write.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as StarletteRoute

from hubspot_sandbox import refusals
from hubspot_sandbox.browser_safety import middleware
from hubspot_sandbox.client_report import summary
from hubspot_sandbox.faults.active_faults import Faults, Strike
from hubspot_sandbox.faults.web import FaultsPages
from hubspot_sandbox.instants import http_date
from hubspot_sandbox.json_views import Answer, error_page
from hubspot_sandbox.openapi import description
from hubspot_sandbox.page.web import Page
from hubspot_sandbox.refusals import Refused
from hubspot_sandbox.request_log import RequestLine
from hubspot_sandbox.routes.admin import clock_json, move_clock
from hubspot_sandbox.routes.call import Call
from hubspot_sandbox.routes.table import routes
from hubspot_sandbox.search import Search

if TYPE_CHECKING:
    from hubspot_sandbox.access import Access
    from hubspot_sandbox.limits import Limits
    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.request_log import RequestLog
    from hubspot_sandbox.routes.route import Route

Endpoint = Callable[[Request], Awaitable[Response]]
_JSON = "application/json;charset=utf-8"
_HTML = "text/html;charset=utf-8"
_SERVER = "cloudflare"
_LOG_PAGE = (("limit", "100"), ("after", "0"))


class Endpoints:
    """Takes requests for one portal."""

    def __init__(self, portal: Portal, access: Access, limits: Limits, request_log: RequestLog, faults: Faults) -> None:
        self._portal = portal
        self._faults = faults
        self._access = access
        self._limits = limits
        self._request_log = request_log
        self._search = Search(portal)

    def endpoint(self, route: Route) -> Endpoint:
        """The ASGI endpoint of a route."""

        async def serve(request: Request) -> Response:
            body = await request.body()
            with self._portal.current(), self._portal.store.together():
                return self._respond(route, request, body)

        return serve

    def _respond(self, route: Route, request: Request, body: bytes) -> Response:
        correlation_id = str(uuid.uuid4())
        headers = {"X-HubSpot-Correlation-Id": correlation_id}
        authorization = request.headers.get("authorization", "")
        strike = self._faults.strike(route.kind, request.method, request.url.path, authorization)
        strike.happen()
        entry = self._request_log.begin(route.kind, request.method, request.url.path, request.url.query, authorization)
        policy = ""
        try:
            answer = self._answered(route, request, body, self._caller(route, request), headers, strike)
        except Refused as refused:
            answer = Answer(refused.status, refused.envelope(correlation_id))
            policy = refused.more.get("policyName", "")
        headers |= answer.headers or {}
        response = strike.outgoing(_response(answer, headers | self._frame()))
        self._request_log.end(entry, response.status_code, policy=policy, size=len(response.body))
        if strike.fate:
            self._request_log.amend(entry, status=response.status_code, fate=strike.fate)
        return response

    def _caller(self, route: Route, request: Request) -> str:
        """The token, which routes that hand out tokens do without."""
        authorization = request.headers.get("authorization", "")
        return "" if route.public else self._access.caller(authorization, self._portal.clock.now_ms())

    def _answered(
        self, route: Route, request: Request, body: bytes, token: str, headers: dict[str, str], strike: Strike
    ) -> Answer:
        call = self._call(route, request, body, token)
        if route.public:
            return strike.around(call, route.handler)
        try:
            self._limits.take(token, route.kind, self._portal.account.portal_id)
        finally:
            headers |= self._limits.headers(token, route.kind)
        self._access.demand(token, route.scopes(call))
        return strike.around(call, route.handler)

    def _call(self, route: Route, request: Request, body: bytes, token: str) -> Call:
        return Call(
            portal=self._portal,
            search=self._search,
            access=self._access,
            limits=self._limits,
            version=route.version,
            token=token,
            headers=request.headers,
            params=request.path_params,
            query=request.query_params,
            body=body,
            url=request.url,
            now_ms=self._portal.clock.now_ms(),
        )

    async def unknown(self, request: Request, error: Exception) -> Response:
        """HTML, as HubSpot answers paths and methods it does not know."""
        status: int = getattr(error, "status_code", 404)
        with self._portal.lock:
            self._request_log.note("unknown", RequestLine(request.method, request.url.path, status))
        return Response(error_page(status), status, self._frame() | {"Content-Type": _HTML})

    async def clock(self, request: Request) -> Response:
        """GET or move the clock."""
        body = await request.body()
        try:
            clock = self._portal.clock
            shown = move_clock(clock, body) if request.method == "POST" else clock_json(clock)
            self._portal.catch_up()
        except Refused as refused:
            return _response(Answer(refused.status, refused.envelope(str(uuid.uuid4()))), self._frame())
        return _response(Answer(200, shown), self._frame())

    async def requests(self, _request: Request) -> Response:
        """Counts of what was asked."""
        with self._portal.lock:
            return _response(Answer(200, self._request_log.as_json()), self._frame())

    async def log(self, request: Request) -> Response:
        """The counts of everything, the last requests, and the writes after a number."""
        limit, after = (request.query_params.get(name) or standard for name, standard in _LOG_PAGE)
        if not (limit.isdecimal() and after.isdecimal()):
            refused = refusals.invalid("limit and after must be numbers")
            return _response(Answer(refused.status, refused.envelope(str(uuid.uuid4()))), self._frame())
        with self._portal.lock:
            body = summary(self._portal, self._request_log) | {
                "requests": [entry.as_json() for entry in self._request_log.latest(int(limit))],
                "written": [entry.as_json() for entry in self._request_log.writes(after=int(after), limit=int(limit))],
            }
        return _response(Answer(200, body), self._frame())

    async def description(self, _request: Request) -> Response:
        """What the sandbox answers, as OpenAPI."""
        return _response(Answer(200, description(routes())), self._frame())

    def _frame(self) -> dict[str, str]:
        """Headers of every answer. `Date` is the portal's time, which is the whole point."""
        trace = uuid.uuid4().hex
        return {
            "Date": http_date(self._portal.clock.now_ms()),
            "Server": _SERVER,
            "CF-Ray": f"{trace[:16]}-FRA",
            "X-Trace": f"2B{trace.upper()}",
            "Vary": "origin, Accept-Encoding",
        }


def _response(answer: Answer, headers: dict[str, str]) -> Response:
    if answer.page is not None:
        return Response(answer.page, answer.status, headers | {"Content-Type": _HTML})
    if answer.body is None:
        return Response(None, answer.status, headers)
    return Response(orjson.dumps(answer.body), answer.status, headers | {"Content-Type": _JSON})


def application(
    portal: Portal, access: Access, limits: Limits, request_log: RequestLog, faults: Faults | None = None
) -> Starlette:
    """The ASGI application; nothing goes wrong in it but the `faults`."""
    faults = faults or Faults(portal, access)
    endpoints = Endpoints(portal, access, limits, request_log, faults)
    app = Starlette(
        routes=[
            *_hubspot(endpoints, routes()),
            *_own(endpoints),
            *FaultsPages(faults).routes(),
            *Page(portal, request_log).routes(),
        ],
        exception_handlers={404: endpoints.unknown, 405: endpoints.unknown},
        middleware=middleware(),
    )
    app.router.redirect_slashes = False
    return app


def _hubspot(endpoints: Endpoints, routes: Iterable[Route]) -> list[StarletteRoute]:
    return [StarletteRoute(route.path, endpoints.endpoint(route), methods=[route.method]) for route in routes]


def _own(endpoints: Endpoints) -> list[StarletteRoute]:
    return [
        StarletteRoute("/sandbox/clock", endpoints.clock, methods=["GET", "POST"]),
        StarletteRoute("/sandbox/requests", endpoints.requests, methods=["GET"]),
        StarletteRoute("/sandbox/log", endpoints.log, methods=["GET"]),
        StarletteRoute("/sandbox/openapi.json", endpoints.description, methods=["GET"]),
    ]
