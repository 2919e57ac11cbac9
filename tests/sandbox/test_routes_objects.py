"""Notes, e-mails, calls and users through the official SDK, and what clients really send."""

from __future__ import annotations

import pytest
from hubspot.crm.objects.emails import SimplePublicObjectInputForCreate as NewEmail
from hubspot.crm.objects.notes import BatchInputSimplePublicObjectBatchInputForCreate as NewNotes
from hubspot.crm.objects.notes import PublicObjectSearchRequest as NoteSearch

WHEN = "2026-11-23T08:00:00Z"
HEADERS = '{"from":{"email":"a@x.example","firstName":"A"},"to":[{"email":"b@x.example"},{"email":"c@x.example"}]}'


@pytest.fixture
def ticket(portal) -> str:
    return portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"})


def _to(ticket: str, type_id: int) -> list[dict[str, object]]:
    return [{"to": {"id": ticket}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]}]


def test_notes_are_made_on_a_ticket_found_and_archived(client, portal, ticket) -> None:
    row = {"properties": {"hs_timestamp": WHEN, "hs_note_body": "Promised a fix"}, "associations": _to(ticket, 228)}
    made = client.crm.objects.notes.batch_api.create(NewNotes(inputs=[row])).results[0]
    assert made.properties["hs_createdate"] == "2026-11-23T09:00:00Z"
    assert "createdate" not in made.properties
    associations = client.crm.tickets.basic_api.get_by_id(ticket, associations=["notes"]).associations
    assert [(row.id, row.type) for row in associations["notes"].results] == [(made.id, "ticket_to_note")]
    search = client.crm.objects.notes.search_api.do_search(NoteSearch(query="promised"))
    assert [row.id for row in search.results] == [made.id]
    client.crm.objects.notes.basic_api.archive(made.id)
    assert client.crm.objects.notes.basic_api.get_page().results == []
    assert portal.ids("notes") == []


def test_an_email_shows_who_wrote_to_whom(client, ticket) -> None:
    properties = {"hs_timestamp": WHEN, "hs_email_direction": "EMAIL", "hs_email_headers": HEADERS}
    made = client.crm.objects.emails.basic_api.create(
        NewEmail(properties=properties, associations=_to(ticket, 224))
    ).properties
    assert (made["hs_email_from_email"], made["hs_email_to_email"]) == ("a@x.example", "b@x.example;c@x.example")
    assert made["hs_email_from_firstname"] == "A"


def test_headers_that_are_no_json_say_nothing(http) -> None:
    for headers in ("From: a", "[]", '{"from":7,"to":{}}'):
        body = {"properties": {"hs_timestamp": WHEN, "hs_email_headers": headers}}
        assert "hs_email_from_email" not in http.post("/crm/v3/objects/emails", body).json()["properties"]


def test_a_call_is_read_back_in_every_dialect(http, objects_path, ticket) -> None:
    properties = {"hs_timestamp": WHEN, "hs_call_title": "Rang", "hs_call_duration": "61000"}
    made = http.post(f"{objects_path}/0-48", {"properties": properties, "associations": _to(ticket, 220)})
    assert made.status_code == 201
    body = http.get(f"{objects_path}/call/{made.json()['id']}", properties="hs_call_title,hs_call_duration").json()
    assert (body["properties"]["hs_call_title"], body["properties"]["hs_call_duration"]) == ("Rang", "61000")


def test_a_completed_task_says_since_when(portal, now) -> None:
    task = portal.create("tasks", {"hs_timestamp": WHEN, "hs_task_status": "NOT_STARTED"})
    assert portal.read("tasks", task)["hs_task_is_completed"] == "0"
    portal.update("tasks", task, {"hs_task_status": "COMPLETED"}, at=now)
    values = portal.read("tasks", task)
    assert (values["hs_task_is_completed"], values["hs_task_completion_date"]) == ("1", "2026-11-23T09:00:00Z")
    portal.update("tasks", task, {"hs_task_status": "WAITING"}, at=now)
    assert "hs_task_completion_date" not in portal.read("tasks", task)


def test_every_owner_is_a_user_with_working_hours_to_set(http, portal, objects_path) -> None:
    users = http.get(f"{objects_path}/users", limit=100, properties="hs_internal_user_id,hubspot_owner_id,hs_email")
    by_owner = {row["properties"]["hubspot_owner_id"]: row for row in users.json()["results"]}
    assert set(by_owner) == set(portal.owners)
    mara = by_owner["3001"]
    assert mara["properties"]["hs_internal_user_id"] == str(portal.owners["3001"].user_id)
    hours = '[{"days":"MONDAY_TO_FRIDAY","startMinute":540,"endMinute":1020}]'
    path = f"{objects_path}/users/{mara['id']}"
    http.send("PATCH", path, json={"properties": {"hs_working_hours": hours}})
    assert http.get(path, properties="hs_working_hours").json()["properties"]["hs_working_hours"] == hours


