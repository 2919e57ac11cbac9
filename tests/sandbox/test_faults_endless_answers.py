"""Answers that never end or are far too long, and `Date` headers that no clock would say."""

from __future__ import annotations

import json
import socket

import pytest
import requests
import urllib3

from sandbox.conftest import TOKEN

ACCOUNT = "/account-info/v3/details"
MIB = 1 << 20


def _raw(running, timeout_s: float) -> tuple[socket.socket, bytes]:
    """What comes within some time over a connection of our own, which stays open."""
    connection = socket.create_connection(("127.0.0.1", running.port), timeout=timeout_s)
    connection.sendall(f"GET {ACCOUNT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
    received = b""
    while len(received) < 60:
        received += connection.recv(1000)
    return connection, received


def test_a_header_drips_and_never_ends(running, http) -> None:
    running.faults.add("drip", part="headers", ms=1, times=1)
    connection, received = _raw(running, 5)
    with connection:
        assert received.startswith(b"HTTP/1.1 200 OK\r\nX-Endless: xx")
        assert b"\r\n\r\n" not in received
    assert http.get(ACCOUNT).status_code == 200


def test_a_body_drips_a_byte_at_a_time(http, running) -> None:
    with running.faults.during("drip", ms=0.01):
        assert http.get(ACCOUNT).json()["portalId"] == running.portal.account.portal_id
    running.faults.add("drip", ms=60_000)
    answer = http.session.get(running.url + ACCOUNT, timeout=0.1, stream=True)
    assert answer.status_code == 200
    with pytest.raises(requests.ConnectionError, match="timed out"):
        answer.json()


def test_a_server_that_is_closed_drips_no_longer(running) -> None:
    running.faults.add("drip", part="headers", ms=1)
    connection, _ = _raw(running, 5)
    running.close()
    with connection:
        rest = b"".join(iter(lambda: connection.recv(1000), b""))
    assert rest.strip(b"x") == b""


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_far_too_long_and_still_json(http, running, announced) -> None:
    running.faults.add("huge_body", bytes=3 * MIB + 7, announced=announced)
    answer = http.get(ACCOUNT)
    assert len(answer.content) == 3 * MIB + 7
    assert ("Content-Length" in answer.headers) == announced
    assert answer.json()["portalId"] == running.portal.account.portal_id


def test_a_small_body_unpacks_to_a_large_one(running) -> None:
    running.faults.add("gzip_bomb", bytes=5 * MIB)
    with urllib3.PoolManager() as pool:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        packed = pool.request("GET", running.url + ACCOUNT, headers=headers, decode_content=False).data
        unpacked = pool.request("GET", running.url + ACCOUNT, headers=headers).data
    assert len(packed) < 10_000
    assert len(unpacked) == 5 * MIB
    assert json.loads(unpacked)["portalId"] == running.portal.account.portal_id


def test_a_date_says_whatever_it_is_told_to(http, running) -> None:
    with running.faults.during("date_header"):
        assert http.get(ACCOUNT).headers["Date"] == "Fri, 31 Dec 9999 23:59:59 GMT"
    with running.faults.during("date_header", value=""):
        assert "Date" not in http.get(ACCOUNT).headers
    with running.faults.during("clock_skew", seconds=86_400):
        assert http.get(ACCOUNT).headers["Date"] == "Tue, 24 Nov 2026 09:00:00 GMT"
