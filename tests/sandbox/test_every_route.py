"""Every route, in every dialect that has it, driven by the official Python SDK; and the document says the same.

The SDK speaks v3 and v4. For the dated dialects its own HTTP client is wrapped, so that each request it builds goes to
the dated path; nothing else of it is touched.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.routing import compile_path

import hubspot
from hubspot_sandbox.routes.table import Route, routes
from hubspot_sandbox.server import serve
from sandbox_drives import Speaker, drive_for, shape, version_of, world_of
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.server import Running

DOCUMENT = Path(__file__).parents[2] / "docs/reference/sandbox.md"
ALL = list(routes())
TOKEN = "pat-eu1-made-up"


def _name(route: Route) -> str:
    return f"{shape(route)} {version_of(route.path)}"


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    """One portal for all of them: each gets a world of its own in it."""
    with serve(
        copied_portal(datetime(2026, 11, 23, 9, tzinfo=UTC), tickets=3), token=TOKEN, enforce_limits=False
    ) as running:
        yield running


@pytest.mark.parametrize("route", ALL, ids=_name)
def test_a_public_client_drives(served, route) -> None:
    drive = drive_for(route)
    assert drive is not None, f"nothing drives {_name(route)}"
    client = hubspot.Client(access_token=TOKEN, host=served.url)
    world = world_of(served, TOKEN, labelled=route.path.endswith(("/labels", "/labels/{type_id}")))
    Speaker(client, served.url, route).call(drive, world)
    sent = served.requests[-1]
    assert _answers(sent.method, sent.path) == route
    assert sent.status in (200, 201, 202, 204)


def _answers(method: str, path: str) -> Route | None:
    """The route that a request reaches: the first one that fits, as in the server."""
    return next((route for route in ALL if route.method == method and compile_path(route.path)[0].match(path)), None)


def test_the_document_has_a_row_for_every_route_and_no_other() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(?:GET|POST|PUT|PATCH|DELETE) .*$", text, re.MULTILINE)
    wanted = _rows()
    assert set(documented) ^ set(wanted) == set(), "the table should read:\n" + "\n".join(wanted)
    assert documented == wanted


def _rows() -> list[str]:
    """The table, made from the routes and what drives them."""
    rows = []
    for (key, name), same in groupby(sorted(ALL, key=_order), key=lambda route: (shape(route), _driver(route))):
        versions = ", ".join(dict.fromkeys(version_of(route.path) for route in same))
        rows.append(f"| `{key}` | {versions} | `{name}` |")
    return rows


def _order(route: Route) -> tuple[str, ...]:
    method, path = shape(route).split()
    version = version_of(route.path)
    return path, method, _driver(route), version.replace("v", "0")


def _driver(route: Route) -> str:
    drive = drive_for(route)
    return drive.name if drive else "?"
