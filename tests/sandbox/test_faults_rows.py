"""Single rows: poison, an admin's rules, and rows that vanish from an answer."""

from __future__ import annotations

import pytest

V3, SEPTEMBER = "/crm/v3/objects/tickets", "/crm/objects/2026-09/tickets"


@pytest.fixture
def ids(portal) -> list[str]:
    """Three tickets."""
    return portal.ids("tickets")[:3]


def _update(ids: list[str], *, traced: bool, **properties: str) -> dict[str, object]:
    rows = [{"id": record_id, "properties": {"subject": f"new {record_id}"} | properties} for record_id in ids]
    return {"inputs": [row | {"objectWriteTraceId": f"t{row['id']}"} if traced else row for row in rows]}


def _subjects(portal, ids: list[str]) -> list[bool]:
    return [portal.read("tickets", record_id)["subject"] == f"new {record_id}" for record_id in ids]


def test_a_poison_row_refuses_an_untraced_batch_whole(http, running, portal, ids) -> None:
    running.faults.add("poison_rows", ids=[ids[1]])
    answer = http.post(f"{V3}/batch/update", _update(ids, traced=False))
    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"
    assert _subjects(portal, ids) == [False, False, False]


def test_where_rows_are_traced_a_poison_row_fails_alone(http, running, portal, ids) -> None:
    running.faults.add("poison_rows", ids=[ids[1]])
    answer = http.post(f"{V3}/batch/update", _update(ids, traced=True))
    assert answer.status_code == 207
    assert {row["id"] for row in answer.json()["results"]} == {ids[0], ids[2]}
    assert answer.json()["numErrors"] == 1
    assert answer.json()["errors"][0]["context"] == {"objectWriteTraceId": [f"t{ids[1]}"]}
    assert _subjects(portal, ids) == [True, False, True]


def test_a_batch_of_poison_rows_only_has_errors_only(http, running, ids) -> None:
    running.faults.add("poison_rows", ids=ids)
    answer = http.post(f"{V3}/batch/update", _update(ids, traced=True)).json()
    assert answer["results"] == []
    assert answer["numErrors"] == 3


def test_poison_may_kill_the_request_whatever_is_traced(http, running, portal, ids) -> None:
    running.faults.add("poison_rows", ids=[ids[1]], fails="request", status=500)
    assert http.post(f"{V3}/batch/update", _update(ids, traced=True)).status_code == 500
    assert _subjects(portal, ids) == [False, False, False]
    assert http.post(f"{V3}/batch/update", _update([ids[0], ids[2]], traced=True)).status_code == 200


def test_poison_may_be_a_value(http, running, ids) -> None:
    running.faults.add("poison_rows", property="hs_ticket_priority", value="URGENT", message="Not that one.")
    for value, status in (("HIGH", 200), ("URGENT", 400)):
        answer = http.send("PATCH", f"{V3}/{ids[0]}", json={"properties": {"hs_ticket_priority": value}})
        assert answer.status_code == status
    assert answer.json()["message"] == "Not that one."


def test_poison_spoils_reads_and_pages_that_hold_it(http, running, ids) -> None:
    running.faults.add("poison_rows", ids=[ids[1]], status=500)
    assert http.get(V3, limit=1).status_code == 200
    assert http.get(V3, limit=2).status_code == 500
    assert http.get(f"{V3}/{ids[0]}").status_code == 200
    assert http.get(f"{V3}/{ids[1]}").status_code == 500
    assert http.post(f"{V3}/search", {"limit": 200}).status_code == 500
    assert http.post(f"{V3}/batch/read", {"inputs": [{"id": record_id} for record_id in ids]}).status_code == 500


@pytest.fixture
def rule(running, portal, ids) -> None:
    """Tickets of high priority must have a category; the first of them lacks it."""
    portal.update("tickets", ids[0], {"hs_ticket_priority": "HIGH", "hs_ticket_category": ""})
    portal.update("tickets", ids[1], {"hs_ticket_priority": "HIGH", "hs_ticket_category": "BILLING_ISSUE"})
    portal.update("tickets", ids[2], {"hs_ticket_priority": "LOW", "hs_ticket_category": ""})
    running.faults.add("admin_rule", when={"hs_ticket_priority": "HIGH"}, requires=["hs_ticket_category"])


@pytest.mark.usefixtures("rule")
def test_an_admins_rule_refuses_writes_of_other_properties_from_september_on(http, ids) -> None:
    body = {"properties": {"subject": "ours"}}
    refused = http.send("PATCH", f"{SEPTEMBER}/{ids[0]}", json=body)
    assert refused.status_code == 400
    assert refused.json()["category"] == "VALIDATION_ERROR"
    assert "message" not in refused.json()
    assert refused.json()["errors"] == [
        {
            "message": "hs_ticket_category is required because of a conditional property rule based on "
            "[hs_ticket_priority]",
            "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
            "context": {"propertyName": ["hs_ticket_category"]},
        }
    ]
    assert http.send("PATCH", f"{SEPTEMBER}/{ids[1]}", json=body).status_code == 200
    assert http.send("PATCH", f"{SEPTEMBER}/{ids[2]}", json=body).status_code == 200
    assert http.send("PATCH", f"{V3}/{ids[0]}", json=body).status_code == 200
    assert http.send("PATCH", f"/crm/objects/2026-03/tickets/{ids[0]}", json=body).status_code == 200


