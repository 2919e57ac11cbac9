"""Real servers that notifications are sent to: an HTTP receiver and a mail server, each of which can misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import orjson
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE_S = 20
"""How long a server waits for what a test promised; reached only when the test fails."""


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        found = orjson.loads(self.body)
        assert isinstance(found, dict)
        return found


@dataclass
class Answer:
    """What a path answers once. `before` runs first, in the server; with `reset` the connection is cut instead."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    before: Callable[[], object] | None = None
    reset: bool = False


class Receiver:
    """Keeps what it gets, in the order of arrival; answers 200 unless told otherwise."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.ended: list[str] = []
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Answer] = {}
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answers(self, path: str, *answers: Answer) -> None:
        """What the next requests of a path get, one after the other."""
        self._answers[path].extend(answers)

    def always(self, path: str, answer: Answer) -> None:
        self._always[path] = answer

    def of(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    def wait_for(self, path: str, count: int) -> None:
        """Until so many requests have arrived there."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.of(path)) >= count, PATIENCE_S)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: Received) -> Answer:
        with self._arrived:
            self.received.append(request)
            self._arrived.notify_all()
            waiting = self._answers[request.path]
            return waiting.popleft() if waiting else self._always.get(request.path, Answer())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = receiver._take(Received(self.path, dict(self.headers), body))
                if answer.before:
                    answer.before()
                receiver.ended.append(self.path)
                if answer.reset:
                    _cut(self.connection)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None: ...

        return Handler


def _cut(connection: socket.socket) -> None:
    """A reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@dataclass(frozen=True)
class Letter:
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str | None
    encrypted: bool


class Postmaster:
    """What the mail server does; `recipients` and `data` name answers other than 250, by address and for all."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.recipients: dict[str, str] = {}
        self.data: str | None = None
        self.drop_after_data = False

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.data is not None:
            return self.data
        user = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        encrypted = session.ssl is not None
        self.letters.append(Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, user, encrypted))
        if self.drop_after_data:
            server.transport.abort()
        return "250 Message accepted for delivery"


def _login(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"sla@acme", b"p@ss/word")
    return AuthResult(success=right, auth_data=data, handled=right)


@contextmanager
def mail_server(postmaster: Postmaster, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A served mail server's port; with a context it insists on STARTTLS and on a login."""
    strict = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": _login}
    controller = Controller(postmaster, hostname="127.0.0.1", port=0, **(strict if tls else {}))
    controller.port = _free_port()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
