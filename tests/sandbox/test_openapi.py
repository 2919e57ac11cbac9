"""What the sandbox says of itself, and whether its answers keep to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from hubspot_sandbox.openapi import description
from hubspot_sandbox.routes.table import routes
from hubspot_sandbox.server import serve
from proof import SCALE
from sandbox_drives import shape
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sandbox.server import Running

TOKEN = "pat-eu1-described"
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]
# For each route: enough to leave the happy path, and few enough to run every time.
BOUNDED = settings(
    max_examples=3 * SCALE, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
)
# Every route in its newest dialect: what differs between them is a path, and test_every_route.py asks for each.
NEWEST = list({shape(route): route for route in routes()}.values())


def test_every_route_is_described(running) -> None:
    body = requests.get(f"{running.url}/sandbox/openapi.json", timeout=5).json()
    paths = {(method.upper(), path) for path, methods in body["paths"].items() for method in methods}
    assert paths == {(route.method, route.path) for route in routes()}


@pytest.mark.parametrize(
    ("method", "path", "model"),
    [
        ("POST", "/crm/v3/objects/{object_type}/batch/read", "inputs"),
        ("PATCH", "/crm/objects/2026-09/{object_type}/{record_id}", "properties"),
        ("POST", "/crm/v3/objects/{object_type}/search", "filterGroups"),
    ],
)
def test_the_body_a_route_reads_is_described(method, path, model) -> None:
    operation = description(routes())["paths"][path][method.lower()]
    assert model in operation["requestBody"]["content"]["application/json"]["schema"]["properties"]


@pytest.fixture(scope="module")
def described() -> Iterator[Running]:
    """A portal of its own, that may end up in any state."""
    portal = copied_portal(datetime(2026, 11, 23, 9, tzinfo=UTC), tickets=10)
    with serve(portal, token=TOKEN, enforce_limits=False) as served:
        yield served


@pytest.fixture(scope="module")
def schema(described) -> schemathesis.BaseSchema:
    """The description, with ids that exist where it says only that there is an id."""
    document = description(routes())
    ids = [*described.portal.ids("tickets")[:3], described.portal.ids("companies")[0], "1", "abc"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in ("record_id", "target_id"):
                    parameter["schema"] = {"type": "string", "enum": ids}
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize("route", NEWEST, ids=lambda route: f"{route.method} {route.path}")
def test_whatever_the_description_allows_is_answered_as_described(schema, described, session, route) -> None:
    @seed(20_261)
    @BOUNDED
    @given(case=schema[route.path][route.method].as_strategy())
    def answers_as_described(case) -> None:
        answer = case.call(base_url=described.url, session=session, timeout=5)
        case.validate_response(answer, checks=CHECKS)

    answers_as_described()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.headers["Authorization"] = f"Bearer {TOKEN}"
        yield made
