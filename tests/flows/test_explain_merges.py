"""`sla explain` of merged tickets: it says of each what the ledger holds, however the portal merges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flows.test_sweep import merge
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.ledger import database, verdicts
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.inspection.explain import Explanation


def explained(world: World, ticket: str) -> Explanation:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return explain(ledger.db, RecordRef.of(ticket), world.portal.clock.now_ms())


def recorded(world: World, ticket: str) -> dict[str, dict[str, object]]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return verdicts.load(ledger.db, "tickets", [ticket])[ticket]


def assert_as_recorded(world: World, ticket: str) -> None:
    explanation = explained(world, ticket)
    assert {metric.verdict.clock.key for metric in explanation.metrics} == set(recorded(world, ticket))
    assert [metric.recorded for metric in explanation.metrics if metric.recorded is not None] == []


def merged(world: World, *, keeps: bool) -> tuple[str, str]:
    """An old ticket merged into one two hours younger: (survivor, what went)."""
    world.portal.behaviour = replace(world.portal.behaviour, merges_keep_the_primary_id=keeps)
    old = world.ticket(subject="First")
    world.sync()
    world.advance(hours=2)
    young = world.ticket(subject="Second")
    world.sync()
    world.advance(minutes=10)
    before = set(world.portal.ids("tickets"))
    merge(world, young, old)
    world.advance(minutes=10)
    world.sync()
    new = set(world.portal.ids("tickets")) - before
    return (new.pop() if new else young), old


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets a new id"])
def test_the_survivor_of_a_merge_is_explained_from_the_start_of_the_oldest_ticket(live: World, keeps: bool) -> None:
    began_at = round(live.now.timestamp() * 1000)
    survivor, _ = merged(live, keeps=keeps)
    verdict = recorded(live, survivor)["resolution"]
    assert (verdict["status"], verdict["started_at"]) == ("running", wire(began_at))
    assert_as_recorded(live, survivor)


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets a new id"])
def test_a_ticket_that_was_merged_away_is_explained_as_merged_and_names_its_survivor(live: World, keeps: bool) -> None:
    survivor, old = merged(live, keeps=keeps)
    statuses = {metric.verdict.status.value for metric in explained(live, old).metrics}
    assert statuses == {"merged"}
    assert all(f"into ticket {survivor}" in metric.line for metric in explained(live, old).metrics)
    assert_as_recorded(live, old)


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets a new id"])
def test_every_ticket_of_a_merge_of_a_merge_is_explained_as_it_is_recorded(live: World, keeps: bool) -> None:
    survivor, old = merged(live, keeps=keeps)
    live.advance(hours=1)
    third = live.ticket(subject="Third")
    live.sync()
    live.advance(minutes=1)
    merge(live, third, survivor)
    live.advance(minutes=1)
    live.sync()
    everything = {str(id_) for (id_,) in live.rows("select record_id from records")}
    assert {old, survivor, third} <= everything
    for ticket in sorted(everything):
        assert_as_recorded(live, ticket)


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its id", "gets a new id"])
def test_the_rungs_of_what_was_merged_count_in_the_explanation_of_the_survivor(live: World, keeps: bool) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=keeps)
    old, young = live.ticket(hs_ticket_priority="HIGH"), live.ticket(hs_ticket_priority="HIGH")
    live.advance(minutes=61)
    live.sync()
    before = set(live.portal.ids("tickets"))
    merge(live, young, old)
    live.advance(minutes=1)
    live.sync()
    new = set(live.portal.ids("tickets")) - before
    survivor = new.pop() if new else young
    escalation = explained(live, survivor).as_json()
    assert [rung["key"] for rung in escalation["rungs"]] == [f"rung:{survivor}:first_response:1:default:breach"]  # type: ignore[attr-defined]
    assert "first_response" not in {rung["clock"] for rung in escalation["coming"]}  # type: ignore[attr-defined]
