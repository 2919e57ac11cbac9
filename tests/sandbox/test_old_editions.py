"""The first and second editions that clients still call: engagements, companies and definitions."""

from __future__ import annotations

from datetime import timedelta

import pytest

ENGAGEMENTS = "/engagements/v1/engagements"


@pytest.fixture
def ticket(portal) -> str:
    return portal.create("tickets", {"subject": "One", "hs_pipeline_stage": "1"})


def _task(ticket: str, **head: object) -> dict[str, object]:
    return {
        "engagement": {"active": True, "type": "TASK", "ownerId": 3001, "timestamp": 1_795_500_000_000, **head},
        "associations": {"contactIds": [7001], "ownerIds": [], "dealIds": [], "ticketIds": [int(ticket)]},
        "metadata": {"subject": "Ring", "body": "<p>b</p>", "status": "NOT_STARTED", "forObjectType": "TICKET"},
    }


def test_an_engagement_of_the_first_edition_is_an_object_of_the_later_ones(http, portal, ticket) -> None:
    made = http.post(ENGAGEMENTS, _task(ticket))
    assert made.status_code == 200
    body = made.json()
    (task,) = portal.tasks_of(ticket)
    assert task["hs_task_subject"] == "Ring"
    assert task["hubspot_owner_id"] == "3001"
    assert body["engagement"]["id"] == int(task["hs_object_id"])
    assert body["engagement"]["timestamp"] == 1_795_500_000_000
    assert body["associations"]["ticketIds"] == [int(ticket)]
    assert body["associations"]["contactIds"] == [7001]
    assert http.get(f"{ENGAGEMENTS}/{body['engagement']['id']}").json() == body


def test_an_engagement_keeps_what_a_change_does_not_name(http, ticket) -> None:
    made = http.post(ENGAGEMENTS, _task(ticket)).json()["engagement"]["id"]
    body = {"metadata": {"status": "COMPLETED"}, "associations": {"contactIds": [7002], "ticketIds": []}}
    changed = http.send("PATCH", f"{ENGAGEMENTS}/{made}", json=body).json()
    assert changed["metadata"] == {"subject": "Ring", "body": "<p>b</p>", "status": "COMPLETED"}
    assert changed["associations"]["contactIds"] == [7001, 7002]
    assert changed["associations"]["ticketIds"] == [int(ticket)]
    assert changed["engagement"]["ownerId"] == 3001


def test_an_engagement_with_an_end_that_is_not_there_is_refused_whole(http, portal, ticket) -> None:
    for broken in ({"ticketIds": [1]}, {"contactIds": [7001], "companyIds": [1]}):
        assert http.post(ENGAGEMENTS, _task(ticket) | {"associations": broken}).status_code == 400
    assert portal.ids("tasks") == []
    made = http.post(ENGAGEMENTS, _task(ticket)).json()["engagement"]["id"]
    change = {"metadata": {"status": "COMPLETED"}, "associations": {"ticketIds": [1]}}
    assert http.send("PATCH", f"{ENGAGEMENTS}/{made}", json=change).status_code == 400
    assert portal.tasks_of(ticket)[0]["hs_task_status"] == "NOT_STARTED"


def test_engagements_are_paged_by_offset_through_all_kinds(http, portal) -> None:
    when = {"hs_timestamp": "2026-11-23T08:00:00Z"}
    made = [int(portal.create(kind, when)) for kind in ("tasks", "notes", "calls", "emails", "meetings")]
    paged_ids, offset = [], 0
    while True:
        page = http.get(f"{ENGAGEMENTS}/paged", limit=2, offset=offset).json()
        paged_ids += [row["engagement"]["id"] for row in page["results"]]
        if not page["hasMore"]:
            break
        offset = page["offset"]
    assert paged_ids == sorted(made)


def test_recent_engagements_are_the_latest_first_with_a_total(http, portal, running) -> None:
    when = {"hs_timestamp": "2026-11-23T08:00:00Z"}
    note, task, call = (int(portal.create(kind, when)) for kind in ("notes", "tasks", "calls"))
    running.advance(timedelta(days=1))
    portal.update("notes", note, {"hs_note_body": "b"})
    page = http.get(f"{ENGAGEMENTS}/recent/modified", count=2).json()
    assert [row["engagement"]["id"] for row in page["results"]] == [note, task]
    assert (page["total"], page["hasMore"], page["offset"]) == (3, True, 2)
    rest = http.get(f"{ENGAGEMENTS}/recent/modified", count=2, offset=2).json()
    assert [row["engagement"]["id"] for row in rest["results"]] == [call]
    since = page["results"][0]["engagement"]["lastUpdated"]
    assert http.get(f"{ENGAGEMENTS}/recent/modified", since=since).json()["total"] == 1
    running.advance(timedelta(days=29, hours=12))
    assert http.get(f"{ENGAGEMENTS}/recent/modified", since=0).json()["total"] == 1


def test_engagements_that_are_not_there_are_told_in_json(http) -> None:
    assert http.get(f"{ENGAGEMENTS}/1").status_code == 404
    assert http.get(f"{ENGAGEMENTS}/x").json()["category"] == "OBJECT_NOT_FOUND"
    assert http.post(ENGAGEMENTS, {"engagement": {"type": "PUBLISHING_TASK"}}).status_code == 400


def test_companies_of_the_second_edition_are_paged_with_millisecond_versions(http, portal) -> None:
    portal.update("companies", "5001", {"name": "Renamed"})
    page = http.get("/companies/v2/companies/paged", limit=1, properties=["name", "createdate", "nope"]).json()
    company = page["companies"][0]
    assert (company["companyId"], sorted(company["properties"])) == (5001, ["createdate", "name"])
    name = company["properties"]["name"]
    assert name["value"] == "Renamed"
    assert isinstance(name["timestamp"], int)
    assert len(name["versions"]) == 2
    assert page["has-more"] is True
    following = http.get("/companies/v2/companies/paged", limit=250, offset=page["offset"]).json()
    assert following["has-more"] is False
    assert [company["companyId"] for company in following["companies"]] == [
        int(company) for company in portal.ids("companies")
    ][1:]
    whole = http.get("/companies/v2/companies/5001").json()["properties"]
    assert {"name", "createdate", "hs_lastmodifieddate"} <= set(whole)


def test_old_definitions_are_a_bare_array(http) -> None:
    for path, name in (("/companies/v2/properties", "domain"), ("/properties/v1/deals/properties", "dealname")):
        assert name in [definition["name"] for definition in http.get(path).json()]
