"""A small HTTP endpoint for monitoring: `/metrics` and `/healthz`, read only.

It cannot be used to slow the worker down: it serves a few connections at a time, each in a thread of its own, and each
has a total time in which to say what it wants.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from typing import TYPE_CHECKING, Any, Final, Self

from hubspot_sla.bounded_http import Bounds, limited_file, until_deadline
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("hubspot_sla.endpoint")

MOST_AT_ONCE: Final = 8
"""Connections; one more is answered with 503."""
DEADLINE_S: Final = 10.0
"""In which a request must have come, and in which its answer must have been taken."""
LARGEST: Final = 64 * 1024
"""Bytes of a request."""
_BUSY: Final = b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 10\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Page:
    """One answer."""

    body: bytes
    content_type: str
    status: int = 200


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Mapping[str, Callable[[], Page]]
    bounds: Bounds

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(*arguments, **named)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        request.setblocking(False)
        with suppress(OSError):
            request.sendall(_BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - socketserver's signature
        """Instead of a traceback on standard error: the client went away, or never said what it wants."""
        logger.debug("%s went away: %r", client_address, sys.exception())


class _IPv6Server(_Server):
    address_family = AF_INET6


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "hubspot-sla"
    sys_version = ""
    timeout = DEADLINE_S

    def handle(self) -> None:
        with until_deadline(self.server.bounds):
            self.rfile = limited_file(self.connection, LARGEST)
            super().handle()

    def do_GET(self) -> None:
        self._answer(self._page())

    def do_HEAD(self) -> None:
        self._answer(self._page(), with_body=False)

    def _page(self) -> Page:
        make = self.server.pages.get(self.path.partition("?")[0])
        if make is None:
            return Page(b"not found\n", "text/plain; charset=utf-8", 404)
        try:
            return make()
        except Exception:
            logger.exception("the page %s could not be made", self.path)
            return Page(b"it could not be made; the log says why\n", "text/plain; charset=utf-8", 500)

    def _answer(self, page: Page, *, with_body: bool = True) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(page.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        logger.debug(format, *args)


class Endpoint:
    """Serves `pages`, path to what makes the answer, until closed; a context manager."""

    def __init__(
        self, address: tuple[str, int], pages: Mapping[str, Callable[[], Page]], bounds: Bounds | None = None
    ) -> None:
        """Listening when this returns. UsageProblem: the address cannot be had. `bounds` limits each request."""
        host, port = address
        try:
            self._server = (_IPv6Server if ":" in host else _Server)(address, _Handler)
        except OSError as error:
            raise UsageProblem(
                f"cannot serve metrics on {host}:{port}: {error.strerror or error}",
                remedy="set SLA_METRICS to a free port of this machine, or leave it out",
            ) from None
        self._server.pages = pages
        self._server.bounds = bounds or Bounds(DEADLINE_S)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="endpoint", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
