"""A portal that lets nobody make markers on tasks and notes, or takes them away: all works, nothing is doubled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, POLICIES, world
from hubspot_sandbox.object_types import NOTES, TASKS
from hubspot_sandbox.seed import seeded_portal
from hubspot_sla.errors import OutcomeUnknown
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.doctor import examine
from hubspot_sla.flows.installation import setup
from hubspot_sla.flows.reading import own_properties, policy_versions
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.hubspot.key_references import references_in
from hubspot_sla.ledger import markers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

VERSIONS = ["2026-09", "2026-03"]
ESCALATIONS = """\
ladders:
  default:
    rungs:
      - at: breach
        do: [{task: owner}, {note: explanation}]
"""
TASKS_ONLY = ESCALATIONS.replace(", {note: explanation}", "")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    """A task and a note at every breach. Not set up."""
    made = world(seeded_portal(NOW, tickets=0), tmp_path, POLICIES)
    (made.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    yield made
    made.close()


def set_up(of: World, version: str = "2026-09") -> None:
    with of.impatient(version) as context:
        new = policy_versions.candidate(context)
        current = new.version if new else versions_in_force.in_force(context.ledger.db)[-1]
        setup.set_up(context, new, own_properties.plan_setup(context, current.mappings))


def synced(of: World, version: str = "2026-09") -> RunStats:
    with wired(replace(of.settings(), api_version=version)) as context:
        return syncing.sync(context)


def late_ticket(of: World) -> str:
    ticket = of.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3001")
    of.advance(hours=1, seconds=2)
    return ticket


def made(of: World) -> dict[str, list[dict[str, str]]]:
    """What there is, by object type."""
    return {name: [of.portal.read(name, id_) for id_ in of.portal.ids(name)] for name in ("tasks", "notes")}


def require_one_of_each(of: World, breaches: int = 1) -> None:
    there = made(of)
    assert (len(there["tasks"]), len(there["notes"])) == (breaches, breaches)


def ways(of: World) -> dict[str, bool]:
    with wired(of.settings(), writing=False) as context:
        return {name: markers.is_marked(context.ledger.db, name) for name in own_properties.MARKERS}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("shape", ["errors", "context"])
def test_setup_goes_live_without_markers_and_every_breach_has_its_task_and_note_once(
    desk: World, version: str, shape: str
) -> None:
    desk.running.faults.add("definitions_refused", shape=shape)
    set_up(desk, version)
    assert ways(desk) == {"tasks": False, "notes": False}
    synced(desk, version)
    late_ticket(desk)
    stats = synced(desk, version)
    assert (stats.tasks_created, stats.notes_created, stats.quarantined) == (1, 1, 0)
    desk.advance(minutes=5)
    synced(desk, version)
    require_one_of_each(desk)
    (task,), (note,) = made(desk)["tasks"], made(desk)["notes"]
    assert references_in(task["hs_task_body"])
    assert references_in(note["hs_note_body"])
    assert "sla_task_key" not in task


@pytest.mark.parametrize("object_type", ["tasks", "notes"])
def test_the_group_of_a_marker_is_read_from_the_portal(desk: World, object_type: str) -> None:
    desk.running.faults.add("property_group", object_type=object_type, name=f"{object_type[:-1]}_information")
    set_up(desk)
    assert ways(desk) == {"tasks": True, "notes": True}
    kind = {"tasks": TASKS, "notes": NOTES}[object_type]
    assert (
        desk.portal.catalogue(kind).get(own_properties.MARKERS[object_type]).group == f"{object_type[:-1]}_information"
    )


def test_markers_are_made_for_what_ladders_make_only(desk: World) -> None:
    (desk.folder / "mappings/escalations.yaml").write_text(TASKS_ONLY, encoding="utf-8")
    set_up(desk)
    assert ways(desk) == {"tasks": True, "notes": False}
    assert desk.portal.catalogue(NOTES).find("sla_note_key") is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_ladder_that_gains_a_kind_makes_it_once_without_another_setup(desk: World, version: str) -> None:
    (desk.folder / "mappings/escalations.yaml").write_text(TASKS_ONLY, encoding="utf-8")
    set_up(desk, version)
    synced(desk, version)
    desk.advance(minutes=1)
    (desk.folder / "mappings/escalations.yaml").write_text(ESCALATIONS, encoding="utf-8")
    synced(desk, version)
    late_ticket(desk)
    with desk.running.faults.during("commit_then_drop", path="*/notes/batch/create"), pytest.raises(OutcomeUnknown):
        synced(desk, version)
    desk.advance(minutes=2)
    synced(desk, version)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("object_type", ["tasks", "notes"])
def test_what_was_made_and_never_answered_is_found_by_its_reference(
    desk: World, version: str, object_type: str
) -> None:
    desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    lost = desk.running.faults.during("commit_then_drop", path=f"*/{object_type}/batch/create")
    with lost, pytest.raises(OutcomeUnknown):
        synced(desk, version)
    desk.advance(seconds=65)
    synced(desk, version)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("object_type", ["tasks", "notes"])
def test_what_was_never_answered_is_left_alone_until_its_deadline_has_passed(
    desk: World, version: str, object_type: str
) -> None:
    desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    lost = desk.running.faults.during("reset", path=f"*/{object_type}/batch/create")
    with lost, pytest.raises(OutcomeUnknown):
        synced(desk, version)
    desk.advance(seconds=50)
    synced(desk, version)
    assert made(desk)[object_type] == []
    desk.advance(seconds=20)
    synced(desk, version)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("object_type", ["tasks", "notes"])
def test_a_marker_that_is_taken_away_between_the_making_and_the_answer_doubles_nothing(
    desk: World, version: str, object_type: str
) -> None:
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    lost = desk.running.faults.during("commit_then_drop", path=f"*/{object_type}/batch/create")
    with lost, pytest.raises(OutcomeUnknown):
        synced(desk, version)
    kind = {"tasks": TASKS, "notes": NOTES}[object_type]
    desk.portal.catalogue(kind).archive(own_properties.MARKERS[object_type], desk.portal.clock.now_ms())
    for _ in range(4):
        desk.advance(seconds=65)
        synced(desk, version)
    require_one_of_each(desk)
    late_ticket(desk)
    for _ in range(4):
        synced(desk, version)
        desk.advance(seconds=65)
    require_one_of_each(desk, 2)
    assert ways(desk)[object_type] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_a_portal_that_gains_the_markers_doubles_nothing(desk: World, version: str) -> None:
    refused = desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    lost = desk.running.faults.during("commit_then_drop", path="*/tasks/batch/create")
    with lost, pytest.raises(OutcomeUnknown):
        synced(desk, version)
    desk.running.faults.remove(refused.id)
    set_up(desk, version)
    assert ways(desk) == {"tasks": True, "notes": True}
    desk.advance(seconds=65)
    synced(desk, version)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_task_whose_reference_somebody_removed_is_not_made_again(desk: World, version: str) -> None:
    desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    synced(desk, version)
    (id_,) = desk.portal.ids("tasks")
    desk.portal.update("tasks", id_, {"hs_task_body": "I am on it"}, at=desk.now)
    for _ in range(3):
        desk.advance(minutes=10)
        synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("object_type", ["tasks", "notes"])
def test_one_whose_answer_was_lost_and_whose_reference_somebody_removed_is_not_made_again(
    desk: World, object_type: str, version: str
) -> None:
    desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    late_ticket(desk)
    lost = desk.running.faults.during("commit_then_drop", path=f"*/{object_type}/batch/create")
    with lost, pytest.raises(OutcomeUnknown):
        synced(desk, version)
    (id_,) = desk.portal.ids(object_type)
    text = {"tasks": "hs_task_body", "notes": "hs_note_body"}[object_type]
    desk.portal.update(object_type, id_, {text: "I am on it"}, at=desk.now)
    desk.advance(seconds=65)
    synced(desk, version)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_person_s_own_task_and_note_on_the_ticket_are_never_taken_for_ours(desk: World, version: str) -> None:
    desk.running.faults.add("definitions_refused")
    set_up(desk, version)
    synced(desk, version)
    ticket = late_ticket(desk)
    theirs = {"tasks": {"hs_task_subject": "Call back"}, "notes": {"hs_note_body": "Called back"}}
    for object_type, values in theirs.items():
        id_ = desk.portal.create(object_type, {"hs_timestamp": desk.now.isoformat(), **values}, at=desk.now)
        desk.portal.associate(object_type, id_, "tickets", ticket, at=desk.now)
    synced(desk, version)
    desk.advance(minutes=5)
    synced(desk, version)
    require_one_of_each(desk, 2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("requests", [1, 4])
def test_setup_waits_until_what_it_made_reads_back(desk: World, version: str, requests: int) -> None:
    desk.running.faults.add("property_lag", requests=requests)
    set_up(desk, version)
    synced(desk, version)
    ticket = desk.ticket()
    assert synced(desk, version).quarantined == 0
    assert desk.held(ticket)["status"] == "running"


def test_the_doctor_says_which_way_is_in_use(desk: World) -> None:
    desk.running.faults.add("definitions_refused", object_types=["notes"])
    set_up(desk)
    found = [one for one in examine(desk.settings(), round(NOW.timestamp() * 1000)) if one.check == "markers"]
    messages = {one.level.value: one.message for one in found}
    assert messages["ok"] == "tasks carry their key in sla_task_key"
    assert "notes carry their key as a reference in their text" in messages["warn"]
    assert "crm.schemas" in messages["warn"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_that_does_not_exist_leaves_the_portal_without_markers_and_live(desk: World, version: str) -> None:
    for object_type, name in (("tasks", "hs_task_subject"), ("notes", "hs_note_body")):
        desk.running.faults.add("property_group", object_type=object_type, name="somewhere_else")
        desk.running.faults.add("odd_definition", object_type=object_type, name=name)
    set_up(desk, version)
    assert ways(desk) == {"tasks": False, "notes": False}
    synced(desk, version)
    late_ticket(desk)
    synced(desk, version)
    require_one_of_each(desk)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_token_that_may_not_even_read_the_properties_of_tasks_and_notes_goes_live(desk: World, version: str) -> None:
    for object_type in ("tasks", "notes"):
        desk.running.faults.add(
            "missing_scope", path=f"*/properties/*{object_type}*", scopes=["crm.schemas.contacts.read"]
        )
    set_up(desk, version)
    assert ways(desk) == {"tasks": False, "notes": False}
    synced(desk, version)
    late_ticket(desk)
    assert synced(desk, version).exit_code == 0
    require_one_of_each(desk)