@pytest.mark.parametrize("name", ["ticket", "tickets", "TICKET", "Tickets", "0-5"])
def test_an_object_type_goes_by_any_of_its_names(http, name) -> None:
    assert len(http.get(f"/crm/v3/objects/{name}", limit=3, archived="False").json()["results"]) == 3
    assert http.get(f"/crm/v3/pipelines/{name}").json()["results"][0]["id"] == "0"
    assert http.get(f"/crm/v3/properties/{name}").status_code == 200
    assert http.get(f"/crm/v4/associations/{name}/COMPANY/labels").status_code == 200


def test_arrays_come_repeated_or_joined_and_after_may_be_empty(http) -> None:
    joined = http.get("/crm/v3/objects/tickets?properties=subject,content&after=&limit=2").json()
    repeated = http.get("/crm/v3/objects/tickets?properties=subject&properties=content&limit=2").json()
    assert joined["results"] == repeated["results"]
    assert {"subject", "content"} <= joined["results"][0]["properties"].keys()


@pytest.mark.parametrize("path", ["/crm/v3/objects/tickets", "/crm/v4/objects/tickets", "/crm/objects/2026-09/0-5"])
def test_the_link_of_a_page_leads_to_the_next_one(http, portal, path) -> None:
    ticket_ids: list[str] = []
    answer = http.get(path, limit=7, properties="subject").json()
    while True:
        ticket_ids += [row["id"] for row in answer["results"]]
        if "paging" not in answer:
            break
        answer = http.session.get(answer["paging"]["next"]["link"], timeout=5).json()
    assert ticket_ids == portal.ids("tickets")


def test_a_search_does_without_after_and_sorts(http) -> None:
    for body in ({}, {"after": "", "sorts": []}, {"after": 0, "filterGroups": [], "query": ""}):
        answer = http.post("/crm/v3/objects/ticket/search", body)
        assert (answer.status_code, answer.json()["total"]) == (200, 30)


def test_clients_learn_that_there_are_no_custom_objects(http) -> None:
    for path in ("/crm/v3/schemas", "/crm-object-schemas/2026-09/schemas"):
        assert http.get(path).json() == {"results": []}
    ticket = http.get("/crm/v3/schemas/tickets").json()
    assert ticket["objectTypeId"] == "0-5"
    assert ticket["allowsSensitiveProperties"] is False
    assert {"229", "26"} <= {association["id"] for association in ticket["associations"]}
    assert "subject" in [definition["name"] for definition in http.get("/properties/v2/ticket/properties").json()]


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_properties_are_read_and_archived_by_the_batch(http, version) -> None:
    base = "/crm/v3/properties/tickets" if version == "v3" else f"/crm/properties/{version}/tickets"
    own = {"name": "mood", "label": "Mood", "type": "string", "fieldType": "text", "groupName": "ticketinformation"}
    made = http.post(f"{base}/batch/create", {"inputs": [own]})
    assert made.status_code == 201
    body = {"archived": False, "inputs": [{"name": "subject"}, {"name": "mood"}]}
    read = http.post(f"{base}/batch/read", body)
    assert (read.status_code, [row["name"] for row in read.json()["results"]]) == (200, ["subject", "mood"])
    assert http.post(f"{base}/batch/archive", {"inputs": [{"name": "mood"}]}).status_code == 204
    missing = http.post(f"{base}/batch/read", body)
    assert missing.status_code == 207
    assert missing.json()["errors"][0]["context"] == {"name": ["mood"]}
    archived = http.post(f"{base}/batch/read", {"archived": True, "inputs": [{"name": "mood"}]}).json()["results"]
    assert [row["archived"] for row in archived] == [True]


def test_associations_with_types_that_do_not_exist_are_ignored(http, objects_path, portal, ticket) -> None:
    portal.associate("tickets", ticket, "companies", "5001")
    for asked in ("rockets,companies,spaceships", ["spaceships", "companies"]):
        answer = http.get(f"{objects_path}/tickets/{ticket}", associations=asked)
        assert (answer.status_code, list(answer.json()["associations"])) == (200, ["companies"])
    assert http.get(f"{objects_path}/tickets", associations="spaceships").status_code == 200
