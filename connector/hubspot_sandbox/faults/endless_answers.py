"""Answers that never end, or are far too long: for a client that bounds neither time nor size."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field
from starlette.responses import Response, StreamingResponse

from hubspot_sandbox.faults.outcome import Outcome, StruckRequest
from hubspot_sandbox.faults.transit import LATE, SHORT, client_gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import Receive, Scope, Send

    from hubspot_sandbox.faults.connections import Connections

    Chunks = Iterator[bytes] | AsyncIterator[bytes]

_MS_PER_S = 1000
_CHUNK = 1 << 20
_WHITE = b" " * _CHUNK
_ENDLESS_HEADER = b"HTTP/1.1 200 OK\r\nX-Endless: "


class Drip(Outcome):
    """The answer comes a byte every `ms` (real milliseconds): its `body`, or a header that never ends (`headers`)."""

    fault: ClassVar[str] = "drip"
    layer: ClassVar[int] = LATE
    part: Literal["body", "headers"] = "body"
    ms: float = Field(default=100, gt=0)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        struck.fate = self.fault
        every_s = self.ms / _MS_PER_S
        if self.part == "headers":
            return _DrippingHeader(struck.connections, every_s)
        return _Streamed(response, _dripping(bytes(response.body), every_s), dict(response.headers.items()))


class HugeBody(Outcome):
    """White space follows the answer until it is `bytes` long; JSON allows that. `announced`: with Content-Length."""

    fault: ClassVar[str] = "huge_body"
    layer: ClassVar[int] = SHORT
    bytes: int = Field(default=1 << 30, ge=1)
    announced: bool = False

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        length = max(self.bytes, len(response.body))
        headers = _without_length(response) | ({"content-length": str(length)} if self.announced else {})
        return _Streamed(response, _padded(bytes(response.body), length), headers)


class GzipBomb(Outcome):
    """The answer is compressed to a thousandth: unpacked, white space makes it `bytes` long."""

    fault: ClassVar[str] = "gzip_bomb"
    layer: ClassVar[int] = SHORT
    bytes: int = Field(default=1 << 28, ge=1)

    def outgoing(self, struck: StruckRequest, response: Response) -> Response:
        headers = _without_length(response) | {"content-encoding": "gzip"}
        padded = _padded(bytes(response.body), max(self.bytes, len(response.body)))
        return _Streamed(response, _compressed(padded), headers)


def _without_length(response: Response) -> dict[str, str]:
    headers = dict(response.headers.items())
    headers.pop("content-length", None)
    return headers


def _padded(body: bytes, length: int) -> Iterator[bytes]:
    yield body
    left = length - len(body)
    while left > 0:
        yield _WHITE[:left]
        left -= _CHUNK


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for chunk in chunks:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()


class _Streamed(Response):
    """Another body in place of a whole one, sent as it is made."""

    def __init__(self, whole: Response, chunks: Chunks, headers: dict[str, str]) -> None:
        super().__init__(whole.body, whole.status_code, headers)
        self._streaming = StreamingResponse(chunks, whole.status_code, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._streaming(scope, receive, send)


async def _dripping(body: bytes, every_s: float) -> AsyncIterator[bytes]:
    for place in range(len(body)):
        await asyncio.sleep(every_s)
        yield body[place : place + 1]


class _DrippingHeader(Response):
    """The beginning of an answer whose headers never end."""

    def __init__(self, connections: Connections, every_s: float) -> None:
        super().__init__(status_code=200)
        self._connections = connections
        self._every_s = every_s

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        self._connections.write(scope, _ENDLESS_HEADER)
        gone = asyncio.ensure_future(client_gone(receive))
        while not gone.done():
            await asyncio.wait([gone], timeout=self._every_s)
            self._connections.write(scope, b"x")
        self._connections.reset(scope)
