"""Metrics that admins define, from the mappings to HubSpot: properties, verdicts, explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.cli.explain import show
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.explain import Explanation

METRICS = """\
metrics:
  restored:
    starts: created
    stops: {left: {role: open}}
  raised:
    starts: {became: {hs_ticket_priority: HIGH}}
    stops: closed
    pauses: {is: {hs_ticket_category: BILLING_ISSUE}}
policies:
"""


def promised(text: str) -> str:
    return text.replace("policies:\n", METRICS, 1).replace(
        "targets:\n", "targets:\n      restored: 2h\n      raised: 3h\n", 1
    )


@pytest.fixture
def world(empty: World) -> World:
    empty.edit("policies.yaml", promised)
    empty.go_live()
    empty.advance(minutes=1)
    return empty


def explained(world: World, ticket_id: str) -> Explanation:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return explain(ledger.db, RecordRef.of(ticket_id), int(world.now.timestamp()) * 1000)


def test_setup_makes_its_properties_and_names_it_among_what_may_be_due_next(world: World) -> None:
    catalogue = {one.name: one for one in world.portal.catalogue(TICKETS).listed()}
    assert {"sla_restored_status", "sla_restored_due_at", "sla_raised_status"} <= catalogue.keys()
    options = [option.value for option in catalogue["sla_next_due_metric"].options]
    assert options[-2:] == ["raised", "restored"]


def test_its_verdict_is_written_and_its_breach_makes_a_task(world: World) -> None:
    ticket = world.ticket()
    world.sync()
    held = world.held(ticket)
    assert (held["restored_status"], held["restored_due_at"]) == ("running", "2026-11-23T10:01:00Z")
    assert held["next_due_metric"] == "restored"
    world.advance(hours=2, seconds=1)
    world.sync()
    assert world.held(ticket)["restored_status"] == "breached"
    assert f"task:{ticket}:restored:1:breach" in world.task_keys()
    world.change(ticket, hs_pipeline_stage="4")
    world.sync()
    assert world.held(ticket)["restored_status"] == "missed"


def test_a_property_that_becomes_a_value_starts_it_and_another_pauses_it(world: World) -> None:
    ticket = world.ticket(hs_ticket_priority="LOW")
    world.sync()
    assert world.held(ticket)["raised_status"] == "pending"
    world.advance(hours=1)
    world.change(ticket, hs_ticket_priority="HIGH")
    world.sync()
    assert world.held(ticket)["raised_due_at"] == "2026-11-23T12:01:00Z"
    world.advance(hours=1)
    world.change(ticket, hs_ticket_category="BILLING_ISSUE")
    world.sync()
    assert world.held(ticket)["raised_status"] == "paused"
    world.advance(hours=2)
    world.change(ticket, hs_ticket_category="")
    world.sync()
    assert world.held(ticket)["raised_due_at"] == "2026-11-23T14:01:00Z"


def test_the_explanation_says_what_starts_and_stops_it(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ticket = world.ticket()
    world.sync()
    told = explained(world, ticket)
    rule = "starts when the ticket is created; stops when the ticket leaves a stage that is open"
    assert told.as_json()["metrics"]["restored"]["rule"] == rule  # type: ignore[index]
    show(told)
    assert rule in capsys.readouterr().out
    assert "Raised: not started: it starts when hs_ticket_priority becomes HIGH." in world.held(ticket)["reason"]


def test_a_metric_that_an_edit_adds_waits_until_setup_has_made_its_properties_and_option(empty: World) -> None:
    empty.set_up()
    ticket = empty.ticket()
    empty.sync()
    empty.edit("policies.yaml", promised)
    assert "sla_next_due_metric" in str(empty.sync().refused)
    empty.set_up()
    empty.sync()
    assert empty.held(ticket)["next_due_metric"] == "restored"


def test_a_metric_that_an_edit_takes_back_ends_and_its_properties_say_so(world: World) -> None:
    ticket = world.ticket()
    world.sync()
    world.advance(hours=1)
    world.edit("policies.yaml", lambda text: text.replace("      restored: 2h\n", ""))
    world.sync()
    assert world.held(ticket)["restored_status"] == "not_applicable"


def test_outcomes_carry_its_name(world: World) -> None:
    world.ticket()
    world.sync()
    assert ("restored", "sla", "", "restored", "") in world.rows(
        "select clock, kind, agreement, metric, place from outcomes"
    )


CLOSING = """\
closing:
  property: hs_ticket_category
  spam: GENERAL_INQUIRY
  cancelled: BILLING_ISSUE
"""


def test_a_property_says_that_a_ticket_was_spam_or_cancelled(empty: World) -> None:
    empty.edit("portal.yaml", lambda text: text + CLOSING)
    empty.set_up()
    spam, cancelled, ordinary = empty.ticket(), empty.ticket(), empty.ticket()
    empty.advance(hours=5)
    empty.sync()
    assert empty.held(spam)["first_response_status"] == "breached"
    for ticket, category in ((spam, "GENERAL_INQUIRY"), (cancelled, "BILLING_ISSUE"), (ordinary, "")):
        empty.change(ticket, hs_pipeline_stage="4", hs_ticket_category=category)
    empty.advance(minutes=1)
    empty.sync()
    statuses = {
        ticket: (empty.held(ticket)["first_response_status"], empty.held(ticket)["resolution_status"])
        for ticket in (spam, cancelled, ordinary)
    }
    assert statuses == {
        spam: ("not_applicable", "not_applicable"),
        cancelled: ("missed", "not_applicable"),
        ordinary: ("missed", "met"),
    }
    assert "excused" in empty.held(spam)["reason"]
    assert "the ticket was closed as spam" in empty.held(spam)["reason"]


def test_a_stage_says_that_a_ticket_was_a_duplicate(empty: World) -> None:
    empty.edit(
        "portal.yaml", lambda text: text.replace("Closed: closed", "Closed: {role: closed, closing: duplicate}", 1)
    )
    empty.set_up()
    ticket = empty.ticket()
    empty.sync()
    empty.advance(minutes=5)
    empty.change(ticket, hs_pipeline_stage="4")
    empty.sync()
    assert empty.held(ticket)["resolution_status"] == "not_applicable"
    empty.advance(minutes=5)
    empty.change(ticket, hs_pipeline_stage="1")
    empty.sync()
    assert empty.held(ticket)["resolution_status"] == "running"
