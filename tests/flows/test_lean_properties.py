"""`written: {set: lean}`: only the properties that the policies use are made; what was made is written on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.conftest import Command
from flows.test_ladders import POLICIES, steep
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.context.settings import Settings
from hubspot_sla.flows.installation.starter_set import copy_starter
from hubspot_sla.flows.reading.own_properties import plan_setup
from hubspot_sla.plan.properties import WRITTEN
from hubspot_sla.policy.loader import load

if TYPE_CHECKING:
    from pathlib import Path

    from flows.world import World

__all__ = ["steep"]

ALWAYS = {
    *("status", "breached", "first_breached_at", "breach_count", "next_due_at", "next_due_metric"),
    *("policy", "tier", "reason", "first_response_status", "first_response_due_at"),
}
RUNGS = {"escalation_level", "last_escalated_at"}
ONE_STEP = POLICIES.replace("    ladder: steep\n", "")
WITH_UPDATE = ONE_STEP.replace("targets: {", "targets: {update: 1bd, ")


def choose(world: World, which: str) -> None:
    other = {"lean": "full", "full": "lean"}[which]
    world.edit("portal.yaml", lambda text: text.replace(f"  set: {other}", f"  set: {which}"))


def made(world: World) -> set[str]:
    return {
        each.name.removeprefix("sla_")
        for each in world.portal.catalogue(TICKETS).listed()
        if each.name.startswith("sla_")
    }


@pytest.fixture
def lean(empty: World) -> World:
    choose(empty, "lean")
    empty.edit("policies.yaml", lambda _: ONE_STEP)
    empty.set_up()
    return empty


def test_only_what_the_policies_use_is_made(lean: World) -> None:
    assert made(lean) == ALWAYS
    ticket = lean.ticket(hs_ticket_priority="HIGH")
    lean.sync()
    assert set(lean.held(ticket)) >= {"status", "first_response_status", "reason"}
    lean.require_whole_chain()


def test_a_ladder_of_several_steps_needs_the_properties_of_escalation(steep: World) -> None:
    assert made(steep) >= ALWAYS | RUNGS


def test_a_policy_that_first_needs_a_property_asks_for_setup_by_name(lean: World) -> None:
    lean.edit("policies.yaml", lambda _: WITH_UPDATE)
    refused = lean.sync().refused
    assert refused is not None
    assert "sla_update_status" in refused.message
    assert "sla setup" in refused.remedy
    with lean.impatient() as context:
        mappings = load(texts_offline(lean.settings()))
        assert plan_setup(context, mappings).missing == ["sla_update_status", "sla_update_due_at"]
    lean.set_up()
    lean.sync()
    assert made(lean) == ALWAYS | {"update_status", "update_due_at"}


def test_check_with_the_portal_names_what_a_policy_needs_for_the_first_time(
    lean: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sla = Command(lean, monkeypatch)
    assert "SLA627" not in sla("check", "--portal").out
    lean.edit("policies.yaml", lambda _: WITH_UPDATE)
    ended = sla("check", "--portal")
    assert "HubSpot does not have sla_update_status, sla_update_due_at, which the policies use" in ended.out
    assert "(run `sla setup`) [SLA627]" in ended.out
    lean.set_up()
    assert "SLA627" not in sla("check", "--portal").out


def test_what_was_made_is_written_on_and_nothing_is_archived(empty: World) -> None:
    empty.edit("policies.yaml", lambda _: WITH_UPDATE)
    empty.set_up()
    everything = made(empty)
    assert everything >= {written.key for written in WRITTEN}
    choose(empty, "lean")
    empty.edit("policies.yaml", lambda _: ONE_STEP)
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    empty.sync()
    assert made(empty) == everything
    assert empty.held(ticket)["escalation_level"] == "0"


def test_what_was_archived_by_hand_is_let_go_at_the_next_setup(empty: World) -> None:
    empty.edit("policies.yaml", lambda _: ONE_STEP)
    empty.set_up()
    choose(empty, "lean")
    empty.portal.catalogue(TICKETS).archive("sla_escalation_level", int(empty.now.timestamp()) * 1000)
    empty.set_up()
    ticket = empty.ticket(hs_ticket_priority="HIGH")
    empty.sync()
    assert "escalation_level" not in empty.held(ticket)
    assert empty.held(ticket)["status"] == "running"


def test_a_portal_yaml_that_says_nothing_has_the_full_set(tmp_path: Path) -> None:
    copy_starter(tmp_path)
    texts = texts_offline(Settings(None, mappings=tmp_path / "mappings", ledger=tmp_path / "ledger.db"))
    assert load(texts).portal.written.is_lean
    texts["portal.yaml"] = texts["portal.yaml"].partition("written:")[0]
    assert not load(texts).portal.written.is_lean
