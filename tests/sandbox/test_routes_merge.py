"""Two records become one, and what clients then see of the ids that went."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hubspot.crm.tickets import PublicMergeInput


@pytest.fixture
def pair(portal, now) -> tuple[str, str]:
    """A ticket of today, and one of yesterday that has a priority, a task and a company."""
    later = portal.create("tickets", {"subject": "Again", "hs_pipeline_stage": "1"}, at=now - timedelta(hours=1))
    earlier = portal.create(
        "tickets",
        {"subject": "First", "hs_pipeline_stage": "2", "hs_ticket_priority": "HIGH"},
        at=now - timedelta(days=1),
    )
    task = portal.create("tasks", {"hs_timestamp": now.isoformat(), "hs_task_subject": "Call"})
    portal.associate("tickets", earlier, "tasks", task)
    portal.associate("tickets", earlier, "companies", "5001", primary=True)
    return later, earlier


def _merged(client, pair):
    primary, other = pair
    return client.crm.tickets.basic_api.merge(PublicMergeInput(primary_object_id=primary, object_id_to_merge=other))


def test_the_survivor_has_a_new_id_and_the_primary_ones_values(client, portal, pair, now) -> None:
    survivor = _merged(client, pair)
    assert survivor.id not in pair
    values = portal.read("tickets", survivor.id)
    assert (values["subject"], values["hs_pipeline_stage"], values["hs_ticket_priority"]) == ("Again", "1", "HIGH")
    assert values["hs_merged_object_ids"] == ";".join(pair)
    assert (values["hs_object_id"], values["hs_ticket_id"]) == (survivor.id, survivor.id)
    assert survivor.created_at.timestamp() == (now - timedelta(days=1)).timestamp()
    assert [task["hs_task_subject"] for task in portal.tasks_of(survivor.id)] == ["Call"]
    assert [ticket.at_ms for ticket in portal.history("tickets", survivor.id, "subject")] == [
        int((now - timedelta(hours=1)).timestamp() * 1000)
    ]


def test_ids_that_went_vanish_from_batches_and_lists(client, http, portal, pair, objects_path) -> None:
    survivor = _merged(client, pair)
    asked = [{"id": record_id} for record_id in (*pair, survivor.id)]
    answer = http.post(f"{objects_path}/tickets/batch/read", {"inputs": asked})
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["results"]] == [survivor.id]
    assert "errors" not in answer.json()
    rows = [{"id": record_id, "properties": {"subject": "Silent"}} for record_id in (*pair, survivor.id)]
    written = http.post(f"{objects_path}/tickets/batch/update", {"inputs": rows})
    assert (written.status_code, [row["id"] for row in written.json()["results"]]) == (200, [survivor.id])
    assert not set(pair) & set(portal.ids("tickets"))
    assert http.get(f"{objects_path}/tickets", archived="true").json()["results"] == []


def test_an_old_id_asked_for_alone_answers_the_survivor(client, http, pair, objects_path) -> None:
    survivor = _merged(client, pair)
    for old in pair:
        assert http.get(f"{objects_path}/tickets/{old}").json()["id"] == survivor.id


def test_merging_again_follows_the_ids(client, http, portal, pair) -> None:
    first = _merged(client, pair)
    third = portal.create("tickets", {"subject": "Third", "hs_pipeline_stage": "1"})
    last = _merged(client, (third, first.id))
    assert portal.read("tickets", last.id)["hs_merged_object_ids"] == f"{third};{pair[0]};{pair[1]};{first.id}"
    assert http.get(f"/crm/v3/objects/tickets/{pair[0]}").json()["id"] == last.id


def test_an_account_in_the_beta_keeps_the_primary_id(client, portal, pair) -> None:
    portal.behaviour = replace(portal.behaviour, merges_keep_the_primary_id=True)
    survivor = _merged(client, pair)
    assert survivor.id == pair[0]
    assert survivor.properties["hs_merged_object_ids"] == pair[1]
    assert survivor.properties["hs_ticket_priority"] == "HIGH"
    assert portal.tasks_of(pair[0]) != []


def test_a_record_does_not_merge_with_itself_and_tasks_do_not_merge(http, portal, pair, now) -> None:
    itself = {"primaryObjectId": pair[0], "objectIdToMerge": pair[0]}
    assert http.post("/crm/v3/objects/tickets/merge", itself).status_code == 400
    assert http.post("/crm/v3/objects/tickets/merge", {**itself, "objectIdToMerge": "7"}).status_code == 404
    tasks = [portal.create("tasks", {"hs_timestamp": now.isoformat()}) for _ in range(2)]
    body = {"primaryObjectId": tasks[0], "objectIdToMerge": tasks[1]}
    assert http.post("/crm/v3/objects/tasks/merge", body).status_code == 400


def test_a_companys_tickets_move_with_it(http, portal, pair) -> None:
    body = {"primaryObjectId": 5002, "objectIdToMerge": "5001"}
    survivor = http.post("/crm/objects/2026-09/companies/merge", body).json()["id"]
    links = http.get(f"/crm/v4/objects/tickets/{pair[1]}/associations/companies").json()["results"]
    assert [str(link["toObjectId"]) for link in links] == [survivor]
    assert {link["typeId"] for link in links[0]["associationTypes"]} == {26, 339}
