"""Small things in HubSpot's answers that clients notice: what is echoed, and which headers come with everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.first_ids import TICKET_IDS

TASK = {"hs_timestamp": "2026-11-23T10:00:00Z", "hs_task_subject": "Call", "hs_task_body": "<p>Ring &amp; ask</p>"}


def _made(http, path: str, properties: dict[str, str]) -> dict[str, str | None]:
    answer = http.post(path, {"properties": properties})
    assert answer.status_code == 201, answer.text
    return answer.json()["properties"]


def test_a_new_ticket_echoes_what_hubspot_keeps_count_of(http, objects_path) -> None:
    made = _made(http, f"{objects_path}/tickets", {"subject": "Late", "hs_pipeline": "0", "hs_pipeline_stage": "1"})
    assert made["hs_helpdesk_sort_timestamp"] == made["createdate"] == made["hs_v2_time_in_current_stage"]
    assert made["hs_is_visible_in_help_desk"] == "true"
    assert (made["hs_last_email_activity"], made["num_notes"]) == (None, "0")
    assert (made["hs_num_associated_companies"], made["hs_num_associated_conversations"]) == ("0", "0")
    assert made["hs_object_source_id"]


def test_counts_of_links_are_true_whenever_they_are_read(http, portal) -> None:
    ticket = portal.create("tickets", {"subject": "Late", "hs_pipeline_stage": "1"})
    portal.associate("tickets", ticket, "companies", "5001")
    note = portal.create("notes", {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_note_body": "x"})
    portal.associate("notes", note, "tickets", ticket)
    names = "num_notes,hs_num_associated_companies"
    properties = http.get(f"/crm/v3/objects/tickets/{ticket}", properties=names).json()["properties"]
    assert (properties["num_notes"], properties["hs_num_associated_companies"]) == ("1", "1")


def test_a_new_task_shows_a_preview_and_whether_it_is_overdue(http, objects_path, running) -> None:
    made = _made(http, f"{objects_path}/tasks", TASK)
    assert made["hs_body_preview"] == "Ring & ask"
    assert "Ring &amp; ask" in made["hs_body_preview_html"]
    assert made["hs_body_preview_is_truncated"] == "false"
    assert made["hs_obj_coords"] == f"0-27-{made['hs_object_id']}"
    assert made["hs_task_is_overdue"] == "false"
    running.advance(timedelta(hours=2))
    names = "hs_task_is_overdue,hs_task_is_completed"
    body = http.get(f"{objects_path}/tasks/{made['hs_object_id']}", properties=names).json()
    assert body["properties"]["hs_task_is_overdue"] == "true"
    assert body["url"].endswith(f"/tasks/{running.portal.account.portal_id}/view/all/task/{made['hs_object_id']}")


def test_the_url_of_a_task_leads_to_its_page(http, portal) -> None:
    task = portal.create("tasks", TASK)
    url = http.get(f"/crm/v3/objects/tasks/{task}").json()["url"]
    page = http.get("/" + url.split("/", 3)[3])
    assert page.status_code == 200
    assert "Call" in page.text


def test_a_long_note_is_cut_in_its_preview(http, objects_path) -> None:
    note = {"hs_timestamp": "2026-11-23T10:00:00Z", "hs_note_body": "word " * 300}
    made = _made(http, f"{objects_path}/notes", note)
    assert made["hs_body_preview_is_truncated"] == "true"
    assert len(made["hs_body_preview"]) < len(note["hs_note_body"])


def test_ids_that_come_twice_are_named_in_the_context(http, objects_path) -> None:
    rows = [{"id": TICKET_IDS[0], "properties": {"subject": "a"}}] * 2
    answer = http.post(f"{objects_path}/tickets/batch/update", {"inputs": rows})
    assert (answer.status_code, answer.json()["context"]) == (400, {"ids": [TICKET_IDS[0]]})


def test_a_row_that_conflicts_names_the_record_that_is_there(http, portal) -> None:
    contact = portal.ids("contacts")[0]
    email = portal.read("contacts", contact)["email"]
    rows = [{"properties": {"email": email}, "objectWriteTraceId": "a"}]
    (error,) = http.post("/crm/v3/objects/contacts/batch/create", {"inputs": rows}).json()["errors"]
    assert error["category"] == "CONFLICT"
    assert error["context"] == {"existingId": [contact], "objectWriteTraceId": ["a"]}


def test_only_hubspots_own_properties_say_that_they_are(http) -> None:
    rows = http.get("/crm/v3/properties/companies").json()["results"]
    own = {row["name"]: row for row in rows}["customer_tier"]
    assert "hubspotDefined" not in own
    assert own["createdUserId"] == own["updatedUserId"] != ""
    assert {row["name"]: row for row in rows}["domain"]["hubspotDefined"] is True


def test_a_company_needs_no_properties_at_all(http, objects_path) -> None:
    assert http.post(f"{objects_path}/companies", {}).status_code == 201


@pytest.mark.parametrize("path", ["/crm/v3/owners", "/crm/v3/objects/tickets/1", "/nothing/here"])
def test_every_answer_has_the_headers_of_the_edge_and_a_trace(http, path) -> None:
    headers = http.get(path).headers
    assert headers["CF-Ray"].endswith("-FRA")
    assert headers["X-Trace"].startswith("2B")
    assert "origin" in headers["Vary"]
