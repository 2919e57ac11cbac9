"""Records one at a time, through the SDK and in every dialect."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.tickets import ApiException, SimplePublicObjectInput, SimplePublicObjectInputForCreate

from sandbox.first_ids import TICKET_IDS

FIRST = "28100001"


def test_the_sdk_pages_through_every_ticket_once(client, portal) -> None:
    for number in range(240):
        portal.create("tickets", {"subject": f"More {number}", "hs_pipeline_stage": "1"})
    ticket_ids = [ticket.id for ticket in client.crm.tickets.get_all()]
    assert ticket_ids == portal.ids("tickets")
    assert len(ticket_ids) == 270


def test_a_page_says_where_the_next_one_is_and_the_last_one_does_not(http, objects_path) -> None:
    first = http.get(f"{objects_path}/tickets", limit=20).json()
    after = first["paging"]["next"]["after"]
    assert after == TICKET_IDS[20]
    second = http.session.get(first["paging"]["next"]["link"], timeout=5).json()
    assert [row["id"] for row in second["results"]] == TICKET_IDS[20:]
    assert "paging" not in second


def test_a_page_holds_a_hundred_or_fifty_with_history(http, objects_path) -> None:
    assert http.get(f"{objects_path}/tickets", limit=100).status_code == 200
    assert http.get(f"{objects_path}/tickets", limit=101).status_code == 400
    assert http.get(f"{objects_path}/tickets", limit=50, propertiesWithHistory="subject").status_code == 200
    assert http.get(f"{objects_path}/tickets", limit=51, propertiesWithHistory="subject").status_code == 400


@pytest.mark.parametrize("name", ["tickets", "ticket", "TICKET", "0-5"])
def test_an_object_type_goes_by_plural_singular_and_number(http, name) -> None:
    assert http.get(f"/crm/v3/objects/{name}/{FIRST}").json()["id"] == FIRST


def test_an_unknown_object_type_is_a_400_without_category(http, objects_path) -> None:
    answer = http.get(f"{objects_path}/parcels")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Unable to infer object type from: parcels"
    assert "category" not in answer.json()


def test_values_are_text_or_null_and_unknown_names_are_dropped(http, objects_path) -> None:
    query = {"properties": "subject,hs_resolution,never_defined", "archived": "False"}
    row = http.get(f"{objects_path}/tickets/{FIRST}", **query).json()
    assert sorted(row["properties"]) == list(row["properties"])
    assert set(row["properties"]) == {
        "subject",
        "hs_resolution",
        "createdate",
        "hs_lastmodifieddate",
        "hs_object_id",
    }
    assert row["properties"]["hs_resolution"] is None
    assert row["url"] == f"https://app-eu1.hubspot.com/contacts/145000001/record/0-5/{FIRST}"


def test_arrays_of_a_query_may_be_repeated_or_joined(http) -> None:
    joined = http.get(f"/crm/v3/objects/tickets/{FIRST}", properties="subject,content").json()
    repeated = http.get(f"/crm/v3/objects/tickets/{FIRST}", properties=["subject", "content"]).json()
    assert joined == repeated
    assert {"subject", "content"} <= set(joined["properties"])


def test_a_history_comes_newest_first_with_its_sources(client, portal, now) -> None:
    ticket = portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=3))
    portal.update("tickets", ticket, {"hs_pipeline_stage": "3"}, at=now - timedelta(hours=2))
    client.crm.tickets.basic_api.update(ticket, SimplePublicObjectInput(properties={"hs_pipeline_stage": "2"}))
    record = client.crm.tickets.basic_api.get_by_id(ticket, properties_with_history=["hs_pipeline_stage"])
    versions = record.properties_with_history["hs_pipeline_stage"]
    assert [(version.value, version.source_type) for version in versions] == [
        ("2", "INTEGRATION"),
        ("3", "CRM_UI"),
        ("1", "CRM_UI"),
    ]
    assert versions[1].timestamp == now - timedelta(hours=2)


def test_a_created_ticket_echoes_what_hubspot_calculates(client, now) -> None:
    made = client.crm.tickets.basic_api.create(
        SimplePublicObjectInputForCreate(properties={"subject": "New", "hs_pipeline_stage": "1"}, associations=[])
    )
    assert made.created_at == now
    assert made.properties["hs_pipeline"] == "0"
    assert made.properties["hs_is_closed"] == "false"
    assert made.properties["hs_ticket_id"] == made.id == made.properties["hs_object_id"]
    assert made.properties["hs_v2_date_entered_current_stage"] == "2026-11-23T09:00:00Z"


def test_a_ticket_without_a_stage_is_refused(http, objects_path) -> None:
    answer = http.post(f"{objects_path}/tickets", {"properties": {"subject": "Nowhere"}})
    assert answer.status_code == 400
    assert "required properties were not set" in answer.json()["message"]


def test_a_patch_answers_what_changed_and_where_the_ticket_is_and_bumps_the_modification(client, portal, now) -> None:
    portal.clock.advance(timedelta(milliseconds=1_234))
    changed = client.crm.tickets.basic_api.update(FIRST, SimplePublicObjectInput(properties={"subject": "Renamed"}))
    assert set(changed.properties) == {
        *("subject", "createdate", "hs_lastmodifieddate", "hs_object_id"),
        *("hs_pipeline", "hs_pipeline_stage", "hs_is_closed", "hs_ticket_id"),
        *("hs_object_source", "hs_object_source_id", "hs_object_source_label"),
        *("hs_v2_date_entered_current_stage", "hs_v2_time_in_current_stage"),
    }
    assert changed.properties["hs_lastmodifieddate"] == "2026-11-23T09:00:01.234Z"
    assert changed.updated_at == now + timedelta(milliseconds=1_234)


def test_a_patch_without_properties_is_refused(http, objects_path) -> None:
    answer = http.send("PATCH", f"{objects_path}/tickets/{FIRST}", json={"properties": {}})
    assert answer.status_code == 400
    assert answer.json()["message"] == "No properties found to update, please provide at least one."


def test_an_empty_value_clears_and_reads_as_null(http, portal) -> None:
    http.send("PATCH", f"/crm/v3/objects/tickets/{FIRST}", json={"properties": {"content": ""}})
    row = http.get(f"/crm/v3/objects/tickets/{FIRST}", properties="content").json()
    assert row["properties"]["content"] is None
    assert portal.history("tickets", FIRST, "content")[0].value == ""


def test_an_archived_ticket_is_only_found_when_asked_for(client, http) -> None:
    client.crm.tickets.basic_api.archive(FIRST)
    with pytest.raises(ApiException) as gone:
        client.crm.tickets.basic_api.get_by_id(FIRST)
    assert gone.value.status == 404
    archived = client.crm.tickets.basic_api.get_by_id(FIRST, archived=True)
    assert archived.archived is True
    assert archived.archived_at is not None
    assert [row["id"] for row in http.get("/crm/v3/objects/tickets", archived="True").json()["results"]] == [FIRST]
    assert http.send("DELETE", f"/crm/v3/objects/tickets/{FIRST}").status_code == 204


def test_an_id_nobody_has_and_an_id_that_is_none_are_different_404s(http, objects_path) -> None:
    unknown = http.get(f"{objects_path}/tickets/999")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "resource not found")
    assert "category" not in unknown.json()
    word = http.get(f"{objects_path}/tickets/abc")
    assert word.status_code == 404
    assert word.json()["message"] == "Object not found.  objectId are usually numeric."
    assert word.json()["context"] == {"id": ["abc"]}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"never_defined": "x"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_object_id": "7"}, "READ_ONLY_VALUE"),
        ({"hs_first_agent_message_sent_at": "2026-11-23T09:00:00Z"}, "READ_ONLY_VALUE"),
        ({"hs_ticket_priority": "MAXIMAL"}, "INVALID_OPTION"),
        ({"hs_ticket_priority": "high"}, "INVALID_OPTION"),
        ({"hs_pipeline_stage": "981230001"}, "INVALID_OPTION"),
        ({"closed_date": "tomorrow"}, "INVALID_LONG"),
    ],
)
def test_a_bad_value_is_refused_with_its_code_and_nothing_is_written(http, portal, properties, code) -> None:
    before = portal.read("tickets", FIRST)
    body = {"properties": {"subject": "Must not arrive", **properties}}
    answer = http.send("PATCH", f"/crm/v3/objects/tickets/{FIRST}", json=body)
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert answer.json()["message"].startswith('Property values were not valid: [{"isValid":false,')
    assert portal.read("tickets", FIRST) == before


def test_all_bad_properties_of_a_row_are_listed(http) -> None:
    body = {"properties": {"never_defined": "x", "hs_ticket_priority": "?"}}
    answer = http.send("PATCH", f"/crm/v3/objects/tickets/{FIRST}", json=body)
    assert [error["context"]["propertyName"] for error in answer.json()["errors"]] == [
        ["never_defined"],
        ["hs_ticket_priority"],
    ]


def test_an_instant_may_be_sent_as_epoch_milliseconds(http) -> None:
    body = {"properties": {"closed_date": 1_791_205_200_000}}
    answer = http.send("PATCH", f"/crm/v3/objects/tickets/{FIRST}", json=body)
    assert answer.json()["properties"]["closed_date"] == "2026-10-05T13:00:00Z"


def test_categories_are_several_and_a_leading_semicolon_appends(http) -> None:
    for sent, stored in (
        ("BILLING_ISSUE;FEATURE_REQUEST", "BILLING_ISSUE;FEATURE_REQUEST"),
        (";PRODUCT_ISSUE", "BILLING_ISSUE;FEATURE_REQUEST;PRODUCT_ISSUE"),
    ):
        body = {"properties": {"hs_ticket_category": sent}}
        answer = http.send("PATCH", f"/crm/v3/objects/tickets/{FIRST}", json=body)
        assert answer.json()["properties"]["hs_ticket_category"] == stored


def test_broken_json_says_where(http) -> None:
    answer = http.send("POST", "/crm/v3/objects/tickets", data=b'{"properties": ]')
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid input JSON on line 1, column ")
    assert "category" not in answer.json()


def test_companies_contacts_and_tasks_are_served_too(client, portal) -> None:
    assert (
        client.crm.companies.basic_api.get_by_id("5001", properties=["customer_tier"]).properties["customer_tier"]
        == "platinum"
    )
    assert client.crm.contacts.basic_api.get_page(limit=100).results[0].properties["email"].endswith(".example")
    assert client.crm.objects.tasks.basic_api.get_page().results == []
    assert client.crm.objects.basic_api.get_by_id("0-2", "5002").id == "5002"
