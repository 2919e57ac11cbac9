"""Somebody at work in the portal between two calls: merging, archiving, editing properties, pipelines and tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.tickets import ApiException
from hubspot.crm.tickets import BatchInputSimplePublicObjectBatchInput as Updates

TICKETS = "/crm/objects/2026-09/tickets"


@pytest.fixture
def ids(portal) -> list[str]:
    """Three tickets."""
    return portal.ids("tickets")[:3]


def test_it_happens_before_the_nth_request_and_once(http, running, portal, ids) -> None:
    added = running.faults.add("archive_records", ids=[ids[0]], route="get", nth=2)
    statuses = [http.get(f"{TICKETS}/{ids[0]}").status_code for _ in range(3)]
    assert statuses == [200, 404, 404]
    assert added.strikes == 1


def test_archived_between_reading_and_writing_the_sdk_is_told_of_one_error(client, running, ids) -> None:
    running.faults.add("archive_records", ids=[ids[1]], route="batch_update")
    rows = [{"id": record_id, "properties": {"subject": "late"}} for record_id in ids]
    answer = client.crm.tickets.batch_api.update(Updates(inputs=rows))
    assert {row.id for row in answer.results} == {ids[0], ids[2]}
    assert answer.errors[0].context == {"ids": [ids[1]]}


def test_merged_between_reading_and_writing_a_ticket_is_left_out_without_an_error(http, running, portal, ids) -> None:
    running.faults.add("merge_records", primary=ids[0], ids=[ids[1]], route="batch_update")
    rows = [{"id": record_id, "properties": {"subject": "late"}} for record_id in ids[1:]]
    answer = http.post("/crm/v3/objects/tickets/batch/update", {"inputs": rows}).json()
    assert [row["id"] for row in answer["results"]] == [ids[2]]
    assert "errors" not in answer
    survivor = http.get(f"{TICKETS}/{ids[1]}", properties="hs_merged_object_ids").json()
    assert survivor["id"] not in ids
    assert set(survivor["properties"]["hs_merged_object_ids"].split(";")) == set(ids[:2])


def test_several_tickets_may_be_merged_into_one(http, running, portal, ids) -> None:
    before = len(portal.ids("tickets"))
    running.faults.add("merge_records", primary=ids[0], ids=[*ids[1:], "1"])
    http.get("/account-info/v3/details")
    assert len({http.get(f"{TICKETS}/{record_id}").json()["id"] for record_id in ids}) == 1
    assert len(portal.ids("tickets")) == before - 2


def test_an_admin_deletes_a_property_that_a_client_writes(client, http, running, ids) -> None:
    made = {"name": "sla_x", "label": "X", "type": "string", "fieldType": "text", "groupName": "ticketinformation"}
    assert http.post("/crm/v3/properties/tickets", made).status_code == 201
    running.faults.add("delete_property", name="sla_x", route="batch_update", nth=2)
    rows = Updates(inputs=[{"id": ids[0], "properties": {"sla_x": "1"}}])
    assert client.crm.tickets.batch_api.update(rows).results
    with pytest.raises(ApiException) as raised:
        client.crm.tickets.batch_api.update(rows)
    assert raised.value.status == 400
    assert "PROPERTY_DOESNT_EXIST" in raised.value.body
    assert "sla_x" not in http.get(f"{TICKETS}/{ids[0]}", properties="sla_x").json()["properties"]


def test_an_admin_renames_a_stage(client, running, portal) -> None:
    pipeline = next(iter(portal.pipelines.values()))
    stage = pipeline.stages[0]
    running.faults.add("rename_stage", pipeline=pipeline.id, stage=stage.id, label="Triage", route="pipelines", nth=2)
    api = client.crm.pipelines.pipelines_api
    labels = [api.get_by_id("tickets", pipeline.id).stages[0].label for _ in range(2)]
    assert labels == [stage.label, "Triage"]


def test_an_admin_edits_a_pipeline_and_every_ticket_in_it_is_modified(http, running, portal, now) -> None:
    running.advance(timedelta(hours=1))
    pipeline_id = next(iter(portal.pipelines))
    running.faults.add("edit_pipeline", pipeline=pipeline_id, route="search")
    at = (now + timedelta(hours=1)).isoformat()
    since = {"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": at}
    asked = {"filterGroups": [{"filters": [since]}], "limit": 200, "properties": ["hs_pipeline"]}
    body = http.post(f"{TICKETS}/search", asked).json()
    inside = [
        ticket for ticket in portal.ids("tickets") if portal.read("tickets", ticket)["hs_pipeline"] == pipeline_id
    ]
    assert body["total"] == len(inside) > 0
    assert {row["properties"]["hs_pipeline"] for row in body["results"]} == {pipeline_id}


def test_an_admin_rotates_the_token(http, running, talk) -> None:
    running.faults.add("rotate_token", token="pat-eu1-new", nth=2)
    assert [http.get(TICKETS).status_code for _ in range(3)] == [200, 401, 401]
    assert http.get(TICKETS).json()["category"] == "INVALID_AUTHENTICATION"
    assert talk(running, "pat-eu1-new").get(TICKETS).status_code == 200


def test_a_rotated_token_keeps_its_scopes(running, talk) -> None:
    running.access.grant("narrow", ["crm.objects.owners.read"])
    running.faults.add("rotate_token", token="narrow-2", old="narrow")
    assert talk(running, "narrow").get("/crm/v3/owners").status_code == 401
    assert talk(running, "narrow-2").get("/crm/v3/owners").status_code == 200
    assert talk(running, "narrow-2").get(TICKETS).status_code == 403


def test_what_cannot_happen_does_not_and_the_request_goes_on(http, running) -> None:
    running.faults.add("archive_records", ids=["1", "no id"])
    running.faults.add("merge_records", primary="1", ids=["2"])
    running.faults.add("delete_property", name="nobody_defined_this")
    running.faults.add("rename_stage", pipeline="none", stage="1", label="X")
    running.faults.add("rotate_token", token="new", old="unknown")
    assert http.get(TICKETS).status_code == 200


def test_a_bulk_edit_of_what_may_not_be_written_does_nothing(http, running, portal, ids) -> None:
    before = portal.read("tickets", ids[0])
    running.faults.add("bulk_edit", properties={"hs_object_id": "1"})
    assert http.get(TICKETS).status_code == 200
    assert portal.read("tickets", ids[0]) == before
