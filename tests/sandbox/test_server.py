"""Serving: in a thread, in the foreground, and the sandbox's own routes."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys

import pytest
import requests

from hubspot_sandbox.server import serve

WHOLE = b"GET /crm/objects/2026-09/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer t\r\n\r\n"
FOREGROUND = """
from datetime import UTC, datetime
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import run
portal = seeded_portal(datetime(2026, 11, 23, 9, tzinfo=UTC), tickets=1)
run(portal, port=0, token="t", announce=lambda url: print(url, flush=True))
print("stopped", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_in_the_foreground_it_says_where_it_is_and_ends_cleanly_on_a_signal(number) -> None:
    with subprocess.Popen([sys.executable, "-c", FOREGROUND], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        answer = requests.get(f"{url}/account-info/v3/details", headers={"Authorization": "Bearer t"}, timeout=5)
        assert answer.status_code == 200
        process.send_signal(number)
        assert process.communicate(timeout=10)[0] == "stopped\n"
    assert process.returncode == 0


def test_after_closing_nobody_answers(portal) -> None:
    running = serve(portal, token="t")
    url = running.url
    running.close()
    running.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/account-info/v3/details", timeout=5)


@pytest.mark.parametrize("asked", [b"", b"GET /crm HTTP/1.1\r\nHost: x", WHOLE * 40], ids=["nothing", "half", "a lot"])
def test_closing_leaves_no_socket_open_whatever_its_clients_are_at(portal, asked) -> None:
    """Some were accepted a moment ago; some read nothing of what they asked for."""
    clients = []
    for _ in range(20):
        running = serve(portal, token="t")
        port = running.port
        for _ in range(5):
            clients.append(socket.create_connection(("127.0.0.1", port)))
            clients[-1].sendall(asked)
        running.close()
        assert open_sockets(port) == []
    for client in clients:
        client.close()


def open_sockets(port: int) -> list[int]:
    """Those of this process at the server's end of a connection: their files."""
    return [file for file in map(int, os.listdir("/dev/fd")) if _is_at(port, file)]  # noqa: PTH208 - of this process


def _is_at(port: int, file: int) -> bool:
    try:
        if not stat.S_ISSOCK(os.fstat(file).st_mode):
            return False
        with socket.socket(fileno=os.dup(file)) as found:
            return found.getsockname()[1:2] == (port,)
    except OSError:  # closed since
        return False


def test_a_port_in_use_is_an_os_error(running, portal) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(portal, port=running.port, token="t")


def test_only_loopback_is_bound(running) -> None:
    assert running.url == f"http://127.0.0.1:{running.port}"


def test_requests_are_remembered_by_path_and_status(running, http) -> None:
    http.get("/crm/v3/objects/tickets", limit=1)
    mark = len(running.requests)
    http.get("/crm/v3/objects/tickets/999")
    http.get("/no/such/route")
    assert running.requests[0] == ("GET", "/crm/v3/objects/tickets", 200)
    assert running.requests_since(mark) == [
        ("GET", "/crm/v3/objects/tickets/999", 404),
        ("GET", "/no/such/route", 404),
    ]
    counts = requests.get(f"{running.url}/sandbox/requests", timeout=5).json()
    assert counts == {
        "total": 3,
        "kinds": {"get": {"404": 1}, "list": {"200": 1}, "unknown": {"404": 1}},
    }


def test_another_process_can_read_and_move_the_clock(running) -> None:
    url = f"{running.url}/sandbox/clock"
    assert requests.get(url, timeout=5).json() == {"now": "2026-11-23T09:00:00Z", "frozen": True}
    moved = requests.post(url, json={"advance_s": 90.5}, timeout=5).json()
    assert moved == {"now": "2026-11-23T09:01:30.500Z", "frozen": True}
    assert requests.post(url, json={"now": "2026-12-01T08:00:00+01:00"}, timeout=5).json()["now"] == (
        "2026-12-01T07:00:00Z"
    )
    assert requests.post(url, json={"frozen": False}, timeout=5).json()["frozen"] is False
    assert running.clock.frozen is False
    assert requests.post(url, json={"now": "soon"}, timeout=5).status_code == 400


@pytest.mark.parametrize(
    "move",
    [
        {"advance_s": 1e300},
        {"advance_s": -1e12},
        {"now": "9999-12-31T23:59:59Z"},
        {"now": "0001-01-01T00:00:00Z"},
        {"now": "2099-12-31T00:00:00Z", "advance_s": 86_400},
    ],
)
def test_a_clock_that_is_moved_to_where_dates_end_stays_where_it_is(running, move) -> None:
    url = f"{running.url}/sandbox/clock"
    assert requests.post(url, json=move, timeout=5).status_code == 400
    assert requests.get(url, timeout=5).json()["now"] == "2026-11-23T09:00:00Z"
    assert requests.get(running.url, timeout=5).status_code == 200
