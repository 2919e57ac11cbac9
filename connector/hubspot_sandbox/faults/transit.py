"""What goes wrong between HubSpot and its client: connections cut, answers late, missing or short, a wrong `Date`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field
from starlette.responses import Response

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.instants import http_date
from hubspot_sandbox.json_views import Answer

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from hubspot_sandbox.faults.connections import Connections
    from hubspot_sandbox.faults.outcome import Handler
    from hubspot_sandbox.routes.call import Call

NO_ANSWER = 0
SHORT, CUT, LATE = 1, 2, 3
_MS_PER_S = 1000


class _Unanswered(Outcome):
    """No answer comes. With `commit` the work has been done all the same."""

    commit: bool = False

    def around(self, struck: StruckRequest, call: Call, handler: Handler) -> Answer:
        return handler(call) if self.commit else Answer(NO_ANSWER)


class Reset(_Unanswered):
    """The connection is reset instead of an answer; with `commit` only after HubSpot has done the work."""

    fault: ClassVar[str] = "reset"
    layer: ClassVar[int] = CUT

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        struck.fate = self.fault
        return Dropped(struck.connections)


class CommitThenDrop(Reset):
    """HubSpot does the work, and the connection is reset before the answer."""

    fault: ClassVar[str] = "commit_then_drop"
    commit: bool = True


class Timeout(_Unanswered):
    """Nothing comes for `seconds` (real ones; without them for ever), then the connection is closed."""

    fault: ClassVar[str] = "timeout"
    layer: ClassVar[int] = CUT
    seconds: float | None = Field(default=None, ge=0)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        struck.fate = self.fault
        return Late(Dropped(struck.connections), self.seconds)


class Latency(Outcome):
    """Every answer comes `ms` late (real milliseconds), more or less by up to `jitter_ms`."""

    fault: ClassVar[str] = "latency"
    layer: ClassVar[int] = LATE
    ms: float = Field(gt=0)
    jitter_ms: float = Field(default=0, ge=0)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        late_ms = self.ms + struck.random.uniform(-self.jitter_ms, self.jitter_ms)
        return Late(response, max(0.0, late_ms) / _MS_PER_S)


class Truncated(Outcome):
    """The body ends after a `share` of it. With `close` the connection ends early, else the short body is the whole."""

    fault: ClassVar[str] = "truncated"
    layer: ClassVar[int] = SHORT
    share: float = Field(default=0.5, ge=0, lt=1)
    close: bool = True

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        struck.fate = self.fault
        whole = bytes(response.body)
        part = whole[: int(len(whole) * self.share)]
        if self.close:
            return Short(response, part, struck.connections)
        response.headers["content-length"] = str(len(part))
        response.body = part
        return response


class ClockSkew(Outcome):
    """The `Date` header is `seconds` ahead of the portal's clock; negative ones are behind."""

    fault: ClassVar[str] = "clock_skew"
    seconds: float

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        response.headers["date"] = http_date(struck.portal.clock.now_ms() + int(self.seconds * _MS_PER_S))
        return response


class DateHeader(Outcome):
    """The `Date` header says `value`, whatever the time is; an empty one is left out."""

    fault: ClassVar[str] = "date_header"
    value: str = "Fri, 31 Dec 9999 23:59:59 GMT"

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        if self.value:
            response.headers["date"] = self.value
        else:
            del response.headers["date"]
        return response


class Dropped(Response):
    """No answer but a reset."""

    def __init__(self, connections: Connections) -> None:
        super().__init__(status_code=NO_ANSWER)
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        self._connections.reset(scope)
        await client_gone(receive)


class Short(Response):
    """The headers of a whole answer, a part of its body, and the end of the connection."""

    def __init__(self, whole: Response, part: bytes, connections: Connections) -> None:
        super().__init__(status_code=whole.status_code)
        self.raw_headers = whole.raw_headers
        self._part = part
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._part, "more_body": True})
        self._connections.close(scope)
        await client_gone(receive)


class Late(Response):
    """Another answer after some seconds, or never; a client that leaves first is not waited for."""

    def __init__(self, response: Response, seconds: float | None) -> None:
        super().__init__(status_code=response.status_code)
        self.raw_headers = response.raw_headers
        self.body = response.body
        self.seconds = seconds
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(client_gone(receive), self.seconds)
            return
        await self._response(scope, receive, send)


async def client_gone(receive: Receive) -> None:
    """Return when the client's connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
