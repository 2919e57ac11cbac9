"""Outcomes: one row for each cycle of each clock, written with its verdict, with whose record it was and whose time."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_refresh import run_refresh
from flows.test_sweep import merge
from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.failpoints import Failpoint
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.ledger import database

if TYPE_CHECKING:
    from flows.world import World

MINUTE = 60_000
OFFICE = "calendars:\n  office:\n    timezone: Europe/Berlin\n    hours: {mon: ['09:00-17:00'], tue: ['09:00-17:00']}\n"


def outcomes(world: World, ticket: str | None = None, where: str = "metric = 'resolution'") -> list[dict[str, Any]]:
    """Rows of outcomes, in the order of records, clocks and cycles."""
    of_ticket = "" if ticket is None else f"and record_id = '{ticket}'"
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        query = f"select * from outcomes where {where} {of_ticket} order by record_id, clock, cycle"
        return [dict(row) for row in ledger.db.execute(query)]


def one(world: World, ticket: str, metric: str = "resolution") -> dict[str, Any]:
    (row,) = outcomes(world, ticket, f"metric = '{metric}'")
    return row


def whose(world: World, ticket: str, metric: str = "resolution") -> dict[tuple[object, ...], float]:
    """(holder, name, late) to minutes on the wall."""
    rows = world.rows(
        "select holder, holder_id, late, wall_s from whose_time"
        f" where record_id = '{ticket}' and metric = '{metric}' and kind = 'sla'"
    )
    return {(holder, name, bool(late)): float(str(wall_s)) / 60 for holder, name, late, wall_s in rows}


def ms(world: World, **ago: float) -> int:
    return int((world.now - timedelta(**ago)).timestamp() * 1000)


def test_an_outcome_says_what_was_promised_to_whom_and_what_became_of_it(live: World) -> None:
    ticket = live.ticket(company="5004", hs_ticket_priority="HIGH", hubspot_owner_id="3001", source_type="EMAIL")
    live.sync()
    live.advance(hours=7)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    row = one(live, ticket)
    expected = {
        "object_type": "tickets",
        "kind": "sla",
        "metric": "resolution",
        "place": "",
        "cycle": 1,
        "policy": "gold",
        "mappings": 1,
        "tier": "gold",
        "calendar": "always",
        "target_ms": 360 * MINUTE,
        "contract": None,
        "company_id": "5004",
        "owner_id": "3001",
        "team_id": live.portal.read("tickets", ticket)["hubspot_team_id"],
        "pipeline_id": "0",
        "stage_id": "1",
        "stage_role": "open",
        "priority": "HIGH",
        "source": "EMAIL",
        "category": None,
        "first_responder_id": None,
        "started_at": ms(live, hours=7),
        "due_at": ms(live, hours=1),
        "who_at": ms(live, hours=1),
        "stopped_at": ms(live),
        "ended_at": None,
        "breached_at": ms(live, hours=1),
        "withdrawn": None,
        "elapsed_ms": 420 * MINUTE,
        "paused_ms": 0,
        "late_ms": 60 * MINUTE,
        "late_wall_ms": 60 * MINUTE,
        "status": "missed",
        "excluded": None,
        "inferred": 0,
        "rules": CLOCK_RULES,
        "judged_mappings": 1,
    }
    assert {name: row[name] for name in expected} == expected
    team = str(row["team_id"])
    assert whose(live, ticket) == {("queue", team, False): 360.0, ("queue", team, True): 60.0}


def test_who_is_as_of_the_earlier_of_due_and_stop(live: World) -> None:
    """It is handed over an hour after it was due, and its priority falls when it is closed."""
    ticket = live.ticket(company="5004", hs_ticket_priority="HIGH", hubspot_owner_id="3001")
    live.sync()
    live.advance(hours=7)
    live.change(ticket, hubspot_owner_id="3002")
    live.sync()
    assert (one(live, ticket)["owner_id"], one(live, ticket)["status"]) == ("3001", "breached")
    early = live.ticket(company="5004", hubspot_owner_id="3001")
    live.advance(minutes=5)
    live.change(early, hubspot_owner_id="3002", hs_ticket_priority="LOW")
    live.advance(minutes=5)
    live.change(early, hs_pipeline_stage="4")
    live.advance(minutes=5)
    live.change(early, hubspot_owner_id="3003")
    live.sync()
    assert (one(live, early)["owner_id"], one(live, early)["priority"]) == ("3002", "LOW")


def test_time_is_divided_between_queue_customer_and_closed_hours(live: World) -> None:
    live.edit("calendars.yaml", lambda _: OFFICE)
    live.edit("policies.yaml", lambda text: text.replace("calendar: always", "calendar: office"))
    live.sync()
    ticket = live.ticket(company="5004")  # 09:01 in Berlin
    live.sync()
    live.advance(hours=4)
    live.change(ticket, hs_pipeline_stage="2")  # waiting on contact
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="3")
    live.advance(hours=3)  # two hours and 59 minutes to closing at 17:00
    live.advance(hours=16)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    row = one(live, ticket)
    minutes = whose(live, ticket)
    assert minutes["customer", "", False] == 60.0
    assert sum(minutes.values()) == 24 * 60
    business = sum(time for (holder, _, _), time in minutes.items() if holder != "closed_hours")
    assert business == (row["elapsed_ms"] + row["paused_ms"]) / MINUTE
    assert (
        sum(time for (holder, _, late), time in minutes.items() if late and holder == "queue")
        == row["late_ms"] / MINUTE
    )


def test_the_queue_is_told_by_the_team_that_had_it(live: World) -> None:
    owners = {owner.primary_team.id: id_ for id_, owner in sorted(live.portal.owners.items()) if owner.primary_team}
    (first, one_of_first), (second, one_of_second), *_ = owners.items()
    ticket = live.ticket(hubspot_owner_id=one_of_first)
    live.sync()
    live.advance(hours=1)
    live.change(ticket, hubspot_owner_id=one_of_second)
    live.advance(hours=2)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert whose(live, ticket) == {("queue", first, False): 60.0, ("queue", second, False): 120.0}


def test_stages_that_a_vendor_or_a_team_holds_are_told_apart(live: World) -> None:
    live.edit("policies.yaml", lambda text: text.replace("pipeline: Onboarding", "pipeline: Billing"))
    live.sync()
    (billing,) = [pipeline for pipeline in live.portal.pipelines.values() if pipeline.label == "Billing"]
    stages = {stage.label: stage.id for stage in billing.stages}
    ticket = live.ticket(hs_pipeline=billing.id, hs_pipeline_stage=stages["New"])
    live.sync()
    for label in ("Under review", "Waiting on bank", "Resolved"):
        live.advance(hours=1)
        live.change(ticket, hs_pipeline_stage=stages[label])
    live.sync()
    minutes = whose(live, ticket)
    assert {key[:2]: time for key, time in minutes.items()} == {
        ("queue", ""): 60.0,
        ("team", "Billing"): 60.0,
        ("vendor", "Bank"): 60.0,
    }


def test_each_cycle_has_its_row(live: World) -> None:
    live.edit(
        "policies.yaml", lambda text: text.replace("{first_response: 30m, resolution: 6h}", "{next_response: 2h}")
    )
    live.sync()
    ticket = live.ticket(company="5004")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    for _ in range(3):
        for happens in (live.portal.receive_customer_message, live.portal.send_agent_message):
            live.advance(minutes=30)
            happens(ticket, live.now)
            live.sync()
    rows = outcomes(live, ticket, "metric = 'next_response'")
    assert [(row["cycle"], row["status"], row["elapsed_ms"]) for row in rows] == [
        (cycle, "met", 30 * MINUTE) for cycle in (1, 2, 3)
    ]


def test_what_stands_outside_attainment_says_why(live: World) -> None:
    (billing,) = [pipeline for pipeline in live.portal.pipelines.values() if pipeline.label == "Billing"]
    nobody = live.ticket(hs_pipeline=billing.id, hs_pipeline_stage=billing.stages[0].id)
    unanswered = live.ticket()
    live.advance(minutes=5)
    live.change(unanswered, hs_pipeline_stage="4")
    live.sync()
    assert (one(live, nobody)["excluded"], one(live, nobody)["started_at"]) == ("no_sla", None)
    assert one(live, unanswered, "first_response")["excluded"] == "not_applicable"
    assert one(live, unanswered)["excluded"] is None


def test_what_was_over_or_late_before_go_live_is_excluded_for_that(empty: World) -> None:
    closed, late, fresh = (
        (empty.ticket(age=timedelta(days=2)) for _ in range(2)),
        empty.ticket(age=timedelta(days=2)),
        empty.ticket(),
    )
    done, _ = closed
    empty.change(done, hs_pipeline_stage="4")
    empty.advance(minutes=1)
    empty.set_up()
    empty.sync(backfill=True)
    assert [one(empty, ticket)["excluded"] for ticket in (done, late, fresh)] == [
        "before_go_live",
        "before_go_live",
        None,
    ]


def test_a_merged_ticket_is_excluded_and_its_survivor_counts(live: World) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=True)
    old, young = live.ticket(), live.ticket()
    live.sync()
    live.advance(minutes=10)
    merge(live, young, old)
    live.sync()
    assert {row["record_id"]: row["excluded"] for row in outcomes(live)} == {young: None, old: "merged"}


def test_further_dimensions_are_carried_as_they_were(live: World) -> None:
    live.edit("portal.yaml", lambda text: f"{text}\nreport: {{dimensions: [subject, source_type]}}\n")
    live.sync()
    ticket = live.ticket(company="5004", subject="Before", source_type="EMAIL")
    live.sync()
    live.advance(hours=7)
    live.change(ticket, subject="After")
    live.sync()
    assert one(live, ticket)["dimensions"] == '{"subject":"Before","source_type":"EMAIL"}'


def test_an_unknown_dimension_is_named_with_its_line(live: World) -> None:
    live.edit("portal.yaml", lambda text: f"{text}\nreport: {{dimensions: [suject]}}\n")
    refused = str(live.sync().refused)
    assert re.search(r"portal.yaml:\d+:\d+: the portal has no ticket property 'suject'", refused)


def test_a_run_that_dies_leaves_no_outcome_without_its_verdict(live: World) -> None:
    """Killed between judging and recording, and again after: both or neither stand."""

    class Died(BaseException):
        pass

    def die_at(point: Failpoint) -> None:
        def reached(now: Failpoint) -> None:
            if now is point:
                raise Died

        with wired(live.settings()) as context, pytest.raises(Died):
            sync(replace(context, reached=reached))

    query = "select count(distinct record_id) from {}"
    live.ticket()
    die_at(Failpoint.JUDGED)
    assert live.rows(query.format("outcomes")) == live.rows(query.format("verdicts")) == [(0,)]
    die_at(Failpoint.RECORDED)
    assert live.rows(query.format("outcomes")) == live.rows(query.format("verdicts")) == [(1,)]


def test_a_ticket_whose_tier_changed_has_the_outcome_of_the_new_promise(live: World) -> None:
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    ticket = live.ticket(company="5015")
    live.sync()
    before = one(live, ticket)
    live.advance(hours=2)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=5)
    run_refresh(live)
    after = one(live, ticket)
    assert (before["policy"], after["policy"], after["tier"]) == ("support", "gold", "gold")


def test_two_clocks_of_one_cycle_take_no_more_than_they_may(live: World) -> None:
    """1.2 KB with indexes; counted over 500 tickets, as pages are."""
    for _ in range(500):
        ticket = live.ticket(company="5004", hubspot_owner_id="3001", hs_ticket_priority="HIGH", source_type="EMAIL")
    live.advance(minutes=10)
    for ticket in live.portal.ids("tickets"):
        live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    with sqlite3.connect(live.folder / "ledger.db") as db:
        db.execute("pragma wal_checkpoint(truncate)")
        tables = "name in ('outcomes', 'outcome_time') or name like '%autoindex_outcomes%'"
        (used,) = db.execute(f"select sum(pgsize) from dbstat where {tables}").fetchone()
        (count,) = db.execute("select count(*) from outcomes where status <> 'no_sla'").fetchone()
    db.close()
    assert count == 1000
    assert used / 500 <= 1200
