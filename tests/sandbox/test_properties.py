"""Property definitions and groups, through the SDK and in every dialect."""

from __future__ import annotations

import pytest
from hubspot.crm.properties import (
    ApiException,
    BatchInputPropertyCreate,
    PropertyCreate,
    PropertyGroupCreate,
    PropertyUpdate,
)

YES_NO = [
    {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
    {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
]
BREACHED = {
    "name": "sla_breached",
    "label": "SLA breached",
    "type": "enumeration",
    "fieldType": "booleancheckbox",
    "groupName": "sla",
    "options": YES_NO,
}


@pytest.fixture(params=["/crm/v3/properties", "/crm/properties/2026-03", "/crm/properties/2026-09"])
def path(request) -> str:
    return f"{request.param}/tickets"


@pytest.fixture
def group(http) -> None:
    assert http.post("/crm/v3/properties/tickets/groups", {"name": "sla", "label": "SLA"}).status_code == 201


def test_hubspots_own_properties_are_there_and_say_what_they_are(http, path) -> None:
    listed = {row["name"]: row for row in http.get(path).json()["results"]}
    assert listed["hs_pipeline_stage"]["type"] == "enumeration"
    assert "981230003" in [option["value"] for option in listed["hs_pipeline_stage"]["options"]]
    reply = listed["hs_first_agent_message_sent_at"]
    assert (reply["type"], reply["fieldType"], reply["calculated"]) == ("datetime", "date", True)
    assert reply["modificationMetadata"]["readOnlyValue"] is True
    status = listed["hs_time_to_close_sla_status"]
    assert [option["label"] for option in status["options"]][:2] == ["Active SLA", "Overdue"]
    assert listed["hubspot_owner_id"]["referencedObjectType"] == "OWNER"
    assert listed["subject"]["hubspotDefined"] is True
    assert listed["hs_v2_date_entered_981240004"]["type"] == "datetime"


def test_the_sdk_sets_up_a_group_with_properties_and_takes_it_down_again(client, portal) -> None:
    api = client.crm.properties
    api.groups_api.create("tickets", PropertyGroupCreate(name="sla", label="SLA", display_order=-1))
    made = api.batch_api.create(
        "tickets",
        BatchInputPropertyCreate(
            inputs=[
                PropertyCreate(name="sla_due", label="Due", type="datetime", field_type="date", group_name="sla"),
                PropertyCreate(name="sla_reason", label="Why", type="string", field_type="textarea", group_name="sla"),
            ]
        ),
    )
    assert [row.name for row in made.results] == ["sla_due", "sla_reason"]
    portal.update("tickets", "28100001", {"sla_due": "2026-11-23T12:00:00Z"})
    assert api.core_api.get_by_name("tickets", "sla_due").group_name == "sla"
    for name in ("sla_due", "sla_reason"):
        api.core_api.archive("tickets", name)
    api.groups_api.archive("tickets", "sla")
    assert "sla" not in [row.name for row in api.groups_api.get_all("tickets").results]
    with pytest.raises(ApiException) as gone:
        api.core_api.get_by_name("tickets", "sla_due")
    assert gone.value.status == 404


def test_an_existing_name_is_a_409(http, path, group) -> None:
    assert http.post(path, BREACHED).status_code == 201
    answer = http.post(path, BREACHED)
    assert answer.status_code == 409
    assert answer.json()["category"] == "OBJECT_ALREADY_EXISTS"
    assert answer.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"
    assert answer.json()["message"] == "A property named 'sla_breached' already exists."
    assert http.post(f"{path}/groups", {"name": "sla", "label": "SLA"}).status_code == 409


def test_a_batch_makes_what_it_can_and_names_the_rest(http, path, group) -> None:
    http.post(path, BREACHED)
    answer = http.post(f"{path}/batch/create", {"inputs": [BREACHED, {**BREACHED, "name": "sla_late"}]})
    assert answer.status_code == 207
    assert [row["name"] for row in answer.json()["results"]] == ["sla_late"]
    assert answer.json()["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    assert answer.json()["errors"][0]["context"] == {"name": ["sla_breached"]}


def test_making_an_archived_property_again_restores_it_with_the_new_definition(http, path, group, running) -> None:
    first = http.post(path, BREACHED).json()
    assert http.send("DELETE", f"{path}/sla_breached").status_code == 204
    assert http.get(f"{path}/sla_breached").status_code == 404
    assert http.get(f"{path}/sla_breached", archived="true").json()["archived"] is True
    running.clock.set(running.clock.now().replace(year=2027))
    again = http.post(path, {**BREACHED, "label": "Late"})
    assert again.status_code == 201
    assert again.json()["label"] == "Late"
    assert again.json()["createdAt"] == first["createdAt"]


def test_a_change_replaces_options_only_when_it_names_them(client, http, group) -> None:
    http.post("/crm/v3/properties/tickets", BREACHED)
    relabelled = client.crm.properties.core_api.update("tickets", "sla_breached", PropertyUpdate(label="Late"))
    assert (relabelled.label, len(relabelled.options)) == ("Late", 2)
    body = {"options": [{"label": "Maybe", "value": "maybe"}]}
    cut = http.send("PATCH", "/crm/v3/properties/tickets/sla_breached", json=body).json()
    assert [option["value"] for option in cut["options"]] == ["maybe"]


@pytest.mark.parametrize(
    "change",
    [
        {"groupName": "nowhere"},
        {"type": "datetime", "fieldType": "text"},
        {"type": "colour"},
        {"name": "Not A Name"},
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(http, path, group, change) -> None:
    answer = http.post(path, {**BREACHED, **change})
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_hubspots_own_properties_cannot_be_archived(http, path) -> None:
    assert http.send("DELETE", f"{path}/subject").status_code == 400


def test_a_group_in_use_cannot_be_archived_and_the_reason_is_nested_json(http, path, group) -> None:
    http.post(path, BREACHED)
    answer = http.send("DELETE", f"{path}/groups/sla")
    assert answer.status_code == 400
    assert "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES" in answer.json()["message"]
    assert answer.json()["message"].startswith("{")


def test_groups_are_listed_changed_and_restored(http, path, group) -> None:
    assert http.send("PATCH", f"{path}/groups/sla", json={"label": "Promises"}).json()["label"] == "Promises"
    assert {"sla", "ticketinformation"} == {row["name"] for row in http.get(f"{path}/groups").json()["results"]}
    assert http.send("DELETE", f"{path}/groups/sla").status_code == 204
    assert http.get(f"{path}/groups/sla").status_code == 404
    assert http.post(f"{path}/groups", {"name": "sla", "label": "Again"}).status_code == 201
    assert http.get(f"{path}/groups/sla").json()["label"] == "Again"


def test_custom_properties_take_only_values_of_their_type(http, group) -> None:
    path = "/crm/v3/properties/tickets"
    http.post(path, BREACHED)
    http.post(path, {**BREACHED, "name": "sla_flag", "type": "bool"})
    http.post(path, {**BREACHED, "name": "sla_level", "type": "number", "fieldType": "number", "options": []})
    http.post(path, {**BREACHED, "name": "sla_day", "type": "date", "fieldType": "date", "options": []})
    ticket = "/crm/v3/objects/tickets/28100001"
    good = {"sla_breached": True, "sla_flag": "false", "sla_level": 2, "sla_day": "2026-11-23"}
    assert http.send("PATCH", ticket, json={"properties": good}).status_code == 200
    properties = http.get(ticket, properties=list(good)).json()["properties"]
    assert {name: properties[name] for name in good} == {
        "sla_breached": "true",
        "sla_flag": "false",
        "sla_level": "2",
        "sla_day": "2026-11-23",
    }
    for name, value, code in (
        ("sla_breached", "maybe", "INVALID_OPTION"),
        ("sla_flag", "maybe", "INVALID_OPTION"),
        ("sla_level", "much", "INVALID_LONG"),
        ("sla_day", "2026-11-23T10:00:00Z", "INVALID_DATE"),
    ):
        answer = http.send("PATCH", ticket, json={"properties": {name: value}})
        assert [error["code"] for error in answer.json()["errors"]] == [code]


def test_a_property_that_is_gone_is_refused_on_write_and_dropped_on_read(http, portal, group) -> None:
    http.post("/crm/v3/properties/tickets", BREACHED)
    portal.update("tickets", "28100001", {"sla_breached": "true"})
    http.send("DELETE", "/crm/v3/properties/tickets/sla_breached")
    properties = http.get("/crm/v3/objects/tickets/28100001", properties="sla_breached").json()["properties"]
    assert "sla_breached" not in properties
    body = {"properties": {"sla_breached": "false"}}
    answer = http.send("PATCH", "/crm/v3/objects/tickets/28100001", json=body)
    assert answer.json()["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"
