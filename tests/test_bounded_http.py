"""Every request ends: against servers on raw sockets that drip, flood and inflate, on a clock that the test moves."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading

import pytest
import requests
import trustme

from hubspot_sla import bounded_http
from hubspot_sla.bounded_http import Bounds, ResponseTooLarge, ResponseTooSlow, exchange, exchange_for_head
from raw_servers import PATIENCE_S, Ticking, answers, endless, server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def ask(url: str, bounds: Bounds | None = None, **options: object) -> bounded_http.Answer:
    with bounded_http.session() as session:
        return exchange(session, "GET", url, bounds, timeout=PATIENCE_S, **options)


def on_a_ticking_clock(deadline_s: float = 60.0, largest: int = bounded_http.LARGEST) -> Bounds:
    return Bounds(deadline_s, largest, Ticking())


DRIPPING = {
    "status line": endless(b"H", head=b""),
    "header": endless(b"a", head=b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "header lines": endless(b"\r\nX-Slow: " + b"a" * 4000, head=b"HTTP/1.1 200 OK"),
    "body": endless(b"a"),
    "chunk size": endless(b"0", head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "interim answers": endless(b"HTTP/1.1 100 Continue\r\n\r\n", head=b""),
}


@pytest.mark.parametrize("what", DRIPPING)
def test_an_answer_that_drips_is_given_up_at_the_deadline(what: str) -> None:
    with server(DRIPPING[what]) as url, pytest.raises(ResponseTooSlow, match="not complete after 60 s"):
        ask(url, on_a_ticking_clock())


def test_an_answer_over_tls_that_drips_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    with server(DRIPPING["body"], theirs) as url, authority.cert_pem.tempfile() as certificate:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
        with pytest.raises(ResponseTooSlow):
            ask(url, on_a_ticking_clock())


def test_one_that_says_nothing_is_given_up_at_the_deadline_and_not_at_the_timeout_of_a_piece() -> None:
    over = threading.Event()
    with server(lambda _: over.wait(PATIENCE_S) and None) as url:
        with pytest.raises(ResponseTooSlow):
            ask(url, Bounds(deadline_s=0.05))
        over.set()


def test_a_peer_that_does_not_take_what_it_is_sent_is_given_up_too() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    with listening, bounded_http.session() as session, pytest.raises(ResponseTooSlow):
        exchange(session, "POST", url, Bounds(deadline_s=0.05), timeout=PATIENCE_S, data=bytes(32 * 1024 * 1024))


def test_a_body_without_end_is_given_up_at_the_limit_of_size() -> None:
    with server(endless(bytes(65536))) as url, pytest.raises(ResponseTooLarge, match="1,000,000 bytes"):
        ask(url, Bounds(largest=1_000_000))


def test_a_small_body_that_inflates_is_given_up_at_the_limit_of_size() -> None:
    packed = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    assert len(packed) < 100_000
    with server(answers(head + packed)) as url, pytest.raises(ResponseTooLarge):
        ask(url, Bounds(largest=1_000_000))


def test_a_body_packed_twice_is_given_up_at_the_limit_of_size() -> None:
    packed = gzip.compress(gzip.compress(bytes(50_000_000)))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with server(answers(head + packed)) as url, pytest.raises(ResponseTooLarge):
        ask(url, Bounds(largest=1_000_000))


def test_a_body_as_large_as_the_limit_is_read() -> None:
    packed = gzip.compress(bytes(1_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    with server(answers(head + packed)) as url:
        assert ask(url, Bounds(largest=1_000_000)).body == bytes(1_000_000)


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with server(answers(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as url:
        assert ask(url).status == 302


def test_connections_are_used_again_each_request_with_a_deadline_of_its_own() -> None:
    with server(answers(OK)) as url, bounded_http.session() as session:
        for _ in range(3):
            answer = exchange(session, "GET", url, on_a_ticking_clock(30), timeout=PATIENCE_S)
            assert (answer.status, answer.reason, answer.body) == (200, "OK", b"ok")


def test_of_a_body_without_end_only_the_beginning_is_read_where_that_is_enough() -> None:
    with server(endless(b"abc")) as url, bounded_http.session() as session:
        answer = exchange_for_head(session, "GET", url, 5, timeout=PATIENCE_S)
    assert answer.body == b"abcab"


def test_a_body_that_never_comes_is_no_error_where_the_status_is_enough() -> None:
    late = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 503 Gone Fishing\r\nContent-Length: 9\r\n\r\nab")
        late.wait(PATIENCE_S)

    with server(serve) as url, bounded_http.session() as session:
        answer = exchange_for_head(session, "GET", url, 5, Bounds(deadline_s=0.05), timeout=PATIENCE_S)
        late.set()
    assert (answer.status, answer.body) == (503, b"")


def test_a_proxy_that_drips_its_answer_is_given_up_too() -> None:
    with server(DRIPPING["header"]) as url, bounded_http.session() as session:
        session.proxies = {"https": url}
        with pytest.raises(ResponseTooSlow):
            exchange(session, "GET", "https://hubspot.test/", on_a_ticking_clock(), timeout=PATIENCE_S)


def test_without_anybody_there_the_reason_is_that_and_no_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(requests.ConnectionError) as raised:
        ask(f"http://127.0.0.1:{port}/")
    assert not isinstance(raised.value, ResponseTooSlow)


@pytest.mark.parametrize("location", ["http://127.0.0.1:many/", "http://[half", "http://other.example/"])
def test_wherever_a_redirect_leads_it_is_an_answer(location: str) -> None:
    raw = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with server(answers(raw)) as url:
        answer = ask(url)
    assert (answer.status, answer.headers["Location"]) == (302, location)
