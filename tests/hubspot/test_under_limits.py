"""Many requests at once against limits that are enforced: all that is allowed is used, and nothing refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.limits import Limits as Enforced
from hubspot_sandbox.seed import seeded_portal
from hubspot_sandbox.server import serve
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.hubspot.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "pat-eu1-11111111-2222-3333-4444-555555555555"
CALLS = 760
"""Four times what HubSpot allows in ten seconds, five times what we do."""


class SharedTime:
    """One clock for both ends; whoever sleeps moves it for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now_s = 0.0

    def monotonic(self) -> float:
        with self._lock:
            return self._now_s

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now_s += seconds


@pytest.fixture
def time() -> SharedTime:
    return SharedTime()


@pytest.fixture
def client(time: SharedTime, now) -> Iterator[Portal]:
    limits = Enforced(monotonic=time.monotonic)
    with serve(seeded_portal(now, tickets=5), token=TOKEN, limits=limits) as running:
        ours = Limits(sleep=time.sleep, monotonic=time.monotonic)
        with Portal(Transport(running.url, Token(TOKEN), limits=ours, sleep=time.sleep)) as portal:
            yield portal


def test_the_burst_is_used_up_to_our_share_and_nothing_is_refused(client: Portal, time: SharedTime) -> None:
    flight = client.transport.flight
    pages = list(flight.map(lambda _: client.of("tickets").list_page(None, ["subject"]), range(CALLS)))
    assert all(len(page.rows) == 5 for page in pages)
    assert client.transport.rate_limited == 0
    assert client.transport.calls["list"] == CALLS
    assert 40 <= time.monotonic() <= 41


def test_searches_and_looks_at_associations_have_limits_of_their_own(client: Portal, time: SharedTime) -> None:
    flight = client.transport.flight
    for _ in range(30):  # one after the other, as a poll does
        assert client.of("tickets").row_ahead(0, None, 0)
    assert client.transport.rate_limited == 0
    assert 9 <= time.monotonic() <= 10
    list(flight.map(lambda _: client.tasks.on_records("tickets", ["28100001"]), range(300)))
    assert time.monotonic() <= 10
    assert client.transport.rate_limited == 0


def test_another_app_that_searches_costs_us_a_few_refusals_and_no_answer(client: Portal, time: SharedTime) -> None:
    """Three searches a second of theirs and three of ours are more than the five there are."""
    stranger = Limits(searches_per_s=3, sleep=time.sleep, monotonic=time.monotonic)
    theirs = Portal(Transport(client.transport.base_url, Token(TOKEN), limits=stranger, sleep=time.sleep))
    with theirs:
        both = [client, theirs] * 30
        assert all(client.transport.flight.map(lambda one: one.of("tickets").row_ahead(0, None, 0), both))
    assert client.transport.calls["search"] >= 30
