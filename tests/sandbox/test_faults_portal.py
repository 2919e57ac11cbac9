"""How a portal may be: definitions that cannot be made, are elsewhere or late, and owners who left."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.first_ids import TICKET_IDS

TICKETS = "/crm/objects/2026-09/tickets"
TASKS = "/crm/objects/2026-09/tasks"


def _property(name: str, group: str) -> dict[str, object]:
    return {"name": name, "label": name, "type": "string", "fieldType": "text", "groupName": group}


@pytest.mark.parametrize("base", ["/crm/v3/properties", "/crm/properties/2026-09"])
@pytest.mark.parametrize("kind", ["tasks", "0-27", "notes"])
def test_properties_of_tasks_and_notes_cannot_be_made_but_read(http, running, base, kind) -> None:
    running.faults.add("definitions_refused")
    made = http.post(f"{base}/{kind}", _property("sla_task_key", "any"))
    together = http.post(f"{base}/{kind}/batch/create", {"inputs": [_property("sla_task_key", "any")]})
    for answer in (made, together, http.post(f"{base}/{kind}/groups", {"name": "sla", "label": "SLA"})):
        assert answer.status_code == 403
        (scope,) = answer.json()["errors"][0]["context"]["requiredGranularScopes"]
        assert scope.startswith("crm.")
    assert http.get(f"{base}/{kind}").status_code == 200
    read = {"archived": False, "inputs": [{"name": "hs_timestamp"}]}
    assert http.post(f"{base}/{kind}/batch/read", read).json()["results"]
    assert http.post(f"{base}/tickets", _property("sla_status", "ticketinformation")).status_code == 201


def test_the_group_of_a_type_may_have_another_name(http, running) -> None:
    usual = http.get("/crm/v3/properties/notes/hs_note_body").json()["groupName"]
    added = running.faults.add("property_group", object_type="notes", name="note_information")
    assert http.get("/crm/v3/properties/notes/hs_note_body").json()["groupName"] == "note_information"
    assert [group["name"] for group in http.get("/crm/v3/properties/notes/groups").json()["results"]] == [
        "note_information"
    ]
    refused = http.post("/crm/v3/properties/notes", _property("sla_note_key", usual))
    assert (refused.status_code, refused.json()["category"]) == (400, "VALIDATION_ERROR")
    assert http.post("/crm/v3/properties/notes", _property("sla_note_key", "note_information")).status_code == 201
    running.faults.remove(added.id)
    assert http.get("/crm/v3/properties/notes/sla_note_key").json()["groupName"] == usual


def test_a_new_property_shows_after_some_time(http, running) -> None:
    running.faults.add("property_lag", ms=700)
    made = http.post("/crm/v3/properties/tickets", _property("sla_tier", "ticketinformation"))
    assert made.status_code == 201
    body = {"properties": {"sla_tier": "gold"}}
    assert http.get("/crm/v3/properties/tickets/sla_tier").status_code == 404
    assert http.send("PATCH", f"{TICKETS}/{TICKET_IDS[0]}", json=body).status_code == 400
    assert http.post("/crm/v3/properties/tickets", _property("sla_tier", "ticketinformation")).status_code == 409
    running.advance(timedelta(milliseconds=700))
    assert http.get("/crm/v3/properties/tickets/sla_tier").status_code == 200
    assert http.send("PATCH", f"{TICKETS}/{TICKET_IDS[0]}", json=body).status_code == 200


def test_a_new_property_shows_after_some_requests(http, running) -> None:
    running.faults.add("property_lag", requests=2)
    inputs = [_property(name, "ticketinformation") for name in ("sla_tier", "sla_status")]
    assert http.post("/crm/v3/properties/tickets/batch/create", {"inputs": inputs}).status_code == 201
    statuses = [http.get("/crm/v3/properties/tickets/sla_tier").status_code for _ in range(3)]
    assert statuses == [404, 404, 200]
    assert http.get("/crm/v3/properties/tickets/subject").status_code == 200


def test_a_new_group_shows_and_takes_properties_after_some_requests(http, running) -> None:
    running.faults.add("property_lag", requests=2)
    assert http.post("/crm/v3/properties/tickets/groups", {"name": "sla", "label": "SLA"}).status_code == 201
    assert http.post("/crm/v3/properties/tickets/groups", {"name": "sla", "label": "SLA"}).status_code == 409
    assert http.post("/crm/v3/properties/tickets", _property("sla_tier", "sla")).status_code == 400
    assert http.get("/crm/v3/properties/tickets/groups/sla").status_code == 404
    assert http.get("/crm/v3/properties/tickets/groups/sla").status_code == 200
    assert http.post("/crm/v3/properties/tickets", _property("sla_tier", "sla")).status_code == 201


def test_a_deactivated_owner_is_archived_and_refused(http, running, portal) -> None:
    portal.update("tickets", TICKET_IDS[1], {"hubspot_owner_id": "3001"})
    added = running.faults.add("owner_deactivated", owner="3001")
    listed = http.get("/crm/v3/owners").json()["results"]
    assert "3001" not in [owner["id"] for owner in listed]
    archived = http.get("/crm/v3/owners", archived="true").json()["results"]
    assert [(owner["id"], "userId" in owner) for owner in archived] == [("3001", False)]
    user = next(user for user in portal.ids("users") if portal.read("users", user)["hubspot_owner_id"] == "3001")
    assert portal.read("users", user)["hs_deactivated"] == "true"
    task = {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_task_subject": "Late", "hubspot_owner_id": "3001"}
    refused = http.post(TASKS, {"properties": task})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "INVALID_OWNER_ID"
    rows = [
        {"properties": task | {"hubspot_owner_id": owner}, "objectWriteTraceId": owner} for owner in ("3001", "3002")
    ]
    by_row = http.post(f"{TASKS}/batch/create", {"inputs": rows}).json()
    assert [row["properties"]["hubspot_owner_id"] for row in by_row["results"]] == ["3002"]
    assert [error["context"]["objectWriteTraceId"] for error in by_row["errors"]] == [["3001"]]
    assert (
        http.get(f"{TICKETS}/{TICKET_IDS[1]}", properties="hubspot_owner_id").json()["properties"]["hubspot_owner_id"]
        == "3001"
    )
    running.faults.remove(added.id)
    assert http.post(TASKS, {"properties": task}).status_code == 201


def test_a_deactivated_owner_may_still_be_accepted(http, running) -> None:
    running.faults.add("owner_deactivated", owner="3001", refused=False)
    body = {"properties": {"hubspot_owner_id": "3001"}}
    assert http.send("PATCH", f"{TICKETS}/{TICKET_IDS[0]}", json=body).status_code == 200
