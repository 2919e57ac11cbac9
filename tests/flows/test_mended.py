"""What was refused, forgotten or overtaken is put right by the next sync."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flows.test_interruptions import breached, fail_after, pull_the_plug
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.reading import own_properties
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.ledger.outbox import unsettled

if TYPE_CHECKING:
    from flows.world import World


def archive(world: World, object_type: str, name: str) -> None:
    with wired(world.settings()) as context:
        context.portal.schema.archive_property(object_type, name)


def test_writes_refused_for_a_missing_property_land_after_setup_has_made_it_again(live: World) -> None:
    tickets = [live.ticket() for _ in range(3)]
    archive(live, "tickets", "sla_reason")
    assert live.sync().quarantined == 3
    live.set_up()
    live.advance(minutes=1)
    assert live.sync().properties_written == 3
    assert all(live.held(ticket)["status"] == "running" for ticket in tickets)
    assert live.rows("select * from quarantine") == []


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
def test_a_property_that_hubspot_refuses_keeps_no_other_from_being_written(live: World, version: str) -> None:
    tickets = [live.ticket(hs_ticket_priority="HIGH") for _ in range(3)]
    archive(live, "tickets", "sla_reason")
    catalogue = live.portal.catalogue(TICKETS)
    whole = catalogue.get("sla_next_due_metric")
    catalogue.define(replace(whole, options=whole.options[:1]))
    live.advance(hours=1, seconds=2)
    settings = replace(live.settings(), api_version=version)
    with wired(settings) as context:
        assert syncing.sync(context).quarantined == 3
    for ticket in tickets:
        assert (live.held(ticket)["breached"], live.held(ticket)["first_response_status"]) == ("true", "breached")
    assert live.entries("write")[-1]["left_out"]
    catalogue.define(whole)
    live.set_up()
    live.advance(minutes=1)
    with wired(settings) as context:
        assert syncing.sync(context).quarantined == 0
    assert all(live.held(ticket)["reason"] and live.held(ticket)["next_due_metric"] for ticket in tickets)
    assert live.rows("select * from quarantine") == []
    live.require_whole_chain()


def test_a_refused_write_is_tried_again_after_a_while_by_itself(live: World) -> None:
    catalogue = live.portal.catalogue(TICKETS)
    whole = catalogue.get("sla_status")
    ticket = live.ticket()
    catalogue.define(replace(whole, options=whole.options[:1]))
    assert live.sync().quarantined == 1
    catalogue.define(whole)
    live.advance(minutes=6)
    assert live.sync().properties_written == 1
    assert live.held(ticket)["status"] == "running"


def test_a_task_refused_for_a_missing_marker_is_made_after_setup(live: World) -> None:
    ticket = breached(live)
    archive(live, "tasks", "sla_task_key")
    assert live.sync().tasks_created == 0
    live.set_up()
    live.advance(minutes=1)
    assert live.sync().tasks_created == 1
    assert live.task_keys() == [f"task:{ticket}:first_response:1:breach"]
    assert live.rows("select * from quarantine") == []


def test_mappings_that_write_properties_nobody_has_made_are_refused_before_anything_is_written(live: World) -> None:
    live.ticket()
    live.sync()
    live.edit("portal.yaml", lambda text: text.replace("prefix: sla_", "prefix: zz_"))
    stats = live.sync()
    assert ("zz_status" in str(stats.refused), stats.properties_written) == (True, 0)
    live.set_up()
    live.advance(minutes=1)
    assert live.sync().properties_written == 1


def test_a_restored_backup_makes_no_task_a_second_time(live: World) -> None:
    breached(live)
    ledger, backup = live.folder / "ledger.db", live.folder / "backup.db"
    with sqlite3.connect(ledger) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    source.close()
    target.close()
    assert live.sync().tasks_created == 1
    for suffix in ("-wal", "-shm"):
        (live.folder / f"ledger.db{suffix}").unlink(missing_ok=True)
    shutil.copy(backup, ledger)
    assert live.sync().tasks_created == 0
    assert len(live.task_keys()) == 1
    assert live.rows("select state from outbox") == [("confirmed",)]


def test_a_task_that_was_not_sent_before_its_ticket_closed_is_not_sent_any_more(live: World) -> None:
    ticket = breached(live)
    fail_after(live.running, 1, lambda: pull_the_plug(live.running), kind="batch_update")
    with pytest.raises(ComeBackLater), live.impatient() as context:
        syncing.sync(context)
    live.serve_again()
    live.advance(hours=1)
    live.portal.send_agent_message(ticket, live.now)
    live.change(ticket, hs_pipeline_stage="4")
    live.advance(minutes=1)
    assert live.sync().tasks_created == 0
    assert live.task_keys() == []
    assert live.rows("select state from outbox") == [("withdrawn",)]


def test_what_an_earlier_run_had_queued_is_there_to_be_shown_by_a_plan(live: World) -> None:
    ticket = breached(live)
    fail_after(live.running, 1, lambda: pull_the_plug(live.running), kind="batch_update")
    with pytest.raises(ComeBackLater), live.impatient() as context:
        syncing.sync(context)
    live.serve_again()
    with wired(live.settings(), writing=False) as context:
        assert {parcel.key for parcel in unsettled(context.ledger.db)} == {
            f"properties:{ticket}",
            f"task:{ticket}:first_response:1:breach",
        }


def test_a_property_of_ours_that_lacks_an_option_is_reported_by_setup(live: World) -> None:
    catalogue = live.portal.catalogue(TICKETS)
    known = catalogue.get("sla_status")
    catalogue.define(replace(known, options=tuple(option for option in known.options if option.value != "met")))
    with wired(live.settings()) as context:
        mappings = versions_in_force.in_force(context.ledger.db)[-1].mappings
        plan = own_properties.plan_setup(context, mappings)
    assert plan.drifted == ["sla_status lacks the options met - run `sla setup`"]


def test_a_tier_that_was_new_when_a_ticket_was_created_is_not_overlooked(live: World) -> None:
    live.ticket(company="5015")
    live.sync()
    live.advance(minutes=10)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=10)
    later = live.ticket(company="5015")
    live.sync()
    assert live.held(later)["policy"] == "gold"


def test_what_was_done_in_time_is_no_breach_though_the_search_index_has_not_seen_it(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    live.sync()
    live.advance(hours=7, minutes=59, seconds=50)
    live.running.faults.add("search_lag", lag_s=300)
    live.change(ticket, hs_pipeline_stage="4")
    live.advance(seconds=15)
    live.sync()
    assert live.held(ticket)["resolution_status"] == "met"
    assert live.task_keys() == []


def test_a_fact_of_the_future_comes_true_by_itself(live: World) -> None:
    ticket = live.ticket(createdate="2026-11-23T08:20:00Z")
    live.sync()
    assert live.held(ticket)["resolution_status"] == "unknown"
    live.advance(minutes=16)
    live.sync()
    assert live.held(ticket)["resolution_status"] == "running"
