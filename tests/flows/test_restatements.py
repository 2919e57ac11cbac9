"""What had come to its end and is another outcome now keeps its earlier edition, with one cause of the closed list."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flows.test_outcomes import one
from flows.test_rebuild_outcomes import alter, older_rules, rewrite
from flows.test_refresh import run_refresh
from flows.test_sweep import merge, restore, run_sweep
from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import LedgerDamaged
from hubspot_sla.flows.inspection.editions import sentence
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.runs import rebuild_outcomes, waive
from hubspot_sla.ledger import database, outcome_editions
from hubspot_sla.ledger.waivers import WaiverTerms
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World


def editions(world: World, ticket: str | None = None) -> list[tuple[object, ...]]:
    """(clock, cycle, status, cause), as they were restated."""
    of_ticket = "" if ticket is None else f"where record_id = '{ticket}'"
    return world.rows(f"select clock, cycle, status, cause from outcome_editions {of_ticket} order by id")


def waived(world: World, ticket: str, metric: str | None = None, *, until: int | None = None, by: str = "Ada") -> int:
    now = int(world.now.timestamp() * 1000)
    with database.open_beside(world.folder / "ledger.db") as ledger:
        terms = WaiverTerms("agreed by phone", by, now, expires_at=until)
        return waive.grant(ledger, waive.Asked(record=ticket, metric=metric), terms).number


def explained(world: World, ticket: str) -> dict[str, Any]:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return explain(ledger.db, RecordRef.of(ticket), int(world.now.timestamp() * 1000)).as_json()


@pytest.fixture
def late(live: World) -> str:
    """Its first response and its resolution are late and open."""
    ticket = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3001")
    live.sync()
    live.advance(hours=9)
    live.sync()
    assert one(live, ticket)["status"] == one(live, ticket, "first_response")["status"] == "breached"
    live.advance(seconds=1)
    return ticket


def test_a_reply_that_shows_late_restates_the_first_response_and_nothing_else(live: World, late: str) -> None:
    before = one(live, late, "first_response")
    live.portal.send_agent_message(late, live.now - timedelta(hours=8, minutes=30))
    live.advance(minutes=1)
    live.sync()
    assert one(live, late, "first_response")["status"] == "met"
    assert editions(live) == [("first_response", 1, "breached", "back-dated")]
    kept = live.rows("select due_at, breached_at, elapsed_ms, judged_at, author from outcome_editions")
    assert kept == [(*(before[name] for name in ("due_at", "breached_at", "elapsed_ms", "judged_at")), "CALCULATED")]
    assert live.entries("verdict", late)[-1]["restated"] == [
        {"clock": "first_response", "cycle": 1, "cause": "back-dated", "author": "CALCULATED"}
    ]
    live.require_whole_chain()


def test_time_and_later_events_restate_nothing(live: World, late: str) -> None:
    """A reply now, another priority, an edited owner, closing, reopening and closing again."""
    done = live.ticket()
    live.sync()
    live.portal.send_agent_message(late, live.now)
    live.change(done, hs_pipeline_stage="4")
    live.advance(minutes=1)
    live.sync()
    live.advance(minutes=1)
    live.change(late, hs_ticket_priority="LOW")
    live.sync()
    assert one(live, late)["withdrawn"] is not None
    live.advance(minutes=1)
    live.change(late, hubspot_owner_id="3002")
    live.sync()
    live.advance(hours=30)
    live.sync()
    for stage in ("4", "1", "4"):
        live.advance(minutes=5)
        live.change(late, hs_pipeline_stage=stage)
        live.sync()
    assert one(live, late)["status"] == "missed"
    assert editions(live) == []


def test_a_merge_restates_what_the_survivor_and_the_other_had_come_to(live: World, late: str) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=True)
    quick = live.ticket(hs_ticket_priority="HIGH")
    live.advance(minutes=5)
    live.portal.send_agent_message(quick, live.now)
    live.advance(minutes=5)
    live.sync()
    assert one(live, quick, "first_response")["status"] == "met"
    merge(live, quick, late)
    live.sync()
    assert one(live, late)["excluded"] == "merged"
    assert {edition[3] for edition in editions(live)} == {"merge"}
    assert {edition[:3] for edition in editions(live, late)} >= {("resolution", 1, "breached")}
    live.require_whole_chain()


def test_a_waiver_restates_and_its_revocation_too_but_not_its_end(live: World, late: str) -> None:
    number = waived(live, late, "resolution")
    live.advance(minutes=1)
    live.sync()
    assert editions(live) == [("resolution", 1, "breached", "waiver")]
    with database.open_beside(live.folder / "ledger.db") as ledger:
        waive.revoke(ledger, number, int(live.now.timestamp() * 1000), "Bob", "the wrong ticket")
    live.advance(minutes=1)
    live.sync()
    assert editions(live)[1:] == [("resolution", 1, "waived", "waiver")]
    assert live.rows("select author from outcome_editions order by id") == [("Ada",), ("Bob",)]
    waived(live, late, "first_response", until=int((live.now + timedelta(minutes=10)).timestamp() * 1000))
    live.advance(minutes=1)
    live.sync()
    live.advance(minutes=10)
    live.sync()
    assert one(live, late, "first_response")["status"] == "breached"
    assert editions(live)[2:] == [("first_response", 1, "breached", "waiver")]


def test_the_author_is_who_waived_this_clock_of_this_ticket_and_not_another_one(live: World, late: str) -> None:
    """Between two syncs several people may grant waivers, for tickets of one page."""
    other, third = live.ticket(hs_ticket_priority="HIGH"), live.ticket()
    live.sync()
    live.advance(hours=9)
    live.sync()
    for ticket, by in ((third, "Zoe"), (late, "Ada"), (other, "Bob"), (third, "Eve")):
        waived(live, ticket, "resolution", by=by)
    waived(live, late, "first_response", by="Cy")
    live.sync()
    authors = set(live.rows("select record_id, clock, author from outcome_editions"))
    assert authors == {(late, "resolution", "Ada"), (late, "first_response", "Cy"), (other, "resolution", "Bob")}


def test_a_tier_that_is_corrected_restates_with_that_cause(live: World) -> None:
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    live.edit("policies.yaml", lambda text: text.replace("default: 24h", "default: 1h"))
    ticket = live.ticket(company="5015")
    live.sync()
    live.advance(hours=2)
    live.sync()
    assert (one(live, ticket)["status"], one(live, ticket)["policy"]) == ("breached", "support")
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=live.now - timedelta(hours=2, minutes=5))
    live.advance(minutes=35)
    run_refresh(live)
    assert (one(live, ticket)["status"], one(live, ticket)["policy"]) == ("running", "gold")
    assert {edition[3] for edition in editions(live)} == {"tier"}


def test_edited_mappings_restate_what_is_late_and_open(live: World, late: str) -> None:
    live.edit("policies.yaml", lambda text: text.replace("{HIGH: 8h, default: 24h}", "{HIGH: 40h, default: 24h}"))
    live.advance(minutes=1)
    live.sync()
    assert one(live, late)["status"] == "running"
    assert editions(live) == [("resolution", 1, "breached", "mappings")]
    version = live.rows("select version from policy_versions order by seq desc limit 1")[0][0]
    assert live.rows("select author from outcome_editions") == [(f"mappings {version}",)]


def test_a_waiver_kept_as_code_is_a_waiver(live: World, late: str) -> None:
    (live.folder / "mappings" / "waivers.yaml").write_text(
        f'waivers:\n  - {{ticket: "{late}", metric: resolution, reason: agreed, by: Mara}}\n', encoding="utf-8"
    )
    live.advance(minutes=1)
    live.sync()
    assert editions(live) == [("resolution", 1, "breached", "waiver")]


def test_a_correction_of_the_clock_is_a_cause(live: World, late: str) -> None:
    """As if the rules before had said that it was due an hour later."""
    older_rules(live)
    hour = "due_at = due_at + 3600000, who_at = who_at + 3600000, breached_at = breached_at + 3600000"
    rewrite(live, f"update outcomes set {hour} where clock = 'resolution'")
    rewrite(
        live, "update verdicts set body = replace(body, '2026-11-23T16', '2026-11-23T17') where clock = 'resolution'"
    )
    live.advance(minutes=5)
    live.sync()
    assert editions(live) == [("resolution", 1, "breached", "clock rules")]
    assert live.rows("select author, rules from outcome_editions") == [(f"clock rules {CLOCK_RULES}", CLOCK_RULES - 1)]


def test_a_ticket_that_was_archived_before_it_was_late_is_restated(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=30)
    live.portal.archive("tickets", ticket)
    live.advance(hours=9)
    run_sweep(live)
    assert one(live, ticket)["excluded"] == "not_applicable"
    assert editions(live) == []  # it was running when it was last judged
    restore(live, ticket)
    live.advance(minutes=1)
    run_sweep(live)
    assert one(live, ticket)["status"] == "breached"


def test_a_ticket_that_had_been_archived_when_it_was_judged_late_is_restated(live: World) -> None:
    """Edited mappings have all open tickets judged from the ledger alone; the sweep sees later that it was gone."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=30)
    live.portal.archive("tickets", ticket)
    live.advance(hours=9)
    live.edit("policies.yaml", lambda text: text.replace("default: 4h", "default: 5h"))
    live.sync()
    assert one(live, ticket)["status"] == "breached"
    live.advance(minutes=1)
    run_sweep(live)
    assert one(live, ticket)["excluded"] == "not_applicable"
    assert editions(live) == [
        (clock, 1, "breached", "unmerge or archive") for clock in ("first_response", "resolution")
    ]


