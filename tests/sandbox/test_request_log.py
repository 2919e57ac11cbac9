"""What a checker can ask after a run: calls, 429s, kept writes, tasks made twice, lost writes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from hubspot_sandbox.limits import Limits
from hubspot_sandbox.server import serve

TICKET = "28100001"
ON_A_TICKET = [{"to": {"id": TICKET}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 230}]}]


def _task(http, subject="Call them", **more):
    body = {
        "properties": {"hs_timestamp": "2026-11-24T09:00:00Z", "hs_task_subject": subject, **more},
        "associations": ON_A_TICKET,
    }
    return http.post("/crm/v3/objects/tasks", body).json()["id"]


def test_a_request_is_remembered_with_its_time_and_answer(running, http) -> None:
    running.advance(timedelta(hours=1))
    answer = http.get("/crm/v3/objects/tickets", limit=2, archived="false")
    (request,) = running.log.requests()
    assert (request.kind, request.method, request.path, request.query) == (
        "list",
        "GET",
        "/crm/v3/objects/tickets",
        "limit=2&archived=false",
    )
    assert (request.token, request.status, request.bytes) == ("e-up", 200, len(answer.content))
    assert request.at_ms == running.clock.now_ms()
    assert request.took_us > 0


def test_every_write_that_is_kept_is_told_with_the_request_that_made_it(running, http) -> None:
    task = _task(http)
    http.send("PATCH", f"/crm/v3/objects/tickets/{TICKET}", json={"properties": {"subject": "New"}})
    http.send("PATCH", f"/crm/v3/objects/tickets/{TICKET}", json={"properties": {"never_defined": "1"}})
    http.send("DELETE", f"/crm/v3/objects/tasks/{task}")
    writes = [(write.type, str(write.record_id), write.action, write.request) for write in running.log.writes()]
    assert writes == [
        ("tasks", task, "create", 1),
        ("tasks", task, "associate", 1),
        ("tickets", TICKET, "update", 2),
        ("tasks", task, "archive", 4),
    ]
    (update,) = running.log.writes("ticket", TICKET)
    assert update.properties == {"subject": "New"}
    assert [request.action for request in running.log.written_by(running.log.requests()[0])] == ["create", "associate"]


def test_what_was_arranged_without_a_request_is_not_in_it(running, portal) -> None:
    portal.update("tickets", TICKET, {"subject": "By hand"})
    assert running.log.writes() == []


def test_a_move_to_a_stage_tells_what_was_asked_and_not_what_was_calculated(running, http) -> None:
    http.send("PATCH", f"/crm/v3/objects/tickets/{TICKET}", json={"properties": {"hs_pipeline_stage": "2"}})
    written = running.log.writes()
    assert all("hs_is_closed" not in write.properties for write in written)


def test_refusals_are_counted_by_policy(portal, talk) -> None:
    with serve(portal, token="t", limits=Limits(burst=2, searches=1)) as running:
        http = talk(running, "t")
        for _ in range(4):
            http.get("/crm/v3/objects/tickets/1")
        for _ in range(3):
            http.post("/crm/v3/objects/tickets/search", {})
        refused = running.log.refused()
        assert refused["TEN_SECONDLY_ROLLING"] == 2
        assert sum(refused.values()) == 4
        assert len(running.log.requests(status=429)) == 4
        assert len(running.log.requests(kind="search")) == 3


def test_tasks_made_twice_on_one_ticket_are_found(running, http) -> None:
    first, other, third = _task(http), _task(http), _task(http, "Something else")
    (duplicates,) = running.log.duplicate_tasks()
    assert (duplicates.ticket_id, duplicates.value, set(duplicates.task_ids)) == (TICKET, "Call them", {first, other})
    assert third not in duplicates.task_ids
    http.send("DELETE", f"/crm/v3/objects/tasks/{other}")
    assert running.log.duplicate_tasks() == []


def test_a_value_that_somebody_else_overwrites_is_a_lost_write(running, http, portal) -> None:
    path = f"/crm/v3/objects/tickets/{TICKET}"
    http.send("PATCH", path, json={"properties": {"subject": "First", "content": "Mine"}})
    http.send("PATCH", path, json={"properties": {"subject": "Mine"}})
    assert running.log.lost_writes() == []
    portal.update("tickets", TICKET, {"subject": "Theirs"})
    (lost,) = running.log.lost_writes()
    assert (lost.record_id, lost.name, lost.wrote, lost.actual, lost.request) == (
        TICKET,
        "subject",
        "Mine",
        "Theirs",
        2,
    )


def test_another_process_reads_the_same(running, http) -> None:
    _task(http)
    _task(http)
    body = requests.get(f"{running.url}/sandbox/log", timeout=5).json()
    assert body["total"] == 2
    assert body["kinds"] == {"create": {"201": 2}}
    assert body["writes"] == {"tasks": {"associate": 2, "create": 2}}
    assert (body["duplicate_tasks"], body["lost_writes"], body["unanswered_writes"]) == (1, 0, 0)
    assert [request["number"] for request in body["requests"]] == [2, 1]
    assert body["written"][0]["action"] == "create"
    later = requests.get(f"{running.url}/sandbox/log", params={"after": body["written"][-1]["number"]}, timeout=5)
    assert later.json()["written"] == []


@pytest.mark.parametrize("query", ["limit=x", "after=-"])
def test_a_page_of_the_log_that_makes_no_sense_is_refused(running, query) -> None:
    assert requests.get(f"{running.url}/sandbox/log?{query}", timeout=5).status_code == 400


def test_a_portal_that_is_served_again_begins_a_new_log(portal, talk) -> None:
    for _ in range(2):
        with serve(portal, token="t") as running:
            talk(running, "t").get("/crm/v3/objects/tickets/1")
            assert len(running.requests) == 1
