"""What every request passes: the token, its scopes, the limits; and what every answer carries."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.limits import Limits
from hubspot_sandbox.server import serve

if TYPE_CHECKING:
    import requests

TICKETS = "/crm/objects/2026-09/tickets"
BURST_HEADERS = {
    "x-hubspot-ratelimit-max",
    "x-hubspot-ratelimit-remaining",
    "x-hubspot-ratelimit-interval-milliseconds",
}


def _names(answer: requests.Response) -> set[str]:
    return {name.lower() for name in answer.headers}


class Ticking:
    """Real time, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def limited(portal, ticking, talk):
    """The portal with its limits in force, on a time that only the test moves."""
    with serve(portal, token="t", limits=Limits(monotonic=ticking)) as served:
        yield talk(served, "t")


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic pat-eu1-made-up", "pat-eu1-made-up"])
def test_without_a_valid_token_there_is_nothing_but_a_401(http, header) -> None:
    http.session.headers["Authorization"] = header
    answer = http.get(TICKETS)
    assert answer.status_code == 401
    assert answer.json()["category"] == "INVALID_AUTHENTICATION"
    assert answer.json()["message"].startswith("Authentication credentials not found.")


def test_a_revoked_token_is_a_401(http, running) -> None:
    running.access.revoke("pat-eu1-made-up")
    assert http.get(TICKETS).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "method", "path", "needed"),
    [
        (["crm.objects.owners.read"], "GET", TICKETS, ["tickets"]),
        (["tickets"], "GET", "/crm/v3/owners/", ["crm.objects.owners.read", "automation"]),
        (["tickets"], "GET", "/crm/v3/objects/tasks", ["crm.objects.contacts.read"]),
        (["tickets", "crm.objects.contacts.read"], "POST", "/crm/v3/objects/tasks", ["crm.objects.contacts.write"]),
        (["tickets"], "GET", "/crm/v3/objects/companies", ["crm.objects.companies.read"]),
        ([], "GET", "/crm/v3/properties/tickets", ["tickets", "crm.schemas.tickets.read"]),
        (["crm.schemas.contacts.write"], "POST", "/crm/v3/properties/tasks", ["crm.schemas.tasks.write"]),
        (["crm.objects.contacts.write"], "POST", "/crm/v3/properties/notes", ["crm.schemas.notes.write"]),
    ],
)
def test_a_missing_scope_is_a_403_that_names_it(running, talk, scopes, method, path, needed) -> None:
    running.access.grant("narrow", scopes)
    answer = talk(running, "narrow").send(method, path)
    assert answer.status_code == 403
    assert answer.json()["category"] == "MISSING_SCOPES"
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == needed


def test_the_scopes_of_contacts_may_be_made_to_define_properties_of_activities(running, portal, talk) -> None:
    portal.behaviour = replace(portal.behaviour, contacts_scopes_define_activities=True)
    running.access.grant("narrow", ["crm.schemas.contacts.write"])
    group = {"name": "sla", "label": "SLA"}
    assert talk(running, "narrow").post("/crm/v3/properties/tasks/groups", group).status_code == 201
    assert talk(running, "narrow").post("/crm/v3/properties/tickets/groups", group).status_code == 403


def test_any_of_the_scopes_of_a_route_will_do(running, talk) -> None:
    running.access.grant("narrow", ["tickets"])
    narrow = talk(running, "narrow")
    for path in (TICKETS, "/crm/v3/properties/tickets", "/crm/v3/pipelines/tickets", "/account-info/v3/details"):
        assert narrow.get(path).status_code == 200


def test_the_191st_request_in_ten_seconds_is_a_429(limited, ticking) -> None:
    assert {limited.get(TICKETS, limit=1).status_code for _ in range(190)} == {200}
    ticking.seconds = 9.9
    refused = limited.get(TICKETS, limit=1)
    assert refused.status_code == 429
    assert refused.json()["errorType"] == "RATE_LIMIT"
    assert refused.json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert refused.headers["X-HubSpot-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in refused.headers
    ticking.seconds = 10.0
    assert limited.get(TICKETS, limit=1).status_code == 200


def test_searches_and_associations_are_outside_the_burst_limit(limited, ticking) -> None:
    for _ in range(190):
        limited.get("/account-info/v3/details")
    links = "/crm/v4/associations/tickets/companies/labels"
    assert limited.get(links).status_code == 200
    assert limited.post(f"{TICKETS}/search", {}).status_code == 200
    assert limited.get(TICKETS).status_code == 429


def test_the_sixth_search_in_a_second_is_a_429_of_its_own_kind(limited, ticking) -> None:
    path = f"{TICKETS}/search"
    assert {limited.post(path, {"limit": 1}).status_code for _ in range(5)} == {200}
    refused = limited.post("/crm/v3/objects/companies/search", {})
    assert refused.status_code == 429
    assert refused.json()["message"] == "You have reached your secondly limit."
    assert refused.json()["category"] == "RATE_LIMITS"
    assert "policyName" not in refused.json()
    assert not BURST_HEADERS & _names(refused)
    ticking.seconds = 1.0
    assert limited.post(path, {"limit": 1}).status_code == 200


def test_limits_that_are_not_enforced_still_count(http) -> None:
    answers = [http.get(TICKETS, limit=1) for _ in range(3)]
    assert [answer.headers["X-HubSpot-RateLimit-Remaining"] for answer in answers] == ["189", "188", "187"]
    assert answers[0].headers["X-HubSpot-RateLimit-Max"] == "190"
    assert answers[0].headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"


def test_a_search_tells_of_the_day_only(http) -> None:
    burst, search = _names(http.get(TICKETS)), _names(http.post(f"{TICKETS}/search", {}))
    daily = {"x-hubspot-ratelimit-daily", "x-hubspot-ratelimit-daily-remaining"}
    assert daily | BURST_HEADERS <= burst
    assert daily <= search
    assert not BURST_HEADERS & search


def test_the_correlation_id_of_header_and_body_are_one_uuid(http) -> None:
    answer = http.get(f"{TICKETS}/999")
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json()["correlationId"]
    assert str(uuid.UUID(answer.json()["correlationId"])) == answer.json()["correlationId"]
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"


def test_the_date_header_follows_the_virtual_clock(http, running, now: datetime) -> None:
    def dated() -> datetime:
        return parsedate_to_datetime(http.get(TICKETS).headers["Date"])

    assert dated() == now
    running.advance(timedelta(days=3, seconds=5))
    assert dated() == now + timedelta(days=3, seconds=5)
    running.set_clock(now - timedelta(days=365))
    assert dated() == now - timedelta(days=365)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/crm/v3/objects", 404),
        ("GET", "/crm/v3/objects/tickets/", 404),
        ("GET", "/crm/objects/2025-09/tickets", 404),
        ("PUT", "/crm/v3/objects/tickets", 405),
    ],
)
def test_an_unknown_route_is_html(http, method, path, status) -> None:
    answer = http.send(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<html>")
