"""The connections clients have open, so that one of them can be cut."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Scope

_LINGER_NOT = struct.pack("ii", 1, 0)


class Connections:
    """Open connections by the client's address."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        """A client has connected."""
        self._open[_peer(transport)] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        """It is gone."""
        self._open.pop(_peer(transport), None)

    def reset(self, scope: Scope) -> None:
        """Cut the connection of a request so that the client sees a reset."""
        transport = self._open.get(tuple(scope["client"]))
        if transport is None:
            return
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()

    def write(self, scope: Scope, sent: bytes) -> None:
        """Send bytes past the protocol, as no well-behaved server would."""
        transport = self._open.get(tuple(scope["client"]))
        if transport is not None and not transport.is_closing():
            transport.write(sent)

    def close(self, scope: Scope) -> None:
        """Close it after what has been sent."""
        transport = self._open.get(tuple(scope["client"]))
        if transport is not None:
            transport.close()

    def abort_all(self) -> None:
        """Leave nobody waiting; what is being closed may still be sent."""
        for transport in list(self._open.values()):
            if not transport.is_closing():
                transport.abort()

    def protocol(self) -> type[H11Protocol]:
        """The server's protocol, telling of its connections here."""
        connections = self

        class Told(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
                super().connection_made(transport)
                connections.opened(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.closed(self.transport)
                super().connection_lost(exc)

        return Told


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return str(host), int(port)
