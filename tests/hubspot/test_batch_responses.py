"""Answers that only a real portal gives now and then, replayed against tickets and tasks."""

from __future__ import annotations

import orjson
import pytest
import responses

from hubspot_sla.errors import OutcomeUnknown
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.tasks import NewTask
from hubspot_sla.plan.records import RecordRef

OBJECTS = "http://hubspot.test/crm/objects/2026-09"
AT = "2026-10-05T13:00:00Z"
AT_MS = 1_791_205_200_000


@pytest.fixture
def client(transport) -> Portal:
    return Portal(transport)


def row(id_: str, **more: object) -> dict[str, object]:
    return {"id": id_, "properties": {}, "createdAt": AT, "updatedAt": AT, "archived": False} | more


def asked(request) -> list[str]:
    return [item["id"] for item in orjson.loads(request.body)["inputs"]]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"updatedAt": "soon"}, "not an instant: 'soon'"),
        ({"updatedAt": None}, "'updatedAt' is missing"),
        ({"properties": {"subject": 7}}, "property 'subject' should be a string"),
        ({"properties": {"createdate": "never"}}, "not an instant: 'never'"),
        ({"propertiesWithHistory": {"x": [{"value": "1"}]}}, "'timestamp' is missing"),
        ({"id": None}, "'id' should be a string"),
    ],
)
def test_a_malformed_row_is_set_aside_with_its_reason(client, hubspot, broken: dict, reason: str) -> None:
    hubspot.get(f"{OBJECTS}/tickets", json={"results": [row("1"), row("2") | broken, row("3")]})
    page = client.of("tickets").list_page(None, [])
    assert [ticket.id for ticket in page.rows] == ["1", "3"]
    assert len(page.bad) == 1
    assert reason in page.bad[0].reason


def test_a_ticket_without_a_creation_date_is_no_malformed_row(client, hubspot) -> None:
    hubspot.get(f"{OBJECTS}/tickets", json={"results": [row("1", properties={"createdate": None})]})
    assert client.of("tickets").list_page(None, []).rows[0].created_at_ms is None


def test_history_is_newest_first_whatever_the_order_sent(client, hubspot) -> None:
    versions = [{"value": v, "timestamp": f"2026-10-05T13:00:0{v}Z", "sourceType": "API"} for v in "132"]
    hubspot.get(f"{OBJECTS}/tickets", json={"results": [row("1", propertiesWithHistory={"x": versions})]})
    history = client.of("tickets").list_page(None, [], ["x"]).rows[0].history
    assert [entry.value for entry in history["x"]] == ["3", "2", "1"]


def test_companies_beyond_the_first_page_count_as_not_asked(client, hubspot) -> None:
    companies = {"results": [{"id": "5", "type": "ticket_to_company"}], "paging": {"next": {"after": "6"}}}
    hubspot.get(f"{OBJECTS}/tickets", json={"results": [row("1", associations={"companies": companies})]})
    assert client.of("tickets").list_page(None, []).rows[0].company_ids is None


def test_a_bare_404_for_a_batch_is_split_until_the_missing_stand_alone(client, hubspot) -> None:
    def answer(request) -> tuple[int, dict[str, str], bytes]:
        ids = asked(request)
        if "7" in ids:
            return 404, {}, b'{"status":"error","message":"resource not found"}'
        return 200, {}, orjson.dumps({"results": [row(id_) for id_ in ids]})

    hubspot.add_callback(responses.POST, f"{OBJECTS}/tickets/batch/read", answer)
    read = client.of("tickets").read([str(number) for number in range(20)], [])
    assert read.missing_ids == ("7",)
    assert len(read.rows) == 19


def test_an_id_that_vanishes_from_an_update_is_missing(client, hubspot) -> None:
    hubspot.post(f"{OBJECTS}/tickets/batch/update", json={"status": "COMPLETE", "results": [row("1")]})
    written = client.of("tickets").update({"1": {"a": "b"}, "2": {"a": "b"}})
    assert (written.updated, written.missing) == ({"1": AT_MS}, ("2",))


