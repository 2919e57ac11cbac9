"""Refusals: each limit, locks, migrations, broken servers, tokens and scopes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hubspot.crm.tickets import ApiException

TICKETS = "/crm/objects/2026-09/tickets"
ACCOUNT = "/account-info/v3/details"


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "DAILY"])
def test_a_429_names_its_policy_and_sends_no_retry_after(http, running, policy) -> None:
    running.faults.add("rate_limited", policy=policy)
    answer = http.get(TICKETS)
    assert answer.status_code == 429
    assert answer.json()["policyName"] == policy
    assert answer.json()["errorType"] == "RATE_LIMIT"
    assert "Retry-After" not in answer.headers
    assert "X-HubSpot-RateLimit-Max" in answer.headers


def test_a_429_of_searches_names_no_policy_unless_told_to(http, running) -> None:
    with running.faults.during("rate_limited", policy="SECONDLY", route="search"):
        plain = http.post(f"{TICKETS}/search", {}).json()
        assert http.get(TICKETS).status_code == 200
    with running.faults.during("rate_limited", policy="SECONDLY", route="search", named=True):
        named = http.post(f"{TICKETS}/search", {}).json()
    assert plain["category"] == "RATE_LIMITS"
    assert "policyName" not in plain
    assert (named["errorType"], named["policyName"]) == ("RATE_LIMIT", "SECONDLY")
    assert plain["message"] == named["message"] == "You have reached your secondly limit."


def test_a_429_may_be_made_to_send_retry_after(http, running) -> None:
    running.faults.add("rate_limited", retry_after_s=3)
    assert http.get(TICKETS).headers["Retry-After"] == "3"


def test_the_sdk_sees_a_429(client, running) -> None:
    running.faults.add("rate_limited", nth=1)
    with pytest.raises(ApiException) as raised:
        client.crm.tickets.basic_api.get_page(limit=1)
    assert raised.value.status == 429
    assert client.crm.tickets.basic_api.get_page(limit=1).results


def test_the_daily_quota_lasts_until_midnight_in_the_portals_time_zone(http, running) -> None:
    running.faults.add("daily_quota", calls=2)
    answers = [http.get(ACCOUNT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["policyName"] == "DAILY"
    assert answers[2].json()["message"] == "You have reached your daily limit."
    running.set_clock(datetime(2026, 11, 23, 22, 59, 59, tzinfo=UTC))  # a second to midnight in Berlin
    assert http.post(f"{TICKETS}/search", {}).status_code == 429
    running.set_clock(datetime(2026, 11, 23, 23, 0, tzinfo=UTC))
    assert http.get(ACCOUNT).status_code == 200


def test_a_locked_resource_is_a_423(http, running) -> None:
    running.faults.add("locked", nth=1)
    assert http.get(TICKETS).status_code == 423
    assert http.get(TICKETS).status_code == 200


def test_a_migrating_account_is_a_477_with_seconds_to_wait(http, running) -> None:
    running.faults.add("migrating", retry_after_s=7200)
    answer = http.get(TICKETS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (477, "7200")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 521, 523, 524])
def test_a_5xx_has_hubspots_json(http, running, status) -> None:
    running.faults.add("server_error", status=status)
    answer = http.get(TICKETS)
    assert answer.status_code == status
    assert list(answer.json()) == ["correlationId", "message", "status"]
    assert answer.json()["correlationId"] == answer.headers["X-HubSpot-Correlation-Id"]


def test_a_5xx_may_be_cloudflares_page(http, running) -> None:
    running.faults.add("server_error", status=524, body="html")
    answer = http.get(TICKETS)
    assert answer.status_code == 524
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "X-HubSpot-Correlation-Id" not in answer.headers
    assert "Error code 524" in answer.text


def test_a_5xx_may_be_empty(http, running) -> None:
    running.faults.add("server_error", status=503, body="empty", retry_after_s=2)
    answer = http.get(TICKETS)
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"", "2")


def test_a_500_may_call_itself_a_rate_limit(http, running) -> None:
    running.faults.add("server_error", category="RATE_LIMITS")
    assert http.get(TICKETS).json()["category"] == "RATE_LIMITS"


@pytest.mark.parametrize("fault", ["server_error", "locked", "rate_limited", "migrating", "daily_quota"])
def test_a_refusal_leaves_nothing_done(http, running, portal, fault) -> None:
    ticket_id = portal.ids("tickets")[0]
    before = portal.read("tickets", ticket_id)
    running.faults.add(fault, route="update")
    assert http.send("PATCH", f"{TICKETS}/{ticket_id}", json={"properties": {"subject": "x"}}).status_code >= 400
    assert portal.read("tickets", ticket_id) == before


def test_a_5xx_may_come_after_the_work(http, running, portal) -> None:
    ticket_id = portal.ids("tickets")[0]
    running.faults.add("server_error", status=502, body="html", commit=True)
    assert http.send("PATCH", f"{TICKETS}/{ticket_id}", json={"properties": {"subject": "x"}}).status_code == 502
    assert portal.read("tickets", ticket_id)["subject"] == "x"
    assert running.log.unanswered_writes() == 1


def test_an_expired_token_is_a_401_that_says_since_when(http, running, now) -> None:
    running.faults.add("expired_token", seconds_ago=90)
    answer = http.get(TICKETS)
    assert answer.status_code == 401
    assert answer.json()["category"] == "EXPIRED_AUTHENTICATION"
    assert answer.json()["message"] == "The OAuth token used to make this call expired 90 second(s) ago."
    since = datetime.fromisoformat(answer.json()["context"]["expire time"][0])
    assert since == now - timedelta(seconds=90)


def test_a_missing_scope_is_a_403_that_names_it(http, running) -> None:
    running.faults.add("missing_scope", scopes=["crm.objects.contacts.write"], route="create")
    answer = http.post("/crm/v3/objects/tasks", {"properties": {}})
    assert answer.status_code == 403
    assert answer.json()["category"] == "MISSING_SCOPES"
    assert answer.json()["errors"][0]["context"]["requiredGranularScopes"] == ["crm.objects.contacts.write"]
