"""E-mails, calls, meetings and notes on a ticket: what they carry, and what they move."""

from __future__ import annotations

from datetime import timedelta

import pytest

MODIFIED = "hs_lastmodifieddate"
CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


@pytest.fixture
def ticket(portal, now) -> str:
    return portal.create("tickets", {"subject": "Help", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=9))


def _log(http, kind: str, ticket: str, type_id: int, **properties: str) -> dict[str, object]:
    link = {"to": {"id": ticket}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}
    answer = http.post(f"/crm/objects/2026-09/{kind}", {"properties": properties, "associations": [link]})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(("kind", "type_id"), [("emails", 224), ("calls", 220), ("meetings", 226), ("notes", 228)])
def test_what_is_logged_on_a_ticket_counts_and_modifies_it(http, portal, ticket, kind, type_id) -> None:
    before = portal.read("tickets", ticket)
    _log(http, kind, ticket, type_id, hs_timestamp="2026-11-23T08:30:00Z")
    row = http.get(f"/crm/objects/2026-09/tickets/{ticket}", properties="num_notes,hs_last_email_activity").json()
    assert row["properties"]["num_notes"] == "1"
    assert before[MODIFIED] < row["properties"][MODIFIED] == "2026-11-23T09:00:00Z"
    expected = "2026-11-23T08:30:00Z" if kind == "emails" else None
    assert row["properties"]["hs_last_email_activity"] == expected


def test_a_task_is_no_activity(http, portal, ticket) -> None:
    before = portal.read("tickets", ticket)
    _log(http, "tasks", ticket, 230, hs_timestamp="2026-11-23T08:30:00Z")
    assert portal.read("tickets", ticket) == before


def test_an_older_email_leaves_the_last_one(http, portal, ticket) -> None:
    for at in ("2026-11-23T08:30:00Z", "2026-11-23T07:30:00Z", "2026-11-23T08:45:00Z"):
        email = _log(http, "emails", ticket, 224, hs_timestamp=at)["id"]
    assert portal.read("tickets", ticket)["hs_last_email_activity"] == "2026-11-23T08:45:00Z"
    portal.update("emails", email, {"hs_timestamp": "2026-11-23T08:50:00Z"})
    assert portal.read("tickets", ticket)["hs_last_email_activity"] == "2026-11-23T08:50:00Z"


def test_one_that_is_associated_later_moves_the_ticket_then(http, portal, running, ticket) -> None:
    email = portal.create("emails", {"hs_timestamp": "2026-11-23T08:30:00Z"})
    assert "hs_last_email_activity" not in portal.read("tickets", ticket)
    running.advance(timedelta(hours=1))
    path = f"/crm/objects/2026-09/tickets/{ticket}/associations/default/emails/{email}"
    assert http.send("PUT", path).status_code == 200
    values = portal.read("tickets", ticket)
    assert (values["hs_last_email_activity"], values[MODIFIED]) == ("2026-11-23T08:30:00Z", "2026-11-23T10:00:00Z")


def test_an_email_says_who_wrote_and_keeps_the_headers_it_came_with(http, portal, ticket) -> None:
    headers = (
        '{"from":{"email":"mara@home.example","firstName":"Mara"},"sender":{"email":"relay@home.example"},'
        '"to":[{"email":"a@customer.example"}],"Auto-Submitted":"auto-replied"}'
    )
    email = _log(
        http,
        "emails",
        ticket,
        224,
        hs_timestamp="2026-11-23T08:30:00Z",
        hs_email_headers=headers,
        hs_email_direction="EMAIL",
    )
    values = portal.read("emails", email["id"])
    assert (values["hs_email_from_email"], values["hs_email_sender_email"]) == (
        "mara@home.example",
        "relay@home.example",
    )
    assert (values["hs_email_headers"], values["hs_object_source"]) == (headers, "INTEGRATION")
    assert "hs_created_by_user_id" not in values


def test_what_a_person_logs_names_the_user(portal, ticket) -> None:
    properties = {"hs_timestamp": "2026-11-23T08:30:00Z", "hubspot_owner_id": "3001", "hs_call_disposition": CONNECTED}
    call = portal.create("calls", properties)
    portal.associate("tickets", ticket, "calls", call)
    values = portal.read("calls", call)
    assert (values["hs_object_source"], values["hs_created_by_user_id"]) == ("CRM_UI", "60003001")
