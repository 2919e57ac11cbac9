"""Somebody changes a property that is ours: it is noticed, recorded, and put right or left, as portal.yaml says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flows.world import fail_after, pull_the_plug
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import database, edits

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.ledger.edits import Edit


def respecting(world: World) -> World:
    world.edit("portal.yaml", lambda text: text.replace("edits: correct", "edits: respect"))
    world.sync()
    return world


def kept(world: World) -> list[Edit]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return edits.every(ledger.db)


def test_an_edit_is_recorded_and_ours_is_written_back(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    live.advance(minutes=3)
    live.change(ticket, sla_status="met", sla_tier="")
    assert live.sync().edits == 2
    assert live.held(ticket) == before
    entries = {str(body["name"]): (body["ours"], body["theirs"], body["became"]) for body in live.entries("edit")}
    assert entries == {"sla_status": ("running", "met", "corrected"), "sla_tier": ("no tier", "", "corrected")}
    assert {(edit.name, edit.theirs, edit.respected) for edit in kept(live)} == {
        ("sla_status", "met", False),
        ("sla_tier", "", False),
    }
    live.advance(minutes=3)
    assert live.sync().edits == 0
    live.require_whole_chain()


def test_an_edit_that_is_respected_stays_until_we_want_something_else(live: World) -> None:
    respecting(live)
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, sla_status="met", sla_policy="by hand")
    tally = live.sync()
    assert (tally.edits, tally.properties_written) == (2, 0)
    for _ in range(2):
        live.advance(minutes=10)
        live.change(ticket, subject="Still on fire", hubspot_owner_id="3002")
        live.sync()
        assert (live.held(ticket)["status"], live.held(ticket)["policy"]) == ("met", "by hand")
    live.advance(hours=1)
    live.sync()
    assert (live.held(ticket)["status"], live.held(ticket)["policy"]) == ("breached", "by hand")
    assert {edit.name: edit.respected for edit in kept(live)} == {"sla_status": False, "sla_policy": True}
    assert len(live.entries("edit")) == 2


def test_an_edit_taken_back_by_hand_stands_no_longer(live: World) -> None:
    respecting(live)
    ticket = live.ticket()
    live.sync()
    for value in ("met", "breached", "running"):
        live.advance(minutes=3)
        live.change(ticket, sla_status=value)
        live.sync()
        assert live.held(ticket)["status"] == value
    assert [(edit.ours, edit.theirs, edit.respected) for edit in kept(live)] == [("running", "breached", False)]


def test_an_edit_is_seen_when_its_ticket_is_read_for_another_reason(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.change(ticket, sla_policy="by hand", hubspot_owner_id="3003")
    assert live.sync().edits == 1
    assert live.held(ticket)["policy"] == "support"


def test_the_sweep_sees_an_edit_that_the_poll_has_not(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, sla_policy="by hand")
    with wired(live.settings()) as context:
        assert sweep(context).edits == 1
    assert live.held(ticket)["policy"] == "support"


def test_turning_to_correction_puts_back_what_was_respected(live: World) -> None:
    respecting(live)
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, sla_policy="by hand")
    live.sync()
    live.edit("portal.yaml", lambda text: text.replace("edits: respect", "edits: correct"))
    live.sync()
    assert live.held(ticket)["policy"] == "support"
    assert [edit.respected for edit in kept(live)] == [False]


@pytest.mark.parametrize("choice", ["correct", "respect"])
def test_our_own_write_whose_answer_was_lost_is_no_edit(live: World, choice: str) -> None:
    live.edit("portal.yaml", lambda text: text.replace("edits: correct", f"edits: {choice}"))
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    fail_after(live.running, 1, lambda: pull_the_plug(live.running), kind="batch_update")
    with pytest.raises(ComeBackLater), live.impatient() as context:
        sync(context)
    assert live.held(ticket)["status"] == "breached"
    live.serve_again()
    assert live.sync().edits == 0
    assert live.held(ticket)["status"] == "breached"
    assert kept(live) == []


def test_what_teardown_left_behind_is_nobody_s_edit(live: World) -> None:
    live.ticket()
    live.sync()
    live.tear_down()
    live.set_up()
    live.advance(minutes=3)
    assert live.sync().edits == 0


def test_a_plan_shows_what_would_be_put_back_and_records_nothing(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, sla_policy="by hand")
    (action,) = live.plan()
    assert (action.changes, action.before) == ({"sla_policy": "support"}, {"sla_policy": "by hand"})  # type: ignore[union-attr]  # the only action there can be
    assert kept(live) == []


def test_a_teardown_forgets_the_edits_that_were_respected(live: World) -> None:
    respecting(live)
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, sla_policy="by hand")
    live.sync()
    assert live.held(ticket)["policy"] == "by hand"
    live.tear_down()
    live.set_up()
    live.sync()
    assert live.held(ticket)["policy"] == "support"
