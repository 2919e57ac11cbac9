"""A clock that moves only when somebody sleeps, transports on it, and answers for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import responses

from hubspot_sandbox.server import Running, serve
from hubspot_sla.hubspot.credentials import Token
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.rate_limits import Limits
from hubspot_sla.hubspot.retry import Patience
from hubspot_sla.hubspot.transport import Transport
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "pat-eu1-00000000-1111-2222-3333-44445555abcd"


class FakeTime:
    """`monotonic` and `wall` advance by what is slept; `slept` keeps every sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.elapsed_s = 0.0
        self.start_s = 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed_s += seconds

    def monotonic(self) -> float:
        return self.elapsed_s

    def wall(self) -> float:
        return self.start_s + self.elapsed_s


@pytest.fixture
def secret() -> str:
    return SECRET


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def connect(time: FakeTime) -> Iterator[Callable[..., Transport]]:
    """Makes transports that wait on the fake clock, without jitter, and closes them."""
    made: list[Transport] = []

    def make(base_url: str = "http://hubspot.test", version: str = "2026-09", **options: object) -> Transport:
        settings = {
            "limits": Limits(sleep=time.sleep, monotonic=time.monotonic),
            "patience": Patience(jitter=lambda: 0.0),
            "sleep": time.sleep,
            "monotonic": time.monotonic,
            "wall": time.wall,
        }
        made.append(Transport(base_url, Token(SECRET), version=version, **(settings | options)))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(connect: Callable[..., Transport]) -> Transport:
    return connect()


@pytest.fixture
def hubspot() -> Iterator[responses.RequestsMock]:
    """Answers by registration, in order; a request nobody expected fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def sandbox() -> Iterator[Running]:
    """A seeded portal over real HTTP, its clock standing still, without rate limits."""
    with serve(copied_portal(NOW, tickets=60), token=SECRET, enforce_limits=False) as running:
        running.clock.freeze()
        yield running


@pytest.fixture
def open_portal(connect: Callable[..., Transport]) -> Callable[..., Portal]:
    """A client of a served portal; limits of its own would only wait on the fake clock."""

    def make(running: Running, version: str = "2026-09") -> Portal:
        return Portal(connect(running.url, version, clock=ClockMode.HUBSPOT))

    return make


@pytest.fixture(params=["2026-09", "v3"])
def portal(sandbox: Running, open_portal: Callable[..., Portal], request: pytest.FixtureRequest) -> Portal:
    """The client of the seeded portal, in the default API version and in the SDK's own."""
    return open_portal(sandbox, request.param)
