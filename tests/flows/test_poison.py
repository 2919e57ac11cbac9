"""One bad row never stops the others: it is quarantined with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.errors import RequestRejected
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.deadlines import watch
from hubspot_sla.flows.sending.commit import RunStats

if TYPE_CHECKING:
    from flows.world import World


def take_option(world: World, name: str, value: str) -> None:
    """As if somebody had removed one option of one of our properties in HubSpot."""
    catalogue = world.portal.catalogue(TICKETS)
    known = catalogue.get(name)
    catalogue.define(replace(known, options=tuple(option for option in known.options if option.value != value)))


def test_a_refused_value_is_quarantined_with_its_reason_and_the_rest_lands(live: World) -> None:
    take_option(live, "sla_resolution_status", "paused")
    good = [live.ticket() for _ in range(5)]
    bad = live.ticket(hs_pipeline_stage="2")
    stats = live.sync()
    assert (stats.properties_written, stats.quarantined) == (6, 1)
    assert all(live.held(ticket)["status"] == "running" for ticket in good)
    assert live.held(bad)["first_response_status"] == "running"
    assert "resolution_status" not in live.held(bad)
    ((ticket, what, reason),) = live.rows("select record_id, step, reason from quarantine")
    assert (ticket, what) == (bad, "writing")
    assert "paused was not one of the allowed options" in str(reason)
    assert live.rows("select record_id from audit where kind = 'refused'") == [(bad,)]
    live.require_whole_chain()


def test_a_row_that_can_be_written_again_leaves_the_quarantine(live: World) -> None:
    catalogue = live.portal.catalogue(TICKETS)
    whole = catalogue.get("sla_resolution_status")
    take_option(live, "sla_resolution_status", "paused")
    bad = live.ticket(hs_pipeline_stage="2")
    live.sync()
    catalogue.define(whole)
    live.advance(minutes=5)
    live.change(bad, hubspot_owner_id="3001")
    assert live.sync().quarantined == 0
    assert live.held(bad)["resolution_status"] == "paused"
    assert live.rows("select * from quarantine") == []


def test_a_ticket_deleted_between_two_looks_stops_nobody(live: World) -> None:
    gone, other = (live.ticket(hs_ticket_priority="HIGH") for _ in range(2))
    live.sync()
    live.portal.archive("tickets", gone)
    live.advance(hours=1, seconds=2)
    stats = live.sync()
    assert live.held(other)["first_response_status"] == "breached"
    assert live.task_keys() == [f"task:{other}:first_response:1:breach"]
    assert (stats.quarantined, stats.gone) == (0, 1)
    assert live.rows("select record_id from records where gone = 'archived'") == [(gone,)]


def test_a_stage_the_mapping_does_not_know_makes_its_tickets_unknown(live: World) -> None:
    from hubspot_sandbox.pipelines import Pipeline, Stage

    extra = Pipeline("777", "Extra", (Stage("778", "Limbo", False, 0),), 9)
    live.portal.set_pipelines([*live.portal.pipelines.values(), extra])
    lost = live.ticket()
    live.sync()
    live.advance(minutes=5)
    live.change(lost, hs_pipeline="777", hs_pipeline_stage="778")
    live.sync()
    assert live.held(lost)["status"] == "unknown"
    assert "778" in live.held(lost)["reason"]


def test_a_ticket_that_hubspot_will_not_read_is_quarantined_and_its_neighbours_are_judged(live: World) -> None:
    tickets = [live.ticket(hs_ticket_priority="HIGH") for _ in range(7)]
    live.sync()
    live.advance(hours=1, seconds=2)
    live.running.faults.add("poison_rows", ids=[tickets[3]], message="Nobody reads this")
    with wired(live.settings()) as context:
        context.portal.schema.account()  # learns the time
        stats = watch(context)
    assert isinstance(stats, RunStats)
    assert stats.quarantined == 1
    late = [id_ for id_ in tickets if live.held(id_)["first_response_status"] == "breached"]
    assert late == [id_ for id_ in tickets if id_ != tickets[3]]
    assert live.rows("select record_id, step, reason from quarantine") == [(tickets[3], "reading", "Nobody reads this")]
    said = {"reason": "Nobody reads this", "what": "reading", "word": "rejected"}
    assert live.entries("quarantine", tickets[3]) == live.entries("quarantine") == [said]
    live.require_whole_chain()


def test_a_ticket_that_hubspot_reads_again_is_judged_when_it_has_waited(live: World) -> None:
    bad, _ = (live.ticket(hs_ticket_priority="HIGH") for _ in range(2))
    live.sync()
    live.advance(hours=1, seconds=2)
    with live.running.faults.during("poison_rows", ids=[bad], route="batch_read"):
        live.sync()
    assert live.sync().judged == 0
    live.advance(minutes=6)
    live.sync()
    assert live.held(bad)["first_response_status"] == "breached"
    assert live.rows("select * from quarantine") == []


def test_a_new_ticket_whose_companies_hubspot_will_not_tell_is_quarantined_not_judged_without(live: World) -> None:
    good, bad = live.ticket(), live.ticket()
    with live.running.faults.during("poison_rows", ids=[bad], route="associations", message="Not this one"):
        stats = live.sync()
    assert (stats.judged, stats.quarantined) == (1, 1)
    assert (live.held(good)["status"], live.held(bad)) == ("running", {})
    assert live.rows("select record_id, step, reason from quarantine") == [(bad, "reading", "Not this one")]
    live.advance(minutes=6)
    live.sync()
    assert live.held(bad)["status"] == "running"


def test_a_read_that_is_refused_whatever_its_tickets_blames_none_of_them(live: World) -> None:
    for _ in range(20):
        live.ticket()
    refusing = live.running.faults.during("poison_rows", ids=live.portal.ids("tickets"), route="batch_read")
    with refusing, pytest.raises(RequestRejected):
        live.sync()
    assert live.rows("select * from quarantine") == []
    assert live.sync().judged == 20
