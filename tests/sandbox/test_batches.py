"""Batches: what comes back, in which order, and the two ways to fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hubspot.crm.objects.tasks import BatchInputSimplePublicObjectBatchInputForCreate
from hubspot.crm.tickets import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
)

from sandbox.first_ids import TICKET_IDS

IDS = TICKET_IDS[:10]


def _inputs(ids):
    return [{"id": record_id} for record_id in ids]


def test_the_sdk_reads_a_batch_with_history(client) -> None:
    answer = client.crm.tickets.batch_api.read(
        BatchReadInputSimplePublicObjectId(
            inputs=_inputs(IDS), properties=["subject"], properties_with_history=["hs_pipeline_stage"]
        )
    )
    assert answer.status == "COMPLETE"
    assert {row.id for row in answer.results} == set(IDS)
    assert all(row.properties_with_history["hs_pipeline_stage"] for row in answer.results)


def test_a_batch_answer_is_not_in_the_order_of_its_inputs_but_always_the_same(http, objects_path) -> None:
    first, second = (http.post(f"{objects_path}/tickets/batch/read", {"inputs": _inputs(IDS)}).json() for _ in range(2))
    order = [row["id"] for row in first["results"]]
    assert order != IDS
    assert sorted(order) == IDS
    assert order == [row["id"] for row in second["results"]]
    assert "numErrors" not in first


def _partly(objects_path: str) -> int:
    """The status of a batch of which rows failed: the 2026-09 edition declares no 207."""
    return 200 if objects_path.endswith("2026-09") else 207


def test_ids_nobody_has_share_one_entry_of_a_207(http, objects_path) -> None:
    answer = http.post(f"{objects_path}/tickets/batch/read", {"inputs": _inputs([IDS[0], "998", "999"])})
    assert answer.status_code == _partly(objects_path)
    body = answer.json()
    assert [row["id"] for row in body["results"]] == [IDS[0]]
    assert body["numErrors"] == 1
    assert body["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert body["errors"][0]["message"].startswith("Could not get some TICKET objects")
    assert body["errors"][0]["context"] == {"ids": ["998", "999"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"inputs": []}, "at least one object"),
        ({"inputs": _inputs(map(str, range(101)))}, "in a batch is 100"),
        ({"inputs": _inputs(map(str, range(51))), "propertiesWithHistory": ["subject"]}, "histories is 50"),
        ({}, "required attributes are not set [inputs]"),
    ],
)
def test_a_batch_of_a_wrong_size_is_refused(http, objects_path, body, message) -> None:
    answer = http.post(f"{objects_path}/tickets/batch/read", body)
    assert answer.status_code == 400
    assert message in answer.json()["message"]


def test_the_sdk_updates_a_batch(client, portal) -> None:
    answer = client.crm.tickets.batch_api.update(
        BatchInputSimplePublicObjectBatchInput(
            inputs=[{"id": record_id, "properties": {"hs_ticket_priority": "URGENT"}} for record_id in IDS]
        )
    )
    assert {row.id for row in answer.results} == set(IDS)
    assert {portal.read("tickets", record_id)["hs_ticket_priority"] for record_id in IDS} == {"URGENT"}


def _poisoned(*, traced: bool):
    rows = [{"id": record_id, "properties": {"subject": f"New {record_id}"}} for record_id in IDS[:4]]
    rows[1]["properties"]["hs_ticket_priority"] = "MAXIMAL"
    rows[2]["id"] = "999"
    if traced:
        rows = [{**row, "objectWriteTraceId": f"trace-{at}"} for at, row in enumerate(rows)]
    return {"inputs": rows}


def test_one_bad_row_without_trace_ids_refuses_the_whole_batch(http, portal, objects_path) -> None:
    before = [portal.read("tickets", record_id) for record_id in IDS]
    answer = http.post(f"{objects_path}/tickets/batch/update", _poisoned(traced=False))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "INVALID_OPTION"
    assert [portal.read("tickets", record_id) for record_id in IDS] == before


def test_with_trace_ids_only_the_bad_rows_fail(http, portal, objects_path) -> None:
    answer = http.post(f"{objects_path}/tickets/batch/update", _poisoned(traced=True))
    assert answer.status_code == _partly(objects_path)
    body = answer.json()
    assert {row["id"] for row in body["results"]} == {IDS[0], IDS[3]}
    invalid, missing = body["errors"]
    assert invalid["category"] == "VALIDATION_ERROR"
    assert invalid["context"] == {"objectWriteTraceId": ["trace-1"]}
    assert missing["context"] == {"ids": ["999"], "objectWriteTraceId": ["trace-2"]}
    assert body["numErrors"] == 2
    assert portal.read("tickets", IDS[0])["subject"] == f"New {IDS[0]}"


def test_the_switch_makes_a_traced_batch_fail_whole(http, portal) -> None:
    portal.behaviour = replace(portal.behaviour, traced_updates_fail_by_row=False)
    answer = http.post("/crm/v3/objects/tickets/batch/update", _poisoned(traced=True))
    assert answer.status_code == 400


def test_trace_ids_that_repeat_do_not_count(http) -> None:
    body = _poisoned(traced=True)
    for row in body["inputs"]:
        row["objectWriteTraceId"] = "same"
    assert http.post("/crm/v3/objects/tickets/batch/update", body).status_code == 400


def test_the_same_id_twice_refuses_the_batch(http, objects_path) -> None:
    rows = [{"id": IDS[0], "properties": {"subject": "a"}}] * 2
    answer = http.post(f"{objects_path}/tickets/batch/update", {"inputs": rows})
    assert answer.status_code == 400
    assert answer.json()["message"] == f"Duplicate IDs found in batch input: [{IDS[0]}]. IDs must be unique"


def test_an_id_property_that_is_not_unique_is_refused(http) -> None:
    rows = [{"id": IDS[0], "idProperty": "hs_object_id", "properties": {"subject": "a"}}]
    answer = http.post("/crm/v3/objects/tickets/batch/update", {"inputs": rows})
    assert answer.status_code == 400
    assert "by non-unique 0-5 property hs_object_id" in answer.json()["message"]


def _task(ticket_id: str, type_id: int = 230):
    return {
        "properties": {"hs_timestamp": "2026-11-23T12:00:00Z", "hs_task_subject": f"Late: {ticket_id}"},
        "associations": [
            {
                "to": {"id": ticket_id},
                "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}],
            }
        ],
    }


def test_the_sdk_creates_tasks_on_their_tickets(client, portal) -> None:
    answer = client.crm.objects.tasks.batch_api.create(
        BatchInputSimplePublicObjectBatchInputForCreate(inputs=[_task(record_id) for record_id in IDS[:3]])
    )
    assert len(answer.results) == 3
    assert [task["hs_task_subject"] for task in portal.tasks_of(IDS[1])] == [f"Late: {IDS[1]}"]
    assert portal.tasks_of(IDS[5]) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (_task("999"), "One or more associations are invalid"),
        (_task(IDS[0], type_id=229), "invalid from object type 0-27 for associations to be created. expected: 0-5"),
        (_task(IDS[0], type_id=424_242), "Association type 424242 does not exist"),
        ({"properties": {"hs_task_subject": "No due date"}}, "required properties were not set"),
    ],
)
def test_creation_is_all_or_nothing_without_trace_ids_and_by_row_with_them(http, portal, row, message) -> None:
    path = "/crm/objects/2026-03/tasks/batch/create"
    whole = http.post(path, {"inputs": [_task(IDS[0]), row]})
    assert whole.status_code == 400
    assert message in whole.json()["message"]
    assert portal.ids("tasks") == []
    rows = [{**each, "objectWriteTraceId": trace} for each, trace in ((_task(IDS[0]), "good"), (row, "bad"))]
    parted = http.post(path, {"inputs": rows})
    assert parted.status_code == 207
    assert [row["objectWriteTraceId"] for row in parted.json()["results"]] == ["good"]
    assert parted.json()["errors"][0]["context"]["objectWriteTraceId"] == ["bad"]
    assert len(portal.ids("tasks")) == 1


def test_a_batch_is_archived_without_a_word(client, portal) -> None:
    client.crm.tickets.batch_api.archive(BatchInputSimplePublicObjectId(inputs=_inputs([*IDS[:2], "999"])))
    assert not {*IDS[:2]} & {*portal.ids("tickets")}
    with pytest.raises(ApiException):
        client.crm.tickets.basic_api.get_by_id(IDS[0])
