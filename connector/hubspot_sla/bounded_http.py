"""One HTTP request that ends: within a total time, and with an answer no larger than a limit.

`requests` limits the wait for each piece of an answer, not for all of them: a server that sends a header or a body one
byte at a time holds its caller for ever, and a small compressed body may fill the memory. Every request of this product
goes through `exchange`, which promises:

- from the first byte of the connection to the last byte of the answer it takes no longer than `Bounds.deadline_s`;
  only the system's name resolution has limits of its own;
- the body is read as a stream, and reading ends at `Bounds.largest` bytes after decompression;
- no redirect is followed, for it would take credentials and facts to an address that nobody configured.

A module beside the rooms: HubSpot, tier endpoints, channels and the heartbeat all use it.
"""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from socket import socket

    from requests.auth import AuthBase
    from requests.structures import CaseInsensitiveDict
    from urllib3 import PoolManager, ProxyManager

DEADLINE_S: Final = 60.0
LARGEST: Final = 64 * 1024 * 1024
_PIECE: Final = 64 * 1024
_SENT_AT_ONCE: Final = 16 * 1024  # one TLS record: each has the socket's timeout to itself
_NEVER: Final = float("inf")


class ResponseTooSlow(requests.Timeout):
    """The answer was not complete when the deadline passed. What the request asked for may have been done."""


class ResponseTooLarge(requests.RequestException):
    """The answer is larger than the limit. What the request asked for may have been done."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """`deadline_s` is the total time of one request in seconds, `largest` the most bytes of its decompressed body."""

    deadline_s: float = DEADLINE_S
    largest: int = LARGEST
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer read to its end. Header names in any case."""

    status: int
    reason: str
    headers: CaseInsensitiveDict[str]
    body: bytes


class Options(TypedDict, total=False):
    """What `exchange` passes on to `requests`. `timeout` is that of the connection and of each piece, in seconds."""

    params: object
    data: bytes | None
    headers: Mapping[str, str]
    auth: AuthBase | Callable[[requests.PreparedRequest], requests.PreparedRequest]
    timeout: tuple[float, float] | float


def session(connections: int = 1) -> requests.Session:
    """A session for `exchange` that keeps up to so many connections open. It retries nothing."""
    made = _Session()
    adapter = _Adapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def exchange(
    within: requests.Session, method: str, url: str, bounds: Bounds | None = None, **options: Unpack[Options]
) -> HttpResponse:
    """Send one request and read its whole answer. Redirects are answers like any other.

    `within` is a session of this module. Raises requests.RequestException, of which ResponseTooSlow and
    ResponseTooLarge are two.
    """
    bounds = bounds or Bounds()
    with _deadline(bounds), _sent(within, method, url, options) as response:
        return HttpResponse(
            response.status_code, response.reason or "", response.headers, _body(response, bounds.largest)
        )


def exchange_for_head(
    within: requests.Session, method: str, url: str, most: int, bounds: Bounds | None = None, **options: Unpack[Options]
) -> HttpResponse:
    """The same for a caller that needs the status and the beginning of the body, `most` bytes. Whatever keeps the
    body from coming is no error: `body` holds what came."""
    bounds = bounds or Bounds()
    with _deadline(bounds), _sent(within, method, url, options) as response:
        return HttpResponse(response.status_code, response.reason or "", response.headers, _beginning(response, most))


def _sent(within: requests.Session, method: str, url: str, options: Options) -> requests.Response:
    return within.request(method, url, stream=True, allow_redirects=False, **options)  # type: ignore[arg-type]


def _body(response: requests.Response, largest: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in response.iter_content(_PIECE):
        size += len(piece)
        if size > largest:
            raise ResponseTooLarge(f"its answer is larger than {largest:,} bytes", response=response)
        pieces.append(piece)
    return b"".join(pieces)


def _beginning(response: requests.Response, most: int) -> bytes:
    beginning = b""
    try:
        while len(beginning) < most and (piece := response.raw.read(most - len(beginning), decode_content=True)):
            beginning += piece
    except (HTTPError, OSError):
        pass  # the status is known, and that is what was asked for
    return beginning


class _Deadline:
    """How much time is left for the request under way."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._ends_s = bounds.monotonic() + bounds.deadline_s

    def left_s(self) -> float:
        return self._ends_s - self._bounds.monotonic()

    def passed(self) -> ResponseTooSlow:
        return ResponseTooSlow(f"its answer was not complete after {self._bounds.deadline_s:g} s")


_under_way: ContextVar[_Deadline | None] = ContextVar("hubspot_sla_deadline", default=None)


@contextmanager
def _deadline(bounds: Bounds) -> Iterator[None]:
    """Within it, every wait of this thread's connections ends by the deadline."""
    deadline = _Deadline(bounds)
    token = _under_way.set(deadline)
    try:
        yield
    except (requests.Timeout, requests.ConnectionError) as error:
        # Waiting for a body ends with ConnectionError, for headers with Timeout; both are cut short by us alike.
        if deadline.left_s() > 0:
            raise
        raise deadline.passed() from error
    finally:
        _under_way.reset(token)


def _limit_wait(connection: socket) -> None:
    """Let the next wait on this socket end by the deadline. Raises TimeoutError once that has passed."""
    deadline = _under_way.get()
    if deadline is None:
        return
    left_s = deadline.left_s()
    if left_s <= 0:
        raise TimeoutError("the deadline of the request has passed")
    own_s = connection.gettimeout()
    connection.settimeout(left_s if own_s is None else min(own_s, left_s))


def limit_wait(connection: socket) -> None:
    """For what is no HTTP: let the next wait on this socket end by the deadline of `until_deadline`."""
    _limit_wait(connection)


@contextmanager
def until_deadline(bounds: Bounds) -> Iterator[None]:
    """For what is no HTTP: within it `limit_wait` and `limited_file` end by the deadline, from now on."""
    with _deadline(bounds):
        yield


def limited_file(connection: socket, largest: int) -> io.BufferedReader:
    """What a connection receives, each wait limited by the deadline, and all of it by so many bytes: OSError."""
    return io.BufferedReader(_TimedReader(connection.makefile("rb", buffering=0), connection, largest))


class _TimedReader(io.RawIOBase):
    """What a connection receives, each wait limited by the deadline; with `largest`, all of it by so many bytes."""

    def __init__(self, received: io.RawIOBase, connection: socket, largest: int | None = None) -> None:
        self._received = received
        self._connection = connection
        self._left = largest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        _limit_wait(self._connection)
        count = self._received.readinto(buffer)
        if self._left is not None and count:
            self._left -= count
            if self._left < 0:
                raise ResponseTooLarge("it says more than it may")
        return count

    def close(self) -> None:
        self._received.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """Status line, headers and body through a `_TimedReader`; the answer of a proxy to CONNECT too."""

    def __init__(self, sock: socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _TimedSending:
    """A connection whose sending is limited too: a peer may also be slow to take what it is sent."""

    sock: Any

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]  # that of the connection this is mixed into
        pieces = [data[at : at + _SENT_AT_ONCE] for at in range(0, len(data), _SENT_AT_ONCE)]
        for piece in pieces if isinstance(data, bytes) else [data]:
            _limit_wait(self.sock)
            super().send(piece)  # type: ignore[misc]  # as above


class _Connection(_TimedSending, HTTPConnection):
    response_class = _TimedResponse


class _TlsConnection(_TimedSending, HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _Pool, "https": _TlsPool}


class _Session(requests.Session):
    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """None. `requests` works out where a redirect leads even if it is not to follow it, and raises ValueError for a
        `Location` that is no address."""
        return iter(())


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager
