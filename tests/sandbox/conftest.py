"""A small seeded portal behind real HTTP, and two ways to talk to it: the official SDK and plain requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests

import hubspot
from hubspot_sandbox.server import serve
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubspot_sandbox.portal import Portal
    from hubspot_sandbox.server import Running

TOKEN = "pat-eu1-made-up"


@pytest.fixture
def now() -> datetime:
    """A Monday morning in Berlin."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def portal(now: datetime) -> Portal:
    """Thirty tickets, and a clock that stands still."""
    made = copied_portal(now, tickets=30)
    made.clock.freeze()
    made.clock.set(now)
    return made


@pytest.fixture
def running(portal: Portal) -> Iterator[Running]:
    """The portal being served."""
    with serve(portal, token=TOKEN, enforce_limits=False) as served:
        yield served


@pytest.fixture
def client(running: Running) -> hubspot.Client:
    """The official SDK, unmodified."""
    return hubspot.Client(access_token=TOKEN, host=running.url)


class Http:
    """Plain requests with the token, for the dialects and errors the SDK does not show."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: object) -> requests.Response:
        return self.session.get(self._url + path, params=query, timeout=5)

    def post(self, path: str, body: object = None) -> requests.Response:
        return self.session.post(self._url + path, json=body, timeout=5)

    def send(self, method: str, path: str, **more: object) -> requests.Response:
        return self.session.request(method, self._url + path, timeout=5, **more)


@pytest.fixture
def talk() -> Iterator[Callable[[Running, str], Http]]:
    """Makes an `Http` for any running portal; its connections are closed in the end."""
    made: list[Http] = []

    def to(served: Running, token: str = TOKEN) -> Http:
        made.append(Http(served.url, token))
        return made[-1]

    yield to
    for made_row in made:
        made_row.session.close()


@pytest.fixture
def http(running: Running, talk: Callable[..., Http]) -> Http:
    """Plain requests to the served portal."""
    return talk(running)


@pytest.fixture(params=["/crm/v3/objects", "/crm/objects/2026-03", "/crm/objects/2026-09"])
def objects_path(request: pytest.FixtureRequest) -> str:
    """Where the objects API is, in each dialect."""
    return str(request.param)
