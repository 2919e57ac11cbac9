"""Rules of a portal's admin refuse our writes for other properties than ours: they land all the same, and are named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.doctor import examine
from hubspot_sla.flows.runs.sync import sync

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

VERSIONS = ["2026-09", "2026-03"]
TICKETS = 30
EVERYTHING = """\
leads: {default: "3002"}
ladders:
  default:
    rungs:
      - at: breach
        do: [{task: owner}, {note: explanation}, {set: {hs_ticket_category: PRODUCT_ISSUE}}, {reassign: lead}]
"""


def synced(world: World, version: str) -> RunStats:
    with wired(replace(world.settings(), api_version=version)) as context:
        return sync(context)


def warnings(world: World, version: str) -> list[str]:
    settings = replace(world.settings(), api_version=version)
    found = examine(settings, round(world.now.timestamp() * 1000))
    return [one.message for one in found if one.check == "validation rules" and one.level == "warn"]


@pytest.mark.parametrize("version", VERSIONS)
def test_flags_land_though_a_rule_requires_another_property(live: World, version: str) -> None:
    live.running.faults.add("admin_rule", when={"hs_ticket_priority": "HIGH"}, requires=["hs_ticket_category"])
    ruled = [live.ticket(hs_ticket_priority="HIGH") for _ in range(TICKETS)]
    free = live.ticket()
    stats = synced(live, version)
    assert (stats.properties_written, stats.quarantined) == (TICKETS + 1, 0)
    assert all(live.held(ticket)["status"] == "running" for ticket in [*ruled, free])
    assert stats.calls["batch_update"] == (2 if version == "2026-09" else 1)


def test_the_doctor_names_the_rule_and_how_often_it_refused(live: World) -> None:
    assert warnings(live, "2026-09") == []
    live.running.faults.add("admin_rule", when={"hs_ticket_priority": "HIGH"}, requires=["hs_ticket_category"])
    for _ in range(3):
        live.ticket(hs_ticket_priority="HIGH")
    synced(live, "2026-09")
    (warning,) = warnings(live, "2026-09")
    assert "a rule refused 3 writes on tickets" in warning
    assert "hs_ticket_category is required because of a conditional property rule" in warning


@pytest.mark.parametrize("version", VERSIONS)
def test_tasks_are_made_though_a_form_for_new_ones_requires_another_property(live: World, version: str) -> None:
    live.running.faults.add("admin_rule", object_type="tasks", requires=["hs_task_reminders"])
    late = [live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3001") for _ in range(5)]
    synced(live, version)
    live.advance(hours=1, seconds=2)
    stats = synced(live, version)
    assert (stats.tasks_created, stats.quarantined) == (5, 0)
    assert set(live.tasks()) == set(late)
    assert len(live.task_keys()) == len(set(live.task_keys())) == 5
    if version == "2026-09":
        assert any("on tasks" in warning for warning in warnings(live, version))


@pytest.mark.parametrize("version", VERSIONS)
def test_all_that_a_rung_does_lands_though_rules_hold_for_tickets_tasks_and_notes(live: World, version: str) -> None:
    (live.folder / "mappings/escalations.yaml").write_text(EVERYTHING, encoding="utf-8")
    live.sync()
    faults = live.running.faults
    faults.add("admin_rule", when={"hs_ticket_priority": "URGENT"}, requires=["hs_resolution"])
    faults.add("admin_rule", when={"hs_pipeline_stage": "1"}, requires=["closed_date"])
    faults.add("admin_rule", object_type="tasks", requires=["hs_task_reminders"])
    faults.add(
        "admin_rule", object_type="tasks", when={"hs_task_status": "COMPLETED"}, requires=["hs_queue_membership_ids"]
    )
    faults.add("admin_rule", object_type="notes", requires=["hs_attachment_ids"])
    tickets = [live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3001") for _ in range(3)]
    synced(live, version)
    live.advance(hours=1, seconds=2)
    live.running.faults.add("owner_deactivated", owner="3001")
    stats = synced(live, version)
    assert (stats.tasks_created, stats.notes_created, stats.fields_written, stats.quarantined) == (3, 3, 6, 0)
    assert {live.portal.read("tickets", ticket)["hubspot_owner_id"] for ticket in tickets} == {"3002"}
    for ticket in tickets:
        live.change(ticket, hs_pipeline_stage="4")
    live.advance(minutes=1)
    stats = synced(live, version)
    assert (stats.tasks_completed, stats.quarantined) == (3, 0)
    assert {task["hs_task_status"] for tasks in live.tasks().values() for task in tasks} == {"COMPLETED"}


def test_a_row_that_both_versions_refuse_is_quarantined_with_its_reason(live: World) -> None:
    rule = {"when": {"hs_ticket_priority": "HIGH"}, "requires": ["hs_ticket_category"]}
    live.running.faults.add("admin_rule", versions=["2026-09", "2026-03"], **rule)
    live.ticket(hs_ticket_priority="HIGH")
    assert synced(live, "2026-09").quarantined == 1
    ((reason,),) = live.rows("select reason from quarantine")
    assert "hs_ticket_category is required" in str(reason)
