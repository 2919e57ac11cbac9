"""Records named by a unique property: upsert, `idProperty`, and what two records may not share."""

from __future__ import annotations

import pytest
from hubspot.crm.contacts import models as sdk

from sandbox.first_ids import TICKET_IDS

KEY = {
    "name": "erp_number",
    "label": "ERP number",
    "type": "string",
    "fieldType": "text",
    "groupName": "ticketinformation",
    "hasUniqueValue": True,
}
IDS = TICKET_IDS[:2]


@pytest.fixture(autouse=True)
def key(http) -> None:
    assert http.post("/crm/v3/properties/tickets", KEY).json()["hasUniqueValue"] is True


def _row(value: str, **properties: str) -> dict[str, object]:
    return {"idProperty": "erp_number", "id": value, "properties": properties}


def _new(value: str) -> dict[str, object]:
    return _row(value, subject="New", hs_pipeline_stage="1")


def test_an_upsert_changes_what_is_there_and_makes_what_is_not(http, portal, objects_path) -> None:
    portal.update("tickets", IDS[0], {"erp_number": "E-1"})
    answer = http.post(f"{objects_path}/tickets/batch/upsert", {"inputs": [_row("E-1", subject="Old"), _new("E-2")]})
    assert answer.status_code == 200
    by_new = {row["new"]: row for row in answer.json()["results"]}
    assert by_new[False]["id"] == IDS[0]
    assert portal.read("tickets", by_new[True]["id"])["erp_number"] == "E-2"
    again = http.post(f"{objects_path}/tickets/batch/upsert", {"inputs": [_new("E-2")]})
    assert [row["id"] for row in again.json()["results"]] == [by_new[True]["id"]]


def test_the_sdk_upserts_contacts_by_email(client, portal) -> None:
    email = portal.read("contacts", "7001")["email"]
    rows = [
        sdk.SimplePublicObjectBatchInputUpsert(id_property="email", id=email.upper(), properties={"firstname": "A"}),
        sdk.SimplePublicObjectBatchInputUpsert(id_property="email", id="n@x.example", properties={"firstname": "B"}),
    ]
    inputs = sdk.BatchInputSimplePublicObjectBatchInputUpsert(inputs=rows)
    id_by_new = {row.new: row.id for row in client.crm.contacts.batch_api.upsert(inputs).results}
    assert id_by_new[False] == "7001"
    assert portal.read("contacts", id_by_new[True])["email"] == "n@x.example"
    contact = client.crm.contacts.basic_api.get_by_id("n@x.example", id_property="email")
    assert contact.id == id_by_new[True]


def test_a_bad_row_refuses_the_whole_upsert_unless_rows_are_traced(http, portal, objects_path) -> None:
    before = len(portal.ids("tickets"))
    rows = [_new("E-1"), _row("E-2", hs_ticket_priority="WHATEVER", hs_pipeline_stage="1")]
    assert http.post(f"{objects_path}/tickets/batch/upsert", {"inputs": rows}).status_code == 400
    assert len(portal.ids("tickets")) == before
    traced = [{**row, "objectWriteTraceId": f"t{n}"} for n, row in enumerate(rows)]
    answer = http.post(f"{objects_path}/tickets/batch/upsert", {"inputs": traced})
    assert [row["objectWriteTraceId"] for row in answer.json()["results"]] == ["t0"]
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": ["t1"]}


def test_without_id_property_an_upsert_names_records_by_id(http) -> None:
    rows = [{"id": IDS[0], "properties": {"subject": "X"}}, {"id": "7", "properties": {"subject": "X"}}]
    answer = http.post("/crm/v3/objects/tickets/batch/upsert", {"inputs": rows})
    assert answer.status_code == 207
    assert [(row["id"], row["new"]) for row in answer.json()["results"]] == [(IDS[0], False)]
    assert answer.json()["errors"][0]["context"]["ids"] == ["7"]


@pytest.mark.parametrize("name", ["subject", "hs_object_id", "nowhere"])
def test_a_property_that_is_not_unique_names_nobody(http, name) -> None:
    row = {"id": "1", "idProperty": name, "properties": {"subject": "X"}}
    for kind in ("upsert", "update"):
        answer = http.post(f"/crm/v3/objects/tickets/batch/{kind}", {"inputs": [row]})
        assert answer.status_code == 400
        assert f"non-unique 0-5 property {name} in portal ID 145000001" in answer.json()["message"]


def test_records_are_read_and_changed_by_a_unique_property(http, portal, objects_path) -> None:
    portal.update("tickets", IDS[0], {"erp_number": "E-1"})
    path = f"{objects_path}/tickets/E-1"
    assert http.get(path, idProperty="erp_number").json()["id"] == IDS[0]
    assert http.get(f"{objects_path}/tickets/E-9", idProperty="erp_number").status_code == 404
    http.send("PATCH", path, params={"idProperty": "erp_number"}, json={"properties": {"subject": "By key"}})
    assert portal.read("tickets", IDS[0])["subject"] == "By key"
    body = {"inputs": [{"id": "E-1"}, {"id": "E-9"}], "idProperty": "erp_number"}
    answer = http.post(f"{objects_path}/tickets/batch/read", body).json()
    assert [row["id"] for row in answer["results"]] == [IDS[0]]
    assert answer["errors"][0]["context"]["ids"] == ["E-9"]
    http.post(f"{objects_path}/tickets/batch/update", {"inputs": [_row("E-1", subject="By batch")]})
    assert portal.read("tickets", IDS[0])["subject"] == "By batch"


def test_two_records_do_not_share_a_unique_value(http, portal) -> None:
    portal.update("tickets", IDS[0], {"erp_number": "E-1"})
    path = f"/crm/v3/objects/tickets/{IDS[1]}"
    answer = http.send("PATCH", path, json={"properties": {"erp_number": "e-1"}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "CONFLICTING_UNIQUE_VALUE")
    own = http.send("PATCH", f"/crm/v3/objects/tickets/{IDS[0]}", json={"properties": {"erp_number": "E-1"}})
    assert own.status_code == 200
    rows = [{"properties": {"hs_pipeline_stage": "1", "erp_number": "E-5"}}] * 2
    before = len(portal.ids("tickets"))
    assert http.post("/crm/v3/objects/tickets/batch/create", {"inputs": rows}).status_code == 400
    assert len(portal.ids("tickets")) == before


def test_a_contact_that_exists_is_a_409_with_its_id(http, portal) -> None:
    email = portal.read("contacts", "7001")["email"]
    answer = http.post("/crm/v3/objects/contacts", {"properties": {"email": email}})
    assert answer.status_code == 409
    assert answer.json()["message"] == "Contact already exists. Existing ID: 7001"
    assert answer.json()["category"] == "CONFLICT"


def test_the_value_of_an_archived_record_is_free_again(http, portal) -> None:
    portal.update("tickets", IDS[0], {"erp_number": "E-1"})
    portal.archive("tickets", IDS[0])
    portal.update("tickets", IDS[1], {"erp_number": "E-1"})
    assert http.get("/crm/v3/objects/tickets/E-1", idProperty="erp_number").json()["id"] == IDS[1]