def test_an_altered_outcome_is_replaced_and_no_edition(live: World, late: str) -> None:
    alter(live, "update outcomes set due_at = due_at + 1 where clock = 'resolution'")
    live.change(late, hubspot_owner_id="3002")
    live.advance(minutes=1)
    live.sync()
    assert editions(live) == []
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        assert rebuild_outcomes.compare(ledger).differing == 0


def test_explain_shows_the_earlier_edition_beside_the_present_one(live: World, late: str) -> None:
    live.portal.send_agent_message(late, live.now - timedelta(hours=8, minutes=30))
    live.advance(minutes=1)
    live.sync()
    metrics = explained(live, late)["metrics"]
    (edition,) = metrics["first_response"]["editions"]
    assert metrics["first_response"]["status"] == "met"
    assert (edition["status"], edition["cause"], edition["author"]) == ("breached", "back-dated", "CALCULATED")
    assert edition["restated_at"].startswith("2026-11-23T17:02:0")
    assert metrics["resolution"]["editions"] == []
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        (kept,) = outcome_editions.of_record(ledger.db, RecordRef.of(late))
    told = sentence(kept, lambda at: f"<{at}>")
    assert told.endswith("was breached (due <1795424460000>); restated: back-dated, by CALCULATED")


@pytest.mark.parametrize("change", ["update outcome_editions set status = 'met'", "delete from outcome_editions"])
def test_an_edition_is_neither_changed_nor_removed(live: World, late: str, change: str) -> None:
    """Not by accident, and not in silence by somebody who owns the file."""
    waived(live, late)
    live.advance(minutes=1)
    live.sync()
    with sqlite3.connect(live.folder / "ledger.db") as db:
        with pytest.raises(sqlite3.IntegrityError, match="outcome_editions is append-only"):
            db.execute(change)
        for trigger in ("update", "delete"):
            db.execute(f"drop trigger outcome_editions_refuse_{trigger}")
        db.execute(change)
    db.close()
    with pytest.raises(LedgerDamaged, match="what it refers to was altered"):
        live.require_whole_chain()


