"""The guard that every test runs behind: nothing but this machine can be reached."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("how", ["connect", "connect_ex"])
@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("203.0.113.7", 443)])
def test_a_connection_to_another_machine_fails_at_once(address: tuple[str, int], how: str) -> None:
    with socket.socket() as tried, pytest.raises(AssertionError, match="tried to reach"):
        getattr(tried, how)(address)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, socket.socket() as tried:
        tried.connect(there.getsockname())