def test_every_update_carries_its_own_trace(client, hubspot) -> None:
    hubspot.post(f"{OBJECTS}/tickets/batch/update", json={"results": []})
    client.of("tickets").update({"1": {"a": "b"}, "2": {"a": "b"}})
    inputs = orjson.loads(hubspot.calls[0].request.body)["inputs"]
    assert [item["objectWriteTraceId"] for item in inputs] == ["1", "2"]


def test_an_error_that_names_no_row_is_pinned_down_by_asking_again(client, hubspot) -> None:
    def answer(request) -> tuple[int, dict[str, str], bytes]:
        ids = asked(request)
        errors = [{"category": "VALIDATION_ERROR", "message": "no"}] if "3" in ids else []
        return 200, {}, orjson.dumps({"results": [row(i) for i in ids if i != "3" and len(ids) < 3], "errors": errors})

    hubspot.add_callback(responses.POST, f"{OBJECTS}/tickets/batch/update", answer)
    written = client.of("tickets").update({str(number): {"a": "b"} for number in range(5)})
    assert written.rejected == {"3": "no"}
    assert set(written.updated) == {"0", "1", "2", "4"}


TASK = NewTask("key-1", RecordRef("tickets", "1"), "late", "why", AT_MS, "3001", "HIGH")


def test_a_task_hubspot_says_nothing_of_is_looked_for_and_else_unknown(client, hubspot) -> None:
    hubspot.post(f"{OBJECTS}/tasks/batch/create", status=201, json={"status": "COMPLETE", "results": []})
    hubspot.post(
        "http://hubspot.test/crm/associations/2026-09/tickets/tasks/batch/read",
        json={"results": [{"from": {"id": "1"}, "to": [{"toObjectId": 90, "associationTypes": []}]}]},
    )
    hubspot.post(f"{OBJECTS}/tasks/batch/read", json={"results": [row("90", properties={"sla_task_key": "key-1"})]})
    created = client.tasks.create([TASK, NewTask("key-2", TASK.record, "late", "why", AT_MS, None, "LOW")])
    assert (created.created, created.unknown) == ({"key-1": "90"}, ("key-2",))
    assert client.transport.calls["batch_create"] == 1


def test_a_lost_answer_to_a_task_create_is_an_unknown_outcome(client, hubspot) -> None:
    hubspot.post(f"{OBJECTS}/tasks/batch/create", status=504, body="<html>")
    with pytest.raises(OutcomeUnknown):
        client.tasks.create([TASK])


def test_associations_are_paged_record_by_record(client, hubspot) -> None:
    def answer(request) -> tuple[int, dict[str, str], bytes]:
        after = orjson.loads(request.body)["inputs"][0].get("after")
        to = [{"toObjectId": 91 if after else 90, "associationTypes": []}]
        more = {} if after else {"paging": {"next": {"after": "90"}}}
        return 200, {}, orjson.dumps({"results": [{"from": {"id": "1"}, "to": to} | more]})

    url = "http://hubspot.test/crm/associations/2026-09/tickets/tasks/batch/read"
    hubspot.add_callback(responses.POST, url, answer)
    assert client.tasks.on_records("tickets", ["1"]) == {"1": ["90", "91"]}


def test_no_associations_is_empty_and_a_failure_is_absent(client, hubspot) -> None:
    def error(kind: str, id_: str) -> dict[str, object]:
        return {"subCategory": f"crm.associations.{kind}", "context": {"fromObjectId": [id_]}, "message": "..."}

    errors = [error("NO_ASSOCIATIONS_FOUND", "1"), error("FROM_OBJECT_NOT_FOUND", "2")]
    url = "http://hubspot.test/crm/associations/2026-09/tickets/companies/batch/read"
    hubspot.post(url, status=207, json={"results": [], "errors": errors, "numErrors": 2})
    assert client.customers.companies_of("tickets", ["1", "2"]) == {"1": ()}


def test_a_record_of_whose_associations_nothing_is_said_is_absent(client, hubspot) -> None:
    url = "http://hubspot.test/crm/associations/2026-09/tickets/companies/batch/read"
    to = [{"toObjectId": 90, "associationTypes": []}]
    hubspot.post(url, json={"results": [{"from": {"id": "1"}, "to": to}]})
    assert list(client.customers.companies_of("tickets", ["1", "2"])) == ["1"]
