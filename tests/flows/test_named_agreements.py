"""Several agreements of a kind on one ticket: each with its first match, its clocks, its rungs and its properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from flows.world import World

GDPR = """\
  - id: gdpr-urgent
    agreement: gdpr
    when: {pipeline: Support Pipeline, priority: URGENT}
    calendar: always
    targets: {resolution: 2h}
  - id: gdpr-rest
    agreement: gdpr
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {resolution: 72h}
  - id: experts
    kind: ola
    agreement: night
    when: {pipeline: Support Pipeline}
    calendar: always
    targets: {resolution: 30h}
"""


@pytest.fixture
def world(empty: World) -> World:
    empty.edit("policies.yaml", lambda text: text + GDPR)
    empty.go_live()
    empty.advance(minutes=1)
    return empty


def clocks(world: World, ticket_id: str) -> dict[str, str]:
    rows = world.rows(f"select clock, body from verdicts where record_id = '{ticket_id}'")
    return {str(clock): str(body) for clock, body in rows}


def test_each_agreement_has_clocks_of_its_own_and_the_unnamed_one_keeps_its_keys(world: World) -> None:
    ticket_id = world.ticket()
    world.sync()
    assert set(clocks(world, ticket_id)) == {"first_response", "resolution", "gdpr:resolution", "ola:night:resolution"}


def test_of_each_agreement_the_first_match_applies(world: World) -> None:
    ticket_id = world.ticket(hs_ticket_priority="URGENT")
    world.sync()
    held = world.held(ticket_id)
    assert held["gdpr_resolution_due_at"] == "2026-11-23T10:01:00Z"
    assert held["resolution_due_at"] == "2026-11-24T08:01:00Z"
    assert held["policy"] == "gdpr-urgent"  # that of what is due next


def test_a_named_agreement_has_properties_with_its_name_which_setup_makes(world: World) -> None:
    names = {one.name for one in world.portal.catalogue(TICKETS).listed()}
    assert {"sla_gdpr_resolution_status", "sla_gdpr_resolution_due_at"} <= names
    assert not any("night" in name for name in names)  # agreements between teams have none of their own


def test_without_setup_a_new_agreement_waits_and_the_sync_says_what_is_missing(empty: World) -> None:
    empty.set_up()
    empty.edit("policies.yaml", lambda text: text + GDPR)
    assert "sla_gdpr_resolution_status" in str(empty.sync().refused)


def test_the_worst_of_all_agreements_with_the_customer_speaks_for_the_ticket(world: World) -> None:
    ticket_id = world.ticket(hs_ticket_priority="URGENT")
    world.advance(hours=3)
    world.sync()
    held = world.held(ticket_id)
    assert (held["gdpr_resolution_status"], held["resolution_status"]) == ("breached", "running")
    assert (held["status"], held["breached"], held["ola_status"]) == ("breached", "true", "running")
    assert (held["next_due_at"], held["next_due_metric"]) == ("2026-11-23T10:01:00Z", "resolution")


def test_its_breach_makes_a_task_of_its_own(world: World) -> None:
    ticket_id = world.ticket(hs_ticket_priority="URGENT")
    world.advance(hours=3)
    world.sync()
    assert world.task_keys() == [f"task:{ticket_id}:gdpr:resolution:1:breach"]
    [task] = world.tasks()[ticket_id]
    assert task["hs_task_subject"].startswith("SLA Gdpr breached: Resolution - Printer on fire")


def test_the_explanation_names_the_agreement(world: World) -> None:
    ticket_id = world.ticket()
    world.sync()
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        told = explain(ledger.db, RecordRef.of(ticket_id), int(world.now.timestamp()) * 1000)
    sentences = {one.verdict.clock.key: one.line for one in told.metrics}
    assert sentences["gdpr:resolution"].startswith("Gdpr: Resolution: due")
    assert sentences["ola:night:resolution"].startswith("OLA Night: Resolution: ")
    body = told.as_json()
    assert body["policy"] == "support"
    assert body["agreements"]["gdpr"]["policy"] == "gdpr-rest"  # type: ignore[index]
    assert body["metrics"]["gdpr:resolution"]["agreement"] == "gdpr"  # type: ignore[index]


def test_outcomes_say_of_which_agreement_they_are(world: World) -> None:
    world.ticket()
    world.sync()
    rows = world.rows("select clock, kind, agreement, metric, place from outcomes order by clock")
    assert ("gdpr:resolution", "sla", "gdpr", "resolution", "") in rows
    assert ("ola:night:resolution", "ola", "night", "resolution", "") in rows
    assert ("resolution", "sla", "", "resolution", "") in rows


def test_an_agreement_that_is_taken_back_ends_and_its_properties_say_so(world: World) -> None:
    ticket_id = world.ticket()
    world.sync()
    world.advance(hours=1)
    world.edit("policies.yaml", lambda text: text.replace(GDPR, ""))
    world.sync()
    held = world.held(ticket_id)
    assert (held["gdpr_resolution_status"], held["status"]) == ("not_applicable", "running")


def test_doctor_looks_for_the_properties_of_every_agreement(world: World) -> None:
    from hubspot_sla.flows.context import versions_in_force
    from hubspot_sla.flows.reading.own_properties import plan_setup

    world.portal.catalogue(TICKETS).archive("sla_gdpr_resolution_status", world.portal.clock.now_ms())
    with wired(world.settings()) as context:
        plan = plan_setup(context, versions_in_force.in_force(context.ledger.db)[-1].mappings)
    assert [wish["name"] for wish in plan.properties["tickets"]] == ["sla_gdpr_resolution_status"]


NAMES = [
    ("ola", "'ola' is a word of its own, and cannot be the name of an agreement (call it otherwise)"),
    ("resolution", "'resolution' is a word of its own"),
    ("GDPR", "'GDPR' is not a name here (lower-case letters, digits and underscores, a letter first, 40 at most)"),
    ("x" * 41, "is not a name here"),
    ("a:b", "'a:b' is not a name here"),
]


@pytest.mark.parametrize(("name", "message"), NAMES, ids=[case[0][:10] for case in NAMES])
def test_a_name_that_would_confuse_keys_is_refused(name: str, message: str) -> None:
    policies = f"policies:\n  - id: p\n    agreement: {name}\n    calendar: always\n    targets: {{resolution: 1h}}\n"
    with pytest.raises(MappingInvalid) as caught:
        load(texts(policies=policies))
    [problem] = caught.value.problems
    assert (problem.line, problem.column) == (3, 16)
    assert message in str(problem)


def test_two_agreements_do_not_shadow_each_other_in_the_review() -> None:
    from hubspot_sla.policy.policy_review import policy_warnings

    policies = (
        "policies:\n  - {id: a, calendar: always, targets: {resolution: 1h}}\n"
        "  - {id: b, agreement: gdpr, calendar: always, targets: {resolution: 2h}}\n"
    )
    assert policy_warnings(load(texts(policies=policies)).policy_set, 0) == []
