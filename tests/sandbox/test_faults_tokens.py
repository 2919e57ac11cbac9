"""Calls turned away because of the token, its scopes, or the edge in front of HubSpot."""

from __future__ import annotations

import pytest

from sandbox.first_ids import TICKET_IDS

TICKETS = "/crm/objects/2026-09/tickets"
ACCOUNT = "/account-info/v3/details"


def test_a_good_token_may_be_called_unknown_once(http, running) -> None:
    running.faults.add("unauthorized", times=1)
    first, second = http.get(TICKETS), http.get(TICKETS)
    assert (first.status_code, first.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert second.status_code == 200


@pytest.mark.parametrize("shape", ["errors", "context"])
def test_a_missing_scope_is_named_in_either_of_two_places(http, running, shape) -> None:
    running.faults.add("missing_scope", scopes=["tickets"], shape=shape)
    body = http.get(TICKETS).json()
    named = {"requiredGranularScopes": ["tickets"]}
    assert body["category"] == "MISSING_SCOPES"
    assert body.get("context") == (named if shape == "context" else None)
    assert [error["context"] for error in body.get("errors", [])] == ([named] if shape == "errors" else [])


def test_access_may_be_denied_for_another_reason_than_a_scope(http, running) -> None:
    running.faults.add("access_denied", category="IP_NOT_ALLOWED", message="Not from here.")
    answer = http.get(TICKETS)
    body = answer.json()
    assert (answer.status_code, body["category"], body["message"]) == (403, "IP_NOT_ALLOWED", "Not from here.")
    assert "errors" not in body


def test_the_edge_answers_html_and_hubspot_sees_nothing(http, running, portal) -> None:
    before = portal.read("tickets", TICKET_IDS[0])
    running.faults.add("edge_refused", times=1)
    answer = http.send("PATCH", f"{TICKETS}/{TICKET_IDS[0]}", json={"properties": {"subject": "x"}})
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not [name for name in answer.headers if name.lower().startswith("x-hubspot")]
    assert portal.read("tickets", TICKET_IDS[0]) == before
    assert http.get(ACCOUNT).status_code == 200


def test_the_edge_asks_for_no_token(running, talk) -> None:
    running.faults.add("edge_refused", route="account")
    answer = talk(running, "pat-nobody-knows").get(ACCOUNT)
    assert answer.status_code == 403
    assert answer.text.startswith("<!DOCTYPE html>")
