"""Outcomes computed again from facts alone are those that the runs wrote; what is missing or altered is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

import altered
from flows.test_outcomes import one
from flows.test_refresh import run_refresh
from flows.test_sweep import merge, run_sweep
from hubspot_sla.clock.rules_number import CLOCK_RULES
from hubspot_sla.errors import OutcomesDiffer
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.status import status
from hubspot_sla.flows.runs import rebuild_outcomes
from hubspot_sla.ledger import database, outcomes

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.runs.rebuild_outcomes import Rebuilt


def compare(world: World) -> Rebuilt:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return rebuild_outcomes.compare(ledger)


def rebuild(world: World, pages: int | None = None) -> Rebuilt:
    """As the command does; stopped after so many pages, where said."""
    seen = [0]

    def stopping() -> bool:
        seen[0] += 1
        return pages is not None and seen[0] >= pages

    with database.open_for_writing(world.folder / "ledger.db") as ledger:
        return rebuild_outcomes.rebuild(ledger, stopping=stopping)


def alter(world: World, *statements: str) -> None:
    altered.alter(world.folder / "ledger.db", *statements)


def rewrite(world: World, *statements: str) -> None:
    altered.rewrite(world.folder / "ledger.db", *statements)


def same(found: Rebuilt, records: int) -> bool:
    return (found.records, found.differing, found.not_reproduced, found.filled) == (records, 0, 0, 0)


def test_sixty_tickets_of_a_month_come_out_as_they_were_written(seeded: World) -> None:
    seeded.sync(backfill=True)
    assert same(compare(seeded), len(seeded.portal.ids("tickets")))
    rows = seeded.rows("select * from outcomes_named order by record_id, kind, metric, place, cycle")
    assert same(rebuild(seeded), len(seeded.portal.ids("tickets")))
    assert seeded.rows("select * from outcomes_named order by record_id, kind, metric, place, cycle") == rows


def test_what_is_learned_after_a_judgement_does_not_change_what_comes_out(live: World) -> None:
    """A closed ticket keeps its outcome though its company's tier, the mappings and the go-live are other ones now."""
    live.edit("tiers.yaml", lambda text: text.replace("as_of: creation", "as_of: now"))
    done, going_on = live.ticket(company="5015"), live.ticket(company="5015")
    live.advance(hours=2)
    live.change(done, hs_pipeline_stage="4")
    live.sync()
    before = one(live, done)
    live.advance(hours=1)
    long_ago = live.now - timedelta(hours=3, minutes=1)
    live.portal.update("companies", "5015", {"customer_tier": "gold"}, at=long_ago)
    live.advance(minutes=5)
    run_refresh(live)
    live.edit("policies.yaml", lambda text: text.replace("default: 24h", "default: 1h"))
    live.advance(minutes=5)
    live.sync()
    assert same(compare(live), 2)
    assert one(live, done) == before
    assert one(live, going_on)["tier"] == "gold"


def test_merged_archived_and_restored_tickets_come_out_too(live: World) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=True)
    old, young, gone = (live.ticket(hs_ticket_priority="HIGH") for _ in range(3))
    live.sync()
    live.advance(minutes=30)
    merge(live, young, old)
    live.portal.archive("tickets", gone)
    live.sync()
    run_sweep(live)
    assert same(compare(live), 3)
    live.advance(hours=9)
    live.sync()
    assert same(compare(live), 3)


ALTERATIONS = {
    "a status": "update outcomes set status = 'met' where metric = 'resolution'",
    "an instant": "update outcomes set due_at = due_at + 1 where due_at is not null",
    "an owner": "update outcomes set owner_id = '3009' where metric = 'resolution'",
    "why it is excluded": "update outcomes set excluded = 'waived' where metric = 'resolution'",
    "whose time it was": "update outcome_time set ms = ms + 1",
    "a removed row of time": "delete from outcome_time",
    "a removed cycle": "delete from outcomes where metric = 'resolution'",
    "another cycle": "update outcomes set cycle = 2 where metric = 'resolution'",
}


@pytest.mark.parametrize("statement", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_outcome_is_found_and_put_right(live: World, statement: str) -> None:
    ticket = live.ticket(hubspot_owner_id="3001")
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="2")
    live.sync()
    live.advance(hours=50)
    live.sync()
    query = "select * from outcomes_named order by metric"
    rows = live.rows(query)
    alter(live, statement)
    found = compare(live)
    assert (found.differing, found.examples) == (1, [ticket])
    assert rebuild(live).differing == 1
    assert (live.rows(query), compare(live).differing) == (rows, 0)


