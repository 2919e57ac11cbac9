"""An endpoint of tiers is asked within limits, and its redirects are followed on the same host only."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests

from channels.receivers import Answer, Receiver
from hubspot_sla.bounded_http import Bounds
from hubspot_sla.feeds.tier_endpoint import ATTEMPTS, EndpointFailed, rows_of
from raw_servers import Ticking, answers, endless, server

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = b'[{"company_id": 7, "tier": "gold"}]'
TEXT = '[{"company_id":"7","tier":"gold"}]'


class Password(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Bearer made-up"
        return request


def asked(url: str, bounds: Bounds | None = None) -> str:
    return rows_of(url, Password(), bounds=bounds, sleep=lambda _: None)


def redirecting(location: str, status: int = 302) -> Answer:
    return Answer(status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed_with_the_token(receiver: Receiver, status: int) -> None:
    receiver.always("/tiers", redirecting("/v2/tiers", status))
    receiver.always("/v2/tiers", Answer(body=ROWS))
    assert asked(f"{receiver.url}/tiers") == TEXT
    assert [got.headers["Authorization"] for got in receiver.received] == ["Bearer made-up"] * 2


def test_an_id_that_a_program_wrote_as_a_fraction_is_the_id(receiver: Receiver) -> None:
    receiver.always("/tiers", Answer(body=b'[{"company_id": 7.0, "tier": "gold"}]'))
    assert asked(f"{receiver.url}/tiers") == TEXT


ELSEWHERE: list[Callable[[Receiver, Receiver], str]] = [
    lambda _, other: f"{other.url}/tiers",  # another port is another service
    lambda _, __: "http://tiers.evil.example/tiers",
    lambda _, __: "//tiers.evil.example/tiers",
    lambda here, _: here.url.replace("127.0.0.1", "localhost") + "/tiers",
    lambda _, __: "file:///etc/passwd",
]


@pytest.mark.parametrize("location", ELSEWHERE)
def test_a_redirect_to_another_host_is_not_followed_and_says_so(
    receiver: Receiver, location: Callable[[Receiver, Receiver], str]
) -> None:
    other = Receiver()
    other.always("/tiers", Answer(body=ROWS))
    receiver.always("/tiers", redirecting(location(receiver, other)))
    with pytest.raises(EndpointFailed, match=r"redirects to another host, .* not followed: name it in tiers.yaml"):
        asked(f"{receiver.url}/tiers")
    other.close()
    assert (len(receiver.received), other.received) == (1, [])


def test_redirects_in_a_circle_come_to_an_end(receiver: Receiver) -> None:
    receiver.always("/tiers", redirecting("/tiers"))
    with pytest.raises(EndpointFailed, match="redirects more than 5 times"):
        asked(f"{receiver.url}/tiers")


def test_a_redirect_to_no_address_is_named(receiver: Receiver) -> None:
    receiver.always("/tiers", redirecting("http://127.0.0.1:many/"))
    with pytest.raises(EndpointFailed, match="redirects to what is no address"):
        asked(f"{receiver.url}/tiers")


def test_an_endpoint_that_drips_is_given_up() -> None:
    with server(endless(b" ")) as url, pytest.raises(EndpointFailed, match=r"did not answer \(ResponseTooSlow\)"):
        asked(url, Bounds(60.0, monotonic=Ticking()))


def test_an_answer_that_is_too_large_is_given_up_at_once() -> None:
    requests_seen: list[bytes] = []
    flood = endless(b" " * 65536)

    def serve(seen: list[bytes], connection: object) -> None:
        seen.append(b"")
        flood(connection)  # type: ignore[arg-type]

    with (
        server(partial(serve, requests_seen)) as url,
        pytest.raises(EndpointFailed, match="its answer is longer than 1,000,000 bytes"),
    ):
        asked(url, Bounds(largest=1_000_000))
    assert len(requests_seen) == 1


def test_a_broken_encoding_is_tried_again_and_named() -> None:
    count: list[None] = []
    broken = answers(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")

    def serve(connection: socket.socket) -> None:
        count.append(None)
        broken(connection)
        connection.shutdown(socket.SHUT_RDWR)  # else the next attempt waits until this one is given up

    with server(serve) as url, pytest.raises(EndpointFailed, match="did not answer"):
        asked(url)
    assert len(count) == ATTEMPTS
