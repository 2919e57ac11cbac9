"""What people do to tickets, customers and mappings, and what becomes of the verdicts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flows.world import POLICIES
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World

HOUR = timedelta(hours=1)


def test_a_customer_s_message_ends_the_waiting_though_nothing_was_modified(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="2")
    live.sync()
    assert live.held(ticket)["resolution_status"] == "paused"
    assert "resolution_due_at" not in live.held(ticket)
    live.advance(hours=5)
    modified = live.portal.read("tickets", ticket)["hs_lastmodifieddate"]
    live.portal.receive_customer_message(ticket, live.now)
    assert live.portal.read("tickets", ticket)["hs_lastmodifieddate"] == modified
    live.sync()
    assert live.held(ticket)["resolution_status"] == "running"
    assert live.held(ticket)["resolution_due_at"] == "2026-11-23T21:01:00Z"


def test_an_agent_s_reply_is_noticed_though_nothing_was_modified(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=1)
    live.portal.send_agent_message(ticket, live.now)
    live.sync()
    assert live.held(ticket)["first_response_status"] == "met"


def test_a_later_reply_of_the_agent_changes_nothing(live: World) -> None:
    ticket = live.ticket()
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    live.sync()
    before = live.held(ticket)
    live.advance(hours=10)
    live.portal.send_agent_message(ticket, live.now)
    assert live.sync().properties_written == 0
    assert live.held(ticket) == before


def test_a_stage_change_pauses_and_another_resumes(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    for hours, stage in ((1, "2"), (30, "3")):
        live.advance(hours=hours)
        live.change(ticket, hs_pipeline_stage=stage)
        live.sync()
    assert live.held(ticket)["resolution_due_at"] == "2026-11-24T22:01:00Z"
    assert live.held(ticket)["breached"] == "false"


def test_a_ticket_that_left_its_stage_and_came_back_between_two_looks_is_noticed(live: World) -> None:
    ticket = live.ticket()
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    live.sync()
    due = live.held(ticket)["resolution_due_at"]
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="2")
    live.advance(hours=3)
    live.change(ticket, hs_pipeline_stage="1")
    live.sync()
    assert (due, live.held(ticket)["resolution_due_at"]) == ("2026-11-24T08:01:00Z", "2026-11-24T11:01:00Z")


def test_a_higher_priority_recalculates_from_the_creation_and_breaches_at_the_change(live: World) -> None:
    ticket = live.ticket()
    live.advance(hours=2)
    live.change(ticket, hs_ticket_priority="HIGH")
    live.sync()
    held = live.held(ticket)
    assert held["first_response_status"] == "breached"
    assert held["first_response_due_at"] == "2026-11-23T09:01:00Z"
    assert held["first_breached_at"] == "2026-11-23T10:01:00Z"
    assert len(live.tasks()[ticket]) == 1


def test_a_lower_priority_withdraws_the_breach_and_says_so(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=2)
    live.sync()
    assert live.held(ticket)["breached"] == "true"
    live.change(ticket, hs_ticket_priority="LOW")
    live.sync()
    held = live.held(ticket)
    assert (held["status"], held["breached"], held["breach_count"]) == ("running", "false", "0")
    assert "first_breached_at" not in held
    (body,) = live.rows(f"select body from verdicts where record_id = '{ticket}' and clock = 'first_response'")
    assert "withdrawn" in str(body[0])
    live.advance(hours=3)
    live.sync()
    assert live.held(ticket)["first_response_status"] == "breached"
    assert len(live.tasks()[ticket]) == 1


def test_a_reopened_ticket_goes_on_without_its_closed_time(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert live.held(ticket)["status"] == "met"
    live.advance(days=3)
    live.change(ticket, hs_pipeline_stage="3")
    live.sync()
    held = live.held(ticket)
    assert (held["resolution_status"], held["resolution_due_at"]) == ("running", "2026-11-26T16:01:00Z")
    live.advance(hours=7, seconds=2)
    live.sync()
    assert live.held(ticket)["resolution_status"] == "breached"
    assert live.task_keys() == [f"task:{ticket}:resolution:1:breach"]


def test_a_move_to_another_pipeline_brings_its_promise(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=1)
    live.change(ticket, hs_pipeline="204880101", hs_pipeline_stage="981230002")
    live.sync()
    held = live.held(ticket)
    assert (held["policy"], held["resolution_due_at"]) == ("onboarding", "2026-11-25T08:01:00Z")


def test_a_move_to_where_nothing_is_promised_ends_the_clocks(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=1)
    live.change(ticket, hs_pipeline="204880202", hs_pipeline_stage="981240001")
    live.sync()
    assert live.held(ticket)["resolution_status"] == "not_applicable"
    assert "next_due_at" not in live.held(ticket)


def test_a_ticket_nothing_matches_has_no_sla(live: World) -> None:
    ticket = live.ticket(hs_pipeline="204880202", hs_pipeline_stage="981240001")
    live.sync()
    assert live.held(ticket)["status"] == "no_sla"
    assert live.held(ticket)["breached"] == "false"


def test_a_person_s_edit_of_our_properties_is_put_back(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    live.advance(minutes=3)
    live.change(ticket, sla_status="met", sla_tier="platinum", sla_next_due_at="")
    live.sync()
    assert live.held(ticket) == before
    assert live.sync().properties_written == 0


def test_an_edit_that_counts_for_nothing_costs_no_write(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(minutes=3)
    live.change(ticket, content="It is really hot")
    tally = live.sync()
    assert (tally.judged, tally.properties_written, tally.calls.total()) == (0, 0, 1)


def test_a_ticket_without_a_creation_time_is_unknown_and_the_others_go_on(live: World) -> None:
    odd, other = live.ticket(), live.ticket()
    live.change(odd, createdate="")
    assert live.sync().quarantined == 0
    held = live.held(odd)
    assert (held["status"], held["breached"]) == ("unknown", "false")
    assert "creation time" in held["reason"]
    assert live.held(other)["status"] == "running"
    live.advance(days=9)
    live.sync()
    assert live.task_keys() == [f"task:{other}:{metric}:1:breach" for metric in ("first_response", "resolution")]


def test_two_stage_changes_in_one_instant_count_in_their_order(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="4")
    live.change(ticket, hs_pipeline_stage="2")
    live.sync()
    assert live.held(ticket)["resolution_status"] == "paused"


def test_what_hubspot_truncates_stays_known(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    for hours, stage in ((1, "2"), (4, "3")):
        live.advance(hours=hours)
        live.change(ticket, hs_pipeline_stage=stage)
    live.sync()
    due = live.held(ticket)["resolution_due_at"]
    with live.portal.lock:
        record = next(r for r in live.portal._tables["tickets"] if str(r.id) == ticket)
        del record.past["hs_pipeline_stage"][:2]
    live.advance(hours=1)
    live.change(ticket, hubspot_owner_id="3003")
    live.sync()
    assert live.held(ticket)["resolution_due_at"] == due


# Customers and their tiers.


def test_the_tier_of_the_primary_company_decides(live: World) -> None:
    gold, none = live.ticket(company="5004"), live.ticket(company="5040")
    live.sync()
    assert (live.held(gold)["policy"], live.held(gold)["tier"]) == ("gold", "gold")
    assert (live.held(none)["policy"], live.held(none)["tier"]) == ("support", "no tier")


def test_a_new_tier_counts_for_tickets_created_from_then_on(live: World) -> None:
    before = live.ticket(company="5015")
    live.sync()
    live.advance(hours=2)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now)
    live.advance(minutes=5)
    after = live.ticket(company="5015")
    live.change(before, hs_ticket_priority="HIGH")
    live.sync()
    assert live.held(before)["policy"] == "support"
    assert live.held(after)["policy"] == "gold"


def test_a_company_whose_history_hubspot_truncates_keeps_its_old_tier(live: World) -> None:
    first = live.ticket(company="5004")
    live.sync()
    live.advance(hours=2)
    live.portal.update("companies", "5004", {"customer_tier": "bronze"}, at=live.now)
    with live.portal.lock:
        company = next(r for r in live.portal._tables["companies"] if str(r.id) == "5004")
        del company.past["customer_tier"][0]
    live.change(first, hubspot_owner_id="3002")
    live.sync()
    assert live.held(first)["policy"] == "gold"


# Edits of the mappings.


def test_a_policy_edit_counts_for_open_tickets_from_the_edit_on(live: World) -> None:
    open_, closed = live.ticket(), live.ticket()
    live.advance(seconds=1)
    live.portal.send_agent_message(closed, live.now)
    live.advance(hours=2)
    live.change(closed, hs_pipeline_stage="4")
    live.sync()
    before = live.held(closed)
    live.edit("policies.yaml", lambda text: text.replace("default: 4h", "default: 1h"))
    live.advance(minutes=30)
    live.sync()
    held = live.held(open_)
    assert held["first_response_status"] == "breached"
    assert held["first_response_due_at"] == "2026-11-23T09:01:00Z"
    assert held["first_breached_at"].startswith("2026-11-23T10:31:0")
    assert live.held(closed) == before


def test_what_was_due_before_an_edit_stays_settled_under_the_old_promise(live: World) -> None:
    """The worker was down: the breach of the old promise happened, and the edit withdraws it at the edit only."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    live.edit("policies.yaml", lambda text: text.replace("HIGH: 1h", "HIGH: 3h"))
    live.sync()
    (body,) = live.rows(f"select body from verdicts where record_id = '{ticket}' and clock = 'first_response'")
    assert '"breached_at":"2026-11-23T09:01:00Z"' in str(body[0])
    assert "the mappings changed" in str(body[0])
    assert live.held(ticket)["breached"] == "false"