def test_an_altered_verdict_or_fact_is_not_taken_over(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    alter(live, """update verdicts set body = replace(body, 'running', 'met') where clock = 'resolution'""")
    found = compare(live)
    assert (found.not_reproduced, found.examples) == (1, [ticket])
    with pytest.raises(OutcomesDiffer, match=f"1 whose verdicts cannot be reproduced: {ticket}"):
        rebuild_outcomes.require_same(found)


def test_a_rebuild_that_was_interrupted_goes_on_where_it_was(seeded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_sla.flows.runs.judged_again.PAGE", 10)
    seeded.sync(backfill=True)
    number = len(seeded.portal.ids("tickets"))
    alter(seeded, "update outcomes set elapsed_ms = 1")
    first = rebuild(seeded, pages=2)
    assert first.records == 20
    assert compare(seeded).differing == number - 20
    assert rebuild(seeded).records == number - 20
    assert same(compare(seeded), number)
    assert rebuild(seeded).records == number  # a later one begins anew


def as_before_outcomes(world: World) -> None:
    """As an upgrade leaves a ledger: no outcomes, no number of rules, facts without the entries that cover them."""
    noted = "insert or replace into meta (key, value) values ('outcomes_missing', 'to be filled')"
    rewrite(world, "delete from outcome_time", "delete from outcomes", noted)


def missing(world: World) -> outcomes.Missing:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        found = status(ledger.db, 0, 0).outcomes
        return outcomes.Missing(found.missing, found.can_be_filled)


def test_the_first_sync_after_an_upgrade_fills_what_is_missing(seeded: World) -> None:
    seeded.sync(backfill=True)
    number = len(seeded.portal.ids("tickets"))
    query = "select * from outcomes_named order by record_id, kind, metric, place, cycle"
    rows = [row[:-8] for row in seeded.rows(query)]
    seeded.advance(minutes=5)
    seeded.sync()
    as_before_outcomes(seeded)
    assert missing(seeded) == outcomes.Missing(number, can_be_filled=True)
    calls = seeded.sync().calls
    assert calls == {"search": 1}
    assert missing(seeded) == outcomes.Missing()
    assert same(compare(seeded), number)
    assert len(seeded.rows(query)) == len(rows)


def test_a_fill_gives_way_and_goes_on_with_the_next_sync(seeded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_sla.flows.runs.judged_again.PAGE", 10)
    seeded.sync(backfill=True)
    number = len(seeded.portal.ids("tickets"))
    as_before_outcomes(seeded)
    with database.open_for_writing(seeded.folder / "ledger.db") as ledger:
        assert rebuild_outcomes.fill(ledger, stopping=lambda: True).filled == 10
    assert missing(seeded) == outcomes.Missing(number - 10, can_be_filled=True)
    with database.open_for_writing(seeded.folder / "ledger.db") as ledger:
        assert rebuild_outcomes.fill(ledger, stopping=lambda: False).filled == number - 10
        assert rebuild_outcomes.fill(ledger, stopping=lambda: False).records == 0
    assert missing(seeded) == outcomes.Missing()


def test_what_cannot_be_reproduced_is_left_and_said_until_a_backfill(live: World) -> None:
    ticket = live.ticket()
    live.advance(minutes=5)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    as_before_outcomes(live)
    rewrite(live, "update verdicts set body = replace(body, '\"met\"', '\"missed\"') where clock = 'resolution'")
    live.sync()
    assert missing(live) == outcomes.Missing(1, can_be_filled=False)
    live.sync(backfill=True)
    assert missing(live) == outcomes.Missing()
    assert one(live, ticket)["status"] == "met"


def test_the_nightly_check_reports_and_writes_no_outcome(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    with wired(live.settings()) as context:
        assert same(rebuild_outcomes.check(context), 1)
    alter(live, "update outcomes set status = 'met' where metric = 'resolution'")
    with wired(live.settings()) as context, pytest.raises(OutcomesDiffer, match=ticket):
        rebuild_outcomes.check(context)
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        assert status(ledger.db, 0, 0).outcomes.differing == 1
    assert one(live, ticket)["status"] == "met"


def test_no_call_is_made(seeded: World) -> None:
    seeded.sync(backfill=True)
    as_before_outcomes(seeded)
    seeded.running.close()
    assert rebuild(seeded).filled == len(seeded.rows("select record_id from records"))


RAISED = f"clock rules {CLOCK_RULES - 1} -> {CLOCK_RULES}"


def older_rules(world: World) -> None:
    """As a release that corrects the clock finds a ledger."""
    older = CLOCK_RULES - 1
    rewrite(world, f"update verdicts set rules = {older}", f"update outcomes set rules = {older}")
    rewrite(world, f"update meta set value = '{older}' where key = 'clock_rules'")


def as_before_rules_had_numbers(world: World) -> None:
    as_before_outcomes(world)
    rewrite(world, f"update verdicts set rules = {CLOCK_RULES - 1}", "delete from meta where key = 'clock_rules'")


def test_an_upgrade_over_a_correction_of_the_clock_fills_all_that_it_leaves_as_it_was(live: World) -> None:
    done, going_on = live.ticket(), live.ticket()
    live.advance(minutes=5)
    live.change(done, hs_pipeline_stage="4")
    live.sync()
    as_before_rules_had_numbers(live)
    live.advance(minutes=5)
    assert live.sync().judged == 1
    assert missing(live) == outcomes.Missing()
    assert (one(live, done)["status"], one(live, going_on)["status"]) == ("met", "running")
    assert live.rows(f"select distinct rules from verdicts where record_id = '{done}'") == [(CLOCK_RULES - 1,)]
    with wired(live.settings()) as context:
        assert rebuild_outcomes.check(context).older_rules == 1


def test_what_the_correction_would_judge_otherwise_has_no_outcome_until_a_backfill(live: World) -> None:
    ticket = live.ticket()
    live.advance(minutes=5)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    as_before_rules_had_numbers(live)
    rewrite(live, "update verdicts set body = replace(body, '\"met\"', '\"missed\"') where clock = 'resolution'")
    live.sync()
    assert missing(live) == outcomes.Missing(1, can_be_filled=False)
    with wired(live.settings()) as context:
        found = rebuild_outcomes.check(context)
    assert (found.older_rules, found.not_reproduced) == (1, 0)
    live.sync(backfill=True)
    assert missing(live) == outcomes.Missing()
    assert one(live, ticket)["status"] == "met"


def test_a_correction_of_the_clock_judges_open_tickets_anew_and_leaves_closed_ones(live: World) -> None:
    done, going_on = live.ticket(), live.ticket()
    live.advance(minutes=5)
    live.change(done, hs_pipeline_stage="4")
    live.sync()
    older_rules(live)
    # What the rules before had said of both.
    rewrite(live, "update verdicts set body = replace(body, '2026-11-24', '2026-11-25') where clock = 'resolution'")
    live.advance(minutes=5)
    assert live.sync().judged == 1
    (rules,) = live.entries("rules")
    assert rules == {"from": CLOCK_RULES - 1, "to": CLOCK_RULES}
    assert live.entries("verdict", going_on)[-1]["cause"] == RAISED
    assert live.rows("select record_id, min(rules) from verdicts group by record_id order by 1") == [
        (done, CLOCK_RULES - 1),
        (going_on, CLOCK_RULES),
    ]
    found = compare(live)
    assert (found.older_rules, found.differing, found.not_reproduced) == (1, 0, 0)
    assert rebuild(live).older_rules == 1
    assert one(live, done)["rules"] == CLOCK_RULES - 1
    live.sync(backfill=True)
    assert (compare(live).older_rules, one(live, done)["rules"]) == (0, CLOCK_RULES)
    assert live.entries("verdict", done)[-1]["cause"] == RAISED
    live.advance(minutes=5)
    assert live.sync().judged == 0
    assert len(live.entries("rules")) == 1


def test_verdicts_that_are_the_same_by_new_rules_change_nothing_but_their_number(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    older_rules(live)
    entries = live.entries()
    live.advance(minutes=5)
    assert live.sync().verdicts_changed == 0
    assert [body for body in live.entries() if body not in entries] == [{"from": CLOCK_RULES - 1, "to": CLOCK_RULES}]
    assert one(live, ticket)["rules"] == CLOCK_RULES
    live.require_whole_chain()


def test_no_rung_fires_for_an_instant_before_the_first_run_under_new_rules(live: World) -> None:
    """The breach was reached while nobody judged; the one after the correction fires as ever."""
    before, after = live.ticket(hs_ticket_priority="HIGH"), live.ticket()
    live.sync()
    live.advance(hours=1, seconds=1)
    older_rules(live)
    live.advance(minutes=1)
    live.sync()
    assert live.held(before)["first_response_status"] == "breached"
    assert live.task_keys() == []
    assert live.rows("select state, reason from rungs") == [
        ("skipped", "it was reached before the present rules of the clock")
    ]
    live.advance(hours=3)
    live.sync()
    assert live.task_keys() == [f"task:{after}:first_response:1:breach"]
    live.advance(hours=4, minutes=30)
    live.sync()
    assert set(live.task_keys()) == {f"task:{after}:first_response:1:breach", f"task:{before}:resolution:1:breach"}


def test_an_idle_tick_looks_for_nothing_that_is_missing(live: World) -> None:
    live.ticket()
    live.sync()
    live.advance(minutes=5)
    statements: list[str] = []
    with wired(live.settings()) as context:
        context.ledger.db.set_trace_callback(statements.append)
        rebuild_outcomes.fill(context.ledger, stopping=lambda: False)
        context.ledger.db.set_trace_callback(None)
    assert [statement for statement in statements if "outcome" in statement] == [
        "select value from meta where key = 'outcomes_missing'"
    ]
