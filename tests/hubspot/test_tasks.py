from __future__ import annotations

import pytest

from hubspot_sla.hubspot.tasks import NewTask
from hubspot_sla.plan.records import RecordRef

DUE_MS = 1_791_205_200_000


@pytest.fixture
def marked(portal, sandbox) -> None:
    """The marker property exists on tasks."""
    definition = {"name": "sla_task_key", "label": "SLA task key", "type": "string", "fieldType": "text"}
    groups = portal.schema.groups("tasks")
    portal.schema.create_properties("tasks", [definition | {"groupName": next(iter(groups))}])
    portal.transport.calls.clear()


def task(key: str, ticket_id: str, owner_id: str | None = "3001") -> NewTask:
    return NewTask(key, RecordRef("tickets", ticket_id), f"late {key}", "because", DUE_MS, owner_id, "HIGH")


@pytest.mark.usefixtures("marked")
def test_tasks_are_made_with_their_ticket_in_one_call(portal, sandbox) -> None:
    first, second, *_ = sandbox.portal.ids("tickets")
    created = portal.tasks.create([task("k1", first), task("k2", second, None)])
    assert set(created.created) == {"k1", "k2"}
    assert (created.rejected, created.unknown) == ({}, ())
    assert portal.transport.calls == {"batch_create": 1}
    (made,) = sandbox.portal.tasks_of(first)
    assert made["hs_task_subject"] == "late k1"
    assert made["hs_timestamp"] == "2026-10-05T13:00:00Z"
    assert made["hubspot_owner_id"] == "3001"
    assert made["hs_task_status"] == "NOT_STARTED"
    assert "hubspot_owner_id" not in sandbox.portal.tasks_of(second)[0]


@pytest.mark.usefixtures("marked")
def test_tasks_are_found_again_by_their_marker(portal, sandbox) -> None:
    first, second, *_ = sandbox.portal.ids("tickets")
    created = portal.tasks.create([task("k1", first), task("k2", first), task("k3", second)])
    assert portal.tasks.find_markers("tickets", [first, second]).ids == created.created
    assert portal.tasks.find_markers("tickets", [second]).ids == {"k3": created.created["k3"]}
    by_ticket = portal.tasks.on_records("tickets", [first, second])
    assert sorted(by_ticket[first]) == sorted([created.created["k1"], created.created["k2"]])


@pytest.mark.usefixtures("marked")
def test_a_ticket_without_tasks_has_an_empty_list(portal, sandbox) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    assert portal.tasks.on_records("tickets", [id_]) == {id_: []}
    assert portal.tasks.find_markers("tickets", [id_]).ids == {}


@pytest.mark.usefixtures("marked")
def test_a_task_for_a_ticket_that_is_gone_is_rejected_alone(portal, sandbox) -> None:
    ticket = sandbox.portal.ids("tickets")[0]
    created = portal.tasks.create([task("k1", ticket), task("k2", "999")])
    assert set(created.created) == {"k1"}
    assert set(created.rejected) == {"k2"}
    assert len(sandbox.portal.tasks_of(ticket)) == 1


def test_a_task_that_a_unique_marker_keeps_from_being_made_twice_is_the_one_that_is_there(portal, sandbox) -> None:
    definition = {"name": "sla_task_key", "label": "SLA task key", "type": "string", "fieldType": "text"}
    groups = portal.schema.groups("tasks")
    unique = definition | {"groupName": next(iter(groups)), "hasUniqueValue": True}
    portal.schema.create_properties("tasks", [unique])
    first, second, *_ = sandbox.portal.ids("tickets")
    there = portal.tasks.create([task("k1", first)])
    again = portal.tasks.create([task("k1", first), task("k2", second)])
    assert again.created["k1"] == there.created["k1"]
    assert (set(again.created), again.rejected, again.unknown) == ({"k1", "k2"}, {}, ())
    assert len(sandbox.portal.ids("tasks")) == 2


@pytest.mark.usefixtures("marked")
def test_tasks_are_read_with_what_was_asked_for(portal, sandbox) -> None:
    created = portal.tasks.create([task("k1", sandbox.portal.ids("tickets")[0])])
    (read,) = portal.tasks.read(created.created.values(), ["hs_task_subject", "sla_task_key"])
    assert read.properties["hs_task_subject"] == "late k1"
    assert read.properties["sla_task_key"] == "k1"


@pytest.mark.usefixtures("marked")
def test_tasks_are_completed_once_and_for_all(portal, sandbox) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    created = portal.tasks.create([task("k1", id_), task("k2", id_)]).created
    for _ in range(2):
        written = portal.tasks.complete(created.values())
        assert (set(written.updated), written.rejected, written.missing) == (set(created.values()), {}, ())
    assert {made["hs_task_status"] for made in sandbox.portal.tasks_of(id_)} == {"COMPLETED"}


@pytest.mark.usefixtures("marked")
def test_a_deleted_task_is_told_as_missing_and_the_others_are_completed(portal, sandbox) -> None:
    id_ = sandbox.portal.ids("tickets")[0]
    created = portal.tasks.create([task("k1", id_), task("k2", id_)]).created
    sandbox.portal.archive("tasks", created["k1"])
    written = portal.tasks.complete(created.values())
    assert (list(written.updated), written.missing) == ([created["k2"]], (created["k1"],))
