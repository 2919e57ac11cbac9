"""What changes without a ticket's changing is looked at on its own cadence."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sandbox.object_types import TICKETS
from hubspot_sandbox.pipelines import Pipeline, Stage
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.refresh import refresh
from hubspot_sla.ledger import database, sync_health

if TYPE_CHECKING:
    import pytest

    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats


def run_refresh(world: World) -> RunStats:
    with wired(world.settings()) as context:
        return refresh(context)


def warnings(world: World) -> list[str]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return sync_health.portal_warnings(ledger.db)


def rename(world: World, pipeline: str, stage: str, label: str) -> None:
    old = world.portal.pipelines[pipeline]
    stages = tuple(replace(one, label=label) if one.id == stage else one for one in old.stages)
    others = [one for one in world.portal.pipelines.values() if one.id != pipeline]
    world.portal.set_pipelines([replace(old, stages=stages), *others])


def test_a_company_associated_without_a_bump_brings_its_tier(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=5)
    modified = live.portal.read("tickets", ticket)["hs_lastmodifieddate"]
    live.portal.associate("tickets", ticket, "companies", "5004", primary=True, at=live.now)
    with live.portal.lock:
        record = live.portal.record(TICKETS, ticket)
        record.values["hs_lastmodifieddate"] = modified
    assert run_refresh(live).judged == 1
    assert (live.held(ticket)["tier"], live.held(ticket)["policy"]) == ("gold", "gold")


def test_a_change_of_tier_reaches_open_tickets_that_nobody_touches(live: World) -> None:
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    ticket, other = live.ticket(company="5015"), live.ticket(company="5004")
    live.sync()
    live.advance(hours=2)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=5)
    live.sync()
    before = live.held(ticket)["policy"]
    stats = run_refresh(live)
    assert (before, live.held(ticket)["policy"], live.held(other)["policy"]) == ("support", "gold", "gold")
    assert (stats.judged, stats.tickets_seen) == (1, 2)
    assert run_refresh(live).judged == 0


def test_a_company_taken_away_takes_its_tier_with_it(live: World) -> None:
    ticket = live.ticket(company="5004")
    live.sync()
    with live.portal.lock:
        types = live.portal.links.types
        for other_id, type_ids in live.portal.links.of(TICKETS, int(ticket), kind_of(live, "companies")).items():
            for link in map(types.get, type_ids):
                live.portal.links.unlink(link, int(ticket), other_id)
    run_refresh(live)
    assert live.held(ticket)["policy"] == "support"


def kind_of(world: World, name: str) -> object:
    from hubspot_sandbox.object_types import ALL

    return next(kind for kind in ALL if kind.name == name)


def test_associations_that_could_not_be_read_are_not_taken_for_none(live: World) -> None:
    ticket, other = live.ticket(company="5004"), live.ticket(company="5004")
    live.sync()
    live.portal.archive("tickets", ticket)
    assert run_refresh(live).judged == 0
    assert live.held(other)["policy"] == "gold"
    assert live.rows(f"select companies from records where record_id = '{ticket}'") == [('[["5004",true]]',)]


def test_a_ticket_of_whose_companies_nothing_is_said_waits_until_it_is(live: World) -> None:
    ticket = live.ticket(company="5004")
    with live.running.faults.during("vanishing_rows", share=1.0, route="associations"):
        stats = live.sync()
    assert (stats.judged, stats.quarantined) == (0, 1)
    assert live.held(ticket) == {}
    live.advance(minutes=5)
    live.sync()
    assert live.held(ticket)["policy"] == "gold"
    assert live.rows("select * from quarantine") == []


def test_a_renamed_stage_is_told_once_and_changes_nothing(live: World, caplog: pytest.LogCaptureFixture) -> None:
    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    rename(live, "0", "1", "Brand new")
    with caplog.at_level(logging.WARNING, "hubspot_sla.refresh"):
        for _ in range(3):
            run_refresh(live)
    assert caplog.text.count("Brand new") == 1
    assert any("is called 'Brand new' in the portal now" in warning for warning in warnings(live))
    live.advance(minutes=5)
    live.change(ticket, hubspot_owner_id="3001")
    live.sync()
    assert live.held(ticket) == before
    rename(live, "0", "1", "New")
    run_refresh(live)
    assert warnings(live) == []
    assert [(len(body["new"]), len(body["over"])) for body in live.entries("portal")] == [(1, 0), (0, 1)]


def test_a_stage_that_the_mapping_does_not_know_is_told(live: World) -> None:
    old = live.portal.pipelines["0"]
    stages = (*old.stages, Stage("77", "Limbo", False, 9))
    others = [pipeline for pipeline in live.portal.pipelines.values() if pipeline.id != "0"]
    live.portal.set_pipelines([Pipeline("0", old.label, stages, 0), *others])
    run_refresh(live)
    assert any("'Limbo' (id 77) of this pipeline has no role" in warning for warning in warnings(live))


def test_a_property_of_ours_that_drifted_is_reported_and_not_overwritten(live: World) -> None:
    catalogue = live.portal.catalogue(TICKETS)
    status, due = catalogue.get("sla_status"), catalogue.get("sla_next_due_at")
    drifted = replace(due, type="string", field_type="text")
    catalogue.define(drifted)
    catalogue.define(replace(status, options=tuple(option for option in status.options if option.value != "met")))
    run_refresh(live)
    assert sorted(warning.split(" - ")[0] for warning in warnings(live)) == [
        "sla_next_due_at is string/text, not datetime/date",
        "sla_status lacks the options met",
    ]
    live.set_up()
    assert catalogue.get("sla_next_due_at") == drifted


def test_a_property_of_ours_that_is_gone_is_told_with_the_remedy(live: World) -> None:
    with wired(live.settings()) as context:
        context.portal.schema.archive_property("tickets", "sla_reason")
    run_refresh(live)
    assert "our property sla_reason is missing in HubSpot - run `sla setup`" in warnings(live)
    live.set_up()
    run_refresh(live)
    assert warnings(live) == []


def test_a_refresh_of_nothing_new_judges_and_writes_nothing(live: World) -> None:
    for _ in range(40):
        live.ticket(company="5004")
    live.sync()
    entries = live.rows("select count(*) from audit")
    stats = run_refresh(live)
    assert (stats.tickets_seen, stats.judged, stats.properties_written) == (40, 0, 0)
    assert (stats.calls["associations"], stats.calls["batch_read"]) == (1, 1)  # the name of the one company
    assert live.rows("select count(*) from audit") == entries
