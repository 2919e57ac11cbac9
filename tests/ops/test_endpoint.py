"""The endpoint and the heartbeat over real HTTP on this machine."""

from __future__ import annotations

import logging
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from hubspot_sla.bounded_http import Bounds
from hubspot_sla.errors import UsageProblem
from hubspot_sla.ops.endpoint import LARGEST, MOST_AT_ONCE, Endpoint, Page
from hubspot_sla.ops.heartbeat import AT_MOST_EVERY_S, Heartbeat
from raw_servers import PATIENCE_S, Ticking, endless, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = "127.0.0.1"


def test_pages_are_served_until_the_endpoint_closes() -> None:
    with Endpoint((HERE, 0), {"/healthz": lambda: Page(b"{}", "application/json", 503)}) as endpoint:
        url = f"http://{HERE}:{endpoint.port}"
        answer = requests.get(f"{url}/healthz?verbose", timeout=5)
        assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (503, "{}", "application/json")
        assert requests.head(f"{url}/healthz", timeout=5).headers["Content-Length"] == "2"
        assert requests.get(f"{url}/elsewhere", timeout=5).status_code == 404
        assert requests.post(f"{url}/healthz", timeout=5).status_code == 501
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/healthz", timeout=5)


def test_a_page_that_cannot_be_made_is_an_answer_too_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    with Endpoint((HERE, 0), {"/metrics": lambda: Page(b"" * (1 // 0), "text/plain")}) as endpoint:
        assert requests.get(f"http://{HERE}:{endpoint.port}/metrics", timeout=5).status_code == 500
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_client_that_goes_away_before_its_answer_is_no_traceback_on_standard_error(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def page() -> Page:
        asked.set()
        gone.wait(5)
        return Page(b"x" * 10_000_000, "text/plain")

    with Endpoint((HERE, 0), {"/metrics": page}) as endpoint, caplog.at_level(logging.DEBUG, "hubspot_sla"):
        client = socket.create_connection((HERE, endpoint.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert asked.wait(5)
        client.close()
        gone.set()
        assert requests.get(f"http://{HERE}:{endpoint.port}/none", timeout=5).status_code == 404
        wait_for(lambda: "went away" in caplog.text)
    assert capfd.readouterr().err == ""


def test_a_header_that_drips_ends_at_the_deadline() -> None:
    with (
        Endpoint((HERE, 0), {}, Bounds(10.0, monotonic=Ticking())) as endpoint,
        socket.create_connection((HERE, endpoint.port), timeout=PATIENCE_S) as client,
    ):
        client.sendall(b"GET /metrics HTTP/1.0\r\nX-Slow: a")
        assert ended(client)


def test_a_request_without_end_is_given_up_at_the_limit_of_size() -> None:
    with (
        Endpoint((HERE, 0), {}) as endpoint,
        socket.create_connection((HERE, endpoint.port), timeout=PATIENCE_S) as client,
    ):
        with suppress(ConnectionError):
            client.sendall(b"GET /metrics HTTP/1.0\r\n" + b"X-Many: a\r\n" * (LARGEST // 5))
        assert ended(client)


def ended(client: socket.socket) -> bool:
    """The other side has closed, after whatever it said."""
    try:
        while client.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


def test_more_connections_than_it_serves_at_a_time_are_answered_with_503() -> None:
    with Endpoint((HERE, 0), {"/healthz": lambda: Page(b"ok", "text/plain")}) as endpoint:
        url = f"http://{HERE}:{endpoint.port}/healthz"
        silent = [socket.create_connection((HERE, endpoint.port)) for _ in range(MOST_AT_ONCE)]
        before = threading.active_count()
        refused = [requests.get(url, timeout=5) for _ in range(3)]
        assert [answer.status_code for answer in refused] == [503] * 3
        assert threading.active_count() <= before + MOST_AT_ONCE
        for client in silent:
            client.close()
        wait_for(lambda: requests.get(url, timeout=5).status_code == 200)


def test_a_port_in_use_is_a_mistake_of_usage() -> None:
    with Endpoint((HERE, 0), {}) as first, pytest.raises(UsageProblem, match=str(first.port)):
        Endpoint((HERE, first.port), {})


def wait_for(so: Callable[[], bool]) -> None:
    """Return when it is; a thread needs a moment."""
    tick = threading.Event()
    for _ in range(500):
        if so():
            return
        tick.wait(0.01)
    raise AssertionError("it did not come")


class Listener(ThreadingHTTPServer):
    """Counts pings and answers them with `status`."""

    status = 200

    def __init__(self) -> None:
        super().__init__((HERE, 0), _Ping)
        self.pinged: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.server_address[1]}/ping/s3cret"


class _Ping(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.pinged.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.shutdown()
    made.server_close()


def test_a_heart_beats_at_most_once_a_minute(listener: Listener) -> None:
    now = [0.0]
    heart = Heartbeat(listener.url, monotonic=lambda: now[0])
    began = []
    for _ in range(4):
        began.append(heart.beat())
        heart.finish()
        now[0] += AT_MOST_EVERY_S / 2
    assert began == [True, False, True, False]
    assert listener.pinged == ["/ping/s3cret"] * 2


def test_a_heartbeat_that_fails_is_a_warning_without_its_address(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = 404
    for url in (listener.url, f"http://{HERE}:1/ping/s3cret"):
        heart = Heartbeat(url)
        with caplog.at_level(logging.WARNING, "hubspot_sla"):
            assert heart.beat()
            heart.finish()
        assert "s3cret" not in repr(heart)
    assert "answered with 404" in caplog.text
    assert "ConnectionError" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_service_that_drips_its_answer_is_given_up_at_the_deadline(caplog: pytest.LogCaptureFixture) -> None:
    with server(endless(b"a", head=b"HTTP/1.1 200 OK\r\nX-Slow: ")) as url:
        heart = Heartbeat(url, bounds=Bounds(10.0, monotonic=Ticking()))
        heart.beat()
        heart.finish(PATIENCE_S)
    assert "did not get through: ResponseTooSlow" in caplog.text


def test_a_service_whose_answer_never_ends_is_answer_enough(caplog: pytest.LogCaptureFixture) -> None:
    with server(endless(b"a")) as url:
        heart = Heartbeat(url)
        heart.beat()
        heart.finish(PATIENCE_S)
    assert caplog.text == ""


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("url", ["http://s3cret..example/ping", "http://[::1", "http://" + "s3cret" * 20 + ".example/"])
def test_a_heartbeat_that_has_no_address_at_all_is_a_warning_too(caplog: pytest.LogCaptureFixture, url: str) -> None:
    heart = Heartbeat(url)
    heart.beat()
    heart.finish()
    assert "did not get through" in caplog.text
    assert "s3cret" not in caplog.text