@pytest.mark.usefixtures("rule")
def test_an_admins_rule_is_content_when_the_write_brings_what_was_missing(http, ids) -> None:
    body = {"properties": {"subject": "ours", "hs_ticket_category": "BILLING_ISSUE"}}
    assert http.send("PATCH", f"{SEPTEMBER}/{ids[0]}", json=body).status_code == 200


@pytest.mark.usefixtures("rule")
def test_an_admins_rule_looks_at_what_the_write_makes_of_the_record(http, ids) -> None:
    body = {"properties": {"hs_ticket_priority": "HIGH"}}
    assert http.send("PATCH", f"{SEPTEMBER}/{ids[2]}", json=body).status_code == 400


@pytest.mark.usefixtures("rule")
def test_an_admins_rule_in_batches_fails_whole_or_by_row(http, portal, ids) -> None:
    assert http.post(f"{SEPTEMBER}/batch/update", _update(ids, traced=False)).status_code == 400
    assert _subjects(portal, ids) == [False, False, False]
    answer = http.post(f"{SEPTEMBER}/batch/update", _update(ids, traced=True)).json()
    assert {row["id"] for row in answer["results"]} == {ids[1], ids[2]}
    (error,) = answer["errors"]
    assert "message" not in error
    assert error["context"] == {"objectWriteTraceId": [f"t{ids[0]}"]}
    assert [detail["code"] for detail in error["errors"]] == ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"]
    assert _subjects(portal, ids) == [False, True, True]


@pytest.mark.usefixtures("rule")
def test_an_admins_rule_leaves_reads_and_other_types_alone(http, ids) -> None:
    assert http.post(f"{SEPTEMBER}/batch/read", {"inputs": [{"id": record_id} for record_id in ids]}).status_code == 200
    task = {"properties": {"hs_timestamp": "2026-11-23T09:00:00Z", "hs_task_priority": "HIGH"}}
    assert http.post("/crm/objects/2026-09/tasks", task).status_code == 201


def test_a_rule_without_a_condition_holds_for_new_records(http, running, portal, ids) -> None:
    running.faults.add("admin_rule", object_type="tasks", requires=["hs_task_subject"])
    task = {"hs_timestamp": "2026-11-23T09:00:00Z"}
    refused = http.post("/crm/objects/2026-09/tasks", {"properties": task})
    assert refused.json()["message"] == "The property values provided are invalid"
    assert refused.json()["errors"][0]["code"] == "MISSING_REQUIRED_PROPERTY"
    assert refused.json()["errors"][0]["message"] == "A value for hs_task_subject must be provided"
    assert http.post("/crm/objects/2026-03/tasks", {"properties": task}).status_code == 201
    made = http.post("/crm/objects/2026-09/tasks", {"properties": task | {"hs_task_subject": "Call"}})
    assert made.status_code == 201
    path = f"/crm/objects/2026-09/tasks/{made.json()['id']}"
    assert http.send("PATCH", path, json={"properties": {"hs_task_subject": ""}}).status_code == 200


def test_a_user_who_may_not_edit_associations_is_a_400_for_oauth_only(http, running, ids, talk) -> None:
    running.faults.add("edit_associations_denied")
    app = running.access.apps.installed[0]
    token = running.access.issue(app, running.clock.now_ms())
    link = {"to": {"id": ids[0]}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 230}]}
    task = {"properties": {"hs_timestamp": "2026-11-23T09:00:00Z"}, "associations": [link]}
    refused = talk(running, token).post("/crm/objects/2026-09/tasks", task)
    assert (refused.status_code, refused.json()["message"]) == (400, "Missing 'Edit Associations' permission.")
    assert talk(running, token).post("/crm/objects/2026-03/tasks", task).status_code == 201
    assert http.post("/crm/objects/2026-09/tasks", task).status_code == 201


@pytest.mark.parametrize("written", [True, False])
def test_rows_vanish_from_a_batch_answer_without_an_error(http, running, portal, ids, written) -> None:
    running.faults.add("vanishing_rows", ids=[ids[1]], written=written)
    answer = http.post(f"{V3}/batch/update", _update(ids, traced=True))
    assert answer.status_code == 200
    assert {row["id"] for row in answer.json()["results"]} == {ids[0], ids[2]}
    assert "errors" not in answer.json()
    assert _subjects(portal, ids) == [True, written, True]


def test_rows_vanish_by_chance_from_reads(http, running, portal) -> None:
    running.faults.add("vanishing_rows", share=0.5, seed=2)
    body = {"inputs": [{"id": ticket} for ticket in portal.ids("tickets")]}
    sizes = [len(http.post(f"{V3}/batch/read", body).json()["results"]) for _ in range(3)]
    assert all(5 <= size <= 25 for size in sizes)
    assert len(set(sizes)) > 1


def test_an_answer_may_be_empty_though_all_went_well(http, running, portal, ids) -> None:
    running.faults.add("vanishing_rows", share=1)
    answer = http.post(f"{V3}/batch/update", _update(ids, traced=False))
    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert "errors" not in answer.json()
    assert _subjects(portal, ids) == [True, True, True]


def test_new_records_may_vanish_from_the_answer(http, running, portal) -> None:
    running.faults.add("vanishing_rows", share=1, route="batch_create")
    tasks = {"inputs": [{"properties": {"hs_timestamp": "2026-11-23T09:00:00Z"}}] * 2}
    before = len(portal.ids("tasks"))
    assert http.post("/crm/v3/objects/tasks/batch/create", tasks).json()["results"] == []
    assert len(portal.ids("tasks")) == before + 2
