"""HTTP servers on raw sockets: they drip, flood, inflate or say nothing, which no decent server library will do."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    Serve = Callable[[socket.socket], None]

PATIENCE_S = 20
"""How long a request may take before its test fails: never reached."""


class Ticking:
    """A clock that moves ten seconds whenever somebody looks at it."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 10.0
        return self.now_s


@contextmanager
def server(serve: Serve, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Accepts connections, reads each request's head, and has `serve` answer on the bare socket."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), connection:
                secured = context.wrap_socket(connection, server_side=True) if context else connection
                with secured:
                    secured.settimeout(PATIENCE_S)
                    while secured.recv(65536):
                        serve(secured)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield f"{'https' if context else 'http'}://127.0.0.1:{listening.getsockname()[1]}/"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(PATIENCE_S)


def endless(piece: bytes, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Serve:
    """The head, then the same piece until the other side has gone."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return serve


def answers(raw: bytes) -> Serve:
    return lambda connection: connection.sendall(raw)
