"""Every object type through the SDK module made for it: a day in the life of one record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import hubspot

AT = "2026-11-23T09:00:00Z"
TYPES: dict[str, tuple[str, dict[str, str], str, str]] = {
    "tickets": ("crm.tickets", {"subject": "a", "hs_pipeline": "0", "hs_pipeline_stage": "1"}, "subject", "0-5"),
    "companies": ("crm.companies", {"name": "a"}, "name", "0-2"),
    "contacts": ("crm.contacts", {"email": "a@customer.example"}, "firstname", "0-1"),
    "tasks": ("crm.objects.tasks", {"hs_timestamp": AT, "hs_task_subject": "a"}, "hs_task_subject", "0-27"),
    "notes": ("crm.objects.notes", {"hs_timestamp": AT, "hs_note_body": "a"}, "hs_note_body", "0-46"),
    "calls": ("crm.objects.calls", {"hs_timestamp": AT, "hs_call_title": "a"}, "hs_call_title", "0-48"),
    "emails": (
        "crm.objects.emails",
        {"hs_timestamp": AT, "hs_email_subject": "a", "hs_email_direction": "EMAIL"},
        "hs_email_subject",
        "0-49",
    ),
    "meetings": (
        "crm.objects.meetings",
        {"hs_timestamp": AT, "hs_meeting_title": "a", "hs_meeting_outcome": "SCHEDULED"},
        "hs_meeting_title",
        "0-47",
    ),
    "deals": ("crm.deals", {"dealname": "a", "pipeline": "default", "dealstage": "closedwon"}, "dealname", "0-3"),
    "products": ("crm.products", {"name": "a", "price": "7"}, "name", "0-7"),
    "line_items": ("crm.line_items", {"name": "a", "quantity": "2"}, "name", "0-8"),
    "quotes": ("crm.quotes", {"hs_title": "a", "hs_status": "DRAFT"}, "hs_title", "0-14"),
}


def module(client: hubspot.Client, path: str) -> Any:
    api: Any = client
    for part in path.split("."):
        api = getattr(api, part)
    return api


@pytest.mark.parametrize("kind", TYPES)
def test_a_record_of_every_type_lives_and_goes(client, http, kind) -> None:
    path, properties, name, type_id = TYPES[kind]
    api = module(client, path)
    new = {"properties": properties}
    made = api.basic_api.create(simple_public_object_input_for_create=new)
    api.basic_api.update(made.id, simple_public_object_input={"properties": {name: "b"}})
    read = api.basic_api.get_by_id(made.id, properties=[name], properties_with_history=[name], archived=False)
    assert read.properties[name] == "b"
    assert read.properties_with_history[name][0].value == "b"
    for spelling in (kind, kind.upper(), type_id, type_id.lower()):
        assert http.get(f"/crm/objects/2026-09/{spelling}/{made.id}").json()["id"] == made.id
    wanted = {"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": made.id}]}
    search = api.search_api.do_search(public_object_search_request={"filterGroups": [wanted], "properties": [name]})
    assert [row.properties[name] for row in search.results] == ["b"]
    several = api.batch_api.read({"inputs": [{"id": made.id}], "properties": [name], "propertiesWithHistory": []})
    assert [row.id for row in several.results] == [made.id]
    assert made.id in [row.id for row in api.basic_api.get_page(limit=100, archived=False).results]
    api.basic_api.archive(made.id)
    assert http.get(f"/crm/v3/objects/{kind}/{made.id}").status_code == 404
    assert http.get(f"/crm/v3/objects/{kind}/{made.id}", archived=True).json()["archived"] is True


def test_users_are_a_type_of_their_own(http) -> None:
    rows = http.get("/crm/v3/objects/users", properties="hs_email,hs_internal_user_id").json()["results"]
    assert all("@" in row["properties"]["hs_email"] for row in rows)
    assert http.get(f"/crm/v3/objects/0-115/{rows[0]['id']}").json()["id"] == rows[0]["id"]