def test_closed_tickets_keep_tier_and_policy_through_edits_and_backfills(live: World) -> None:
    closed = live.ticket(company="5040")
    live.advance(seconds=1)
    live.portal.send_agent_message(closed, live.now)
    live.advance(hours=1)
    live.change(closed, hs_pipeline_stage="4")
    live.sync()
    before = live.held(closed)
    live.edit("policies.yaml", lambda text: text.replace("id: support", "id: renamed"))
    live.edit("tiers.csv", lambda text: text + "5040,gold,2025-01-01,\n")
    live.advance(hours=1)
    live.sync()
    live.advance(seconds=5)
    assert live.sync(backfill=True).properties_written == 0
    assert live.held(closed) == before
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        told = explain(ledger.db, RecordRef.of(closed), round(live.now.timestamp() * 1000)).as_json()
    assert told["policy"] == "support"
    assert told["tier"] == {**told["tier"], "tier": None}  # type: ignore[dict-item]


def test_an_edit_that_is_taken_back_is_a_version_of_its_own(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    for text in (POLICIES.replace("default: 24h", "default: 12h"), POLICIES):
        live.edit("policies.yaml", lambda _, text=text: text)
        live.advance(minutes=10)
        live.sync()
    assert live.held(ticket) == before
    assert live.rows("select count(*) from policy_versions") == [(3,)]


def test_a_plan_shows_what_an_edit_would_do_and_adopts_nothing(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.edit("policies.yaml", lambda text: text.replace("default: 24h", "default: 12h"))
    (action,) = live.plan()
    assert action.record.record_id == ticket
    assert live.rows("select count(*) from policy_versions") == [(1,)]
    live.sync()
    assert live.held(ticket)["resolution_due_at"] == "2026-11-23T20:01:00Z"


def test_a_label_renamed_after_setup_changes_nothing(live: World) -> None:
    from dataclasses import replace

    ticket = live.ticket()
    live.sync()
    before = live.held(ticket)
    support = live.portal.pipelines["0"]
    stages = [replace(stage, label=f"{stage.label} (renamed)") for stage in support.stages]
    others = [pipeline for id_, pipeline in live.portal.pipelines.items() if id_ != "0"]
    live.portal.set_pipelines([replace(support, label="Help", stages=tuple(stages)), *others])
    live.advance(minutes=5)
    live.change(ticket, hubspot_owner_id="3001")
    live.sync()
    assert live.held(ticket) == before
    live.edit("policies.yaml", lambda text: text + "# a comment\n")
    live.sync()
    assert live.held(ticket)["resolution_due_at"] == before["resolution_due_at"]
