"""Serve a portal over real HTTP on 127.0.0.1: in a thread for tests and the demo, or in the foreground."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Self

import uvicorn

from hubspot_sandbox.access import Access
from hubspot_sandbox.app import application
from hubspot_sandbox.client_report import ClientReport
from hubspot_sandbox.faults.active_faults import Faults
from hubspot_sandbox.limits import Limits
from hubspot_sandbox.load import load_portal
from hubspot_sandbox.request_log import RequestLine, RequestLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime, timedelta
    from types import FrameType, TracebackType

    from hubspot_sandbox.clock import VirtualClock
    from hubspot_sandbox.faults.connections import Connections
    from hubspot_sandbox.faults.spec import Spec
    from hubspot_sandbox.portal import Portal

_LOOPBACK = "127.0.0.1"
_BACKLOG = 128
_TICK_S = 0.01
_TURNS_OF_AN_ACCEPT = 4
"""So many turns of the event loop it takes a connection that was accepted to become known to the server."""
_KEEP_ALIVE_S = 75  # longer than a client pauses, or a pooled connection dies under a request


class _Prompt(uvicorn.Server):
    """A server without uvicorn's two waits of a tenth of a second: hundreds of tests stop one each."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def main_loop(self) -> None:
        """Serve until `stop`."""
        await self.on_tick(0)
        while not self.should_exit:
            await asyncio.sleep(_TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections and close those that are open, so that no socket is left to the garbage collector.

        An answer is made in one step of the loop, so none is cut short but those that a fault holds back.
        """
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        await _turns_of_the_loop(_TURNS_OF_AN_ACCEPT)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        self._connections.abort_all()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_KEEP_ALIVE_S)
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # whose client does not read the rest of its answer
        await _turns_of_the_loop(1)


async def _turns_of_the_loop(count: int) -> None:
    """Let what the event loop is about to do happen."""
    for _ in range(count):
        await asyncio.sleep(0)


class Running:
    """A portal being served, until `close`. Use it as a context manager."""

    def __init__(self, portal: Portal, *, port: int, access: Access, limits: Limits) -> None:
        self.portal = portal
        self.access = access
        self.faults = Faults(portal, access)
        self.request_log = RequestLog(portal)
        self._socket = _listening(port)
        self._server = _server(
            application(portal, access, limits, self.request_log, self.faults), self.faults.connections
        )
        self._thread = Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is: what a client takes as host."""
        return f"http://{_LOOPBACK}:{self.port}"

    @property
    def port(self) -> int:
        """The port, chosen by the system when 0 was asked for."""
        return int(self._socket.getsockname()[1])

    @property
    def clock(self) -> VirtualClock:
        """The portal's clock."""
        return self.portal.clock

    @property
    def requests(self) -> list[RequestLine]:
        """(method, path, status) of every HubSpot request so far."""
        return self.requests_since(0)

    def requests_since(self, index: int) -> list[RequestLine]:
        """Those after the first `index`."""
        with self.portal.lock:
            return self.request_log.since(index)

    @property
    def log(self) -> ClientReport:
        """What happened so far, for a checker."""
        return ClientReport(self.portal, self.request_log)

    def advance(self, by: timedelta) -> None:
        """Move the virtual clock on."""
        self.clock.advance(by)
        self.portal.catch_up()

    def set_clock(self, instant: datetime) -> None:
        """Move the virtual clock to an instant."""
        self.clock.set(instant)
        self.portal.catch_up()

    def close(self) -> None:
        """Stop serving; connections are refused from then on. Closing twice is fine."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(
    portal_source: Portal | Path,
    *,
    port: int = 0,
    token: str,
    now: datetime | None = None,
    enforce_limits: bool = True,
    scopes: Iterable[str] | None = None,
    limits: Limits | None = None,
) -> Running:
    """Serve a portal, or the one loaded from a directory, in a thread of this process.

    `now` moves its clock first. `token` gets all scopes unless told which; more tokens by `running.access.grant`.
    `limits` brings limits with a clock or sizes of their own, and then `enforce_limits` counts for nothing.
    Nothing goes wrong with it unless told by `running.faults.add`.
    """
    portal = _portal(portal_source, now)
    access = Access()
    access.grant(token, scopes)
    return Running(portal, port=port, access=access, limits=limits or Limits(enforce=enforce_limits))


def run(
    portal: Portal,
    *,
    port: int,
    token: str,
    enforce_limits: bool = True,
    scopes: Iterable[str] | None = None,
    announce: Callable[[str], None] | None = None,
    faults: Iterable[Spec] = (),
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; `announce` is told the URL once it listens.

    `faults` are what is to go wrong, as `faults.file.faults_of` reads them.
    """
    access = Access()
    access.grant(token, scopes)
    wrong = Faults(portal, access)
    wrong.put(faults)
    server = _server(
        application(portal, access, Limits(enforce=enforce_limits), RequestLog(portal), wrong), wrong.connections
    )
    with _listening(port) as listening:
        if announce is not None:
            announce(f"http://{_LOOPBACK}:{listening.getsockname()[1]}")
        with _ending_quietly():
            server.run(sockets=[listening])


@contextmanager
def _ending_quietly() -> Iterator[None]:
    """The server stops on a signal and then raises it again, which would end the process as if it had crashed."""
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Nothing more to do: the server has stopped."""


def _portal(source: Portal | Path, now: datetime | None) -> Portal:
    if isinstance(source, Path):
        return load_portal(source, now)
    if now is not None:
        source.clock.set(now)
    return source


def _listening(port: int) -> socket.socket:
    """Listening before the server's thread is up, so that the first client need not wait.

    The protocol is named because asyncio turns Nagle's algorithm off only for sockets that say they are TCP;
    with it on, every small answer takes 40 ms.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _server(app: Callable[..., object], connections: Connections) -> uvicorn.Server:
    return _Prompt(
        uvicorn.Config(
            app,
            loop="asyncio",
            http=connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
        ),
        connections,
    )
