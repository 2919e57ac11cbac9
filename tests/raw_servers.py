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
    """A clock that moves ten seconds whenever somebody looks at it, or another step."""

    def __init__(self, step_s: float = 10.0) -> None:
        self.now_s = 0.0
        self.step_s = step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@contextmanager
def server(serve: Serve, context: ssl.SSLContext | None = None, *, speaks_first: bool = False) -> Iterator[str]:
    """Accepts connections, reads each request's head, and has `serve` answer on the bare socket. One that speaks first,
    as a mail server does, reads nothing before."""
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
                    if speaks_first:
                        serve(secured)
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


def then(first: bytes, after: Serve) -> Serve:
    """An answer, and what follows when the other side has spoken."""
    return conversation([first], after)


def conversation(script: list[bytes], after: Serve) -> Serve:
    """One answer after the other, each when the other side has spoken, and what follows when it has once more."""

    def serve(connection: socket.socket) -> None:
        for line in script:
            connection.sendall(line)
            if not connection.recv(65536):
                return
        after(connection)

    return serve