def test_an_edition_that_nobody_sealed_is_found(live: World, late: str) -> None:
    waived(live, late)
    live.advance(minutes=1)
    live.sync()
    columns = [
        name for (_, name, *_) in live.rows("pragma table_info(outcome_editions)") if name not in ("id", "entry")
    ]
    listed = ", ".join(map(str, columns))
    alter(live, f"insert into outcome_editions ({listed}, entry) select {listed}, 999 from outcome_editions")
    with pytest.raises(LedgerDamaged, match="a row of outcome_editions claims entry 999"):
        live.require_whole_chain()


def test_what_happens_in_the_second_of_the_judgement_is_a_later_event(live: World) -> None:
    """Clocks differ by up to a second: it may have come after what was judged, though its instant is before."""
    ticket = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3001")
    live.sync()
    live.advance(hours=9)
    live.sync()
    ((judged_at,),) = live.rows("select max(judged_at) from outcomes")
    assert int(str(judged_at)) > live.now.timestamp() * 1000
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert one(live, ticket)["status"] == "missed"
    assert editions(live) == []


def test_a_past_that_shows_with_a_shortened_history_is_restated_with_that_cause(live: World) -> None:
    """HubSpot gives the newest value only, and that one is dated back."""
    ticket = live.ticket(hs_ticket_priority="LOW")
    live.sync()
    live.advance(hours=1)
    live.change(ticket, hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=10)
    live.sync()
    assert one(live, ticket)["status"] == "breached"
    live.portal.update("tickets", ticket, {"hs_ticket_priority": "LOW"}, at=live.now - timedelta(hours=5))
    live.running.faults.add("truncated_history", keep=1, properties=["hs_ticket_priority"])
    live.advance(seconds=2)
    run_sweep(live)
    assert editions(live) == [(clock, 1, "breached", "shortened") for clock in ("first_response", "resolution")]
    live.require_whole_chain()
