"""The sweep sees what no poll can: what is gone, what came back, what left no trace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flows.world import fail_after, pull_the_plug
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.explain import explain
from hubspot_sla.flows.runs.sweep import sweep
from hubspot_sla.flows.runs.sync import sync
from hubspot_sla.flows.runs.sync_run import settled
from hubspot_sla.ledger import database, outbox, sync_health
from hubspot_sla.ledger.audit_verification import require_whole
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats


def run_sweep(world: World) -> RunStats:
    with wired(world.settings()) as context:
        return sweep(context)


def found(world: World) -> sync_health.Sweep:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        last = sync_health.last_sweep(ledger.db)
    assert last is not None
    return last


def merge(world: World, primary: str, *others: str) -> None:
    """As if somebody had done it a moment ago."""
    world.running.faults.add("merge_records", primary=primary, ids=list(others))
    with wired(world.settings()) as context:
        context.portal.schema.pipelines("tickets")


def restore(world: World, ticket: str) -> None:
    """Out of the recycle bin again, as HubSpot's page for it does."""
    table = world.portal.table(TICKETS)
    with world.portal.lock:
        record = table.find(int(ticket), archived=True)
        assert record is not None
        table.archive(record, None)  # type: ignore[arg-type]  # the sandbox has no word for it


def statuses(world: World, ticket: str) -> dict[object, object]:
    return dict(world.rows(f"select clock, status from verdicts where record_id = '{ticket}'"))


def test_an_archived_ticket_ends_where_it_went_and_is_asked_for_no_more(live: World) -> None:
    ticket, other = live.ticket(hs_ticket_priority="HIGH"), live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=20)
    live.portal.archive("tickets", ticket)
    live.advance(minutes=20)
    assert run_sweep(live).gone == 1
    assert live.rows("select record_id, open, next_at, gone from records where gone is not null") == [
        (ticket, 0, None, "archived")
    ]
    assert statuses(live, ticket)["resolution"] == "not_applicable"
    assert statuses(live, other)["resolution"] == "running"
    assert live.rows(f"select kind from audit where record_id = '{ticket}' and kind = 'gone'") == [("gone",)]
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        told = explain(ledger.db, RecordRef.of(ticket), int(live.now.timestamp() * 1000))
    assert "archived" in told.metrics[0].line
    assert str(told.as_json()["gone"]).startswith("2026-11-23T08:21:00")
    live.advance(days=3)
    asked = len(live.running.requests)
    live.sync()
    assert all(key.startswith(f"task:{other}:") for key in live.task_keys())
    assert not any(ticket in str(seen.path) for seen in live.running.requests_since(asked))
    live.require_whole_chain()


def test_a_breach_that_was_before_the_archiving_stays_missed(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=2)
    live.sync()
    live.portal.archive("tickets", ticket)
    run_sweep(live)
    assert statuses(live, ticket) == {"first_response": "missed", "resolution": "not_applicable"}


def test_a_clock_whose_promise_would_be_kept_through_changes_ends_with_its_ticket_too(live: World) -> None:
    live.edit(
        "policies.yaml",
        lambda text: text.replace("    calendar: always\n", "    calendar: always\n    on_change: keep\n"),
    )
    ticket = live.ticket()
    live.sync()
    live.portal.archive("tickets", ticket)
    run_sweep(live)
    assert statuses(live, ticket)["resolution"] == "not_applicable"


def test_what_was_to_be_written_to_a_ticket_that_is_gone_is_withdrawn(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=2)
    fail_after(live.running, 1, lambda: pull_the_plug(live.running), kind="batch_update")
    with pytest.raises(ComeBackLater), live.impatient() as context:
        sync(context)
    live.serve_again()
    assert live.rows("select count(*) from outbox where state in ('pending', 'claimed')") == [(2,)]
    live.portal.archive("tickets", ticket)
    run_sweep(live)
    assert live.task_keys() == []
    assert live.rows("select kind, state from outbox") == [("task", "withdrawn")]
    assert live.rows("select * from quarantine") == []


def test_a_restored_ticket_comes_back_as_if_it_had_never_been_away(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    before = live.held(ticket)
    live.portal.archive("tickets", ticket)
    live.advance(minutes=5)
    run_sweep(live)
    restore(live, ticket)
    live.advance(minutes=5)
    run_sweep(live)
    assert live.held(ticket) == before
    assert live.rows("select open, gone from records") == [(1, None)]
    assert found(live).returned == 1
    kinds = [kind for (kind,) in live.rows("select kind from audit where kind in ('gone', 'returned') order by seq")]
    assert kinds == ["gone", "returned"]
    live.advance(hours=1)
    live.sync()
    assert live.held(ticket)["first_response_status"] == "breached"


def test_a_task_that_was_due_while_its_ticket_was_away_is_made_when_it_is_back(live: World) -> None:
    """Nothing had told yet that it was in the recycle bin, so the task was asked for and HubSpot refused it."""
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.portal.archive("tickets", ticket)
    live.edit("policies.yaml", lambda held: held.replace("{HIGH: 8h", "{HIGH: 7h"))
    live.advance(minutes=61)
    live.sync()
    run_sweep(live)
    key = f"task:{ticket}:first_response:1:breach"
    assert live.rows(f"select state from outbox where key = '{key}'") == [("withdrawn",)]
    assert live.task_keys() == []
    restore(live, ticket)
    live.advance(minutes=5)
    run_sweep(live)
    live.sync()
    assert live.task_keys() == [key]
    assert live.rows("select state, reason from rungs where rung = 'breach'") == [("fired", None)]
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        assert require_whole(ledger.db).whole


def test_what_was_not_sent_of_a_ticket_that_comes_back_closed_is_not_sent(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.portal.archive("tickets", ticket)
    live.edit("policies.yaml", lambda held: held.replace("{HIGH: 8h", "{HIGH: 7h"))
    live.advance(minutes=61)
    live.sync()
    run_sweep(live)
    restore(live, ticket)
    live.portal.update("tickets", ticket, {"hs_pipeline_stage": "4"})
    live.advance(minutes=5)
    run_sweep(live)
    live.sync()
    assert live.task_keys() == []
    assert live.rows("select state, reason from outbox where kind = 'task'") == [("withdrawn", outbox.CLOSED)]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_merged_ticket_ends_with_its_survivor(live: World, keeps: bool) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=keeps)
    old, young = live.ticket(), live.ticket()
    live.sync()
    live.advance(minutes=10)
    merge(live, young, old)
    live.advance(minutes=10)
    run_sweep(live)
    survivor = live.portal.ids("tickets")[-1] if not keeps else young
    gone = {old} if keeps else {old, young}
    assert {id_ for (id_,) in live.rows("select record_id from records where gone = 'merged'")} == gone
    assert live.rows("select record_id from records where gone is null") == [(survivor,)]
    assert {str(status) for status in statuses(live, old).values()} == {"merged"}
    assert found(live).gone == len(gone)


def test_a_stage_that_was_left_and_entered_again_between_two_looks_is_found_in_the_history(live: World) -> None:
    """Nothing that is compared shows it, and nothing is bumped: only the history does."""
    ticket = live.ticket()
    live.sync()
    due = live.held(ticket)["resolution_due_at"]
    shown = live.portal.read("tickets", ticket)
    live.advance(hours=1)
    live.change(ticket, hs_pipeline_stage="2")
    live.advance(hours=1.5)
    live.change(ticket, hs_pipeline_stage="1")
    with live.portal.lock:
        record = live.portal.record(TICKETS, ticket)
        record.values["hs_v2_date_entered_current_stage"] = shown["hs_v2_date_entered_current_stage"]
    live.running.faults.add("search_lag", lag_s=36_000)
    live.sync()
    assert live.held(ticket)["resolution_due_at"] == due
    run_sweep(live)
    assert live.held(ticket)["resolution_due_at"] == "2026-11-24T09:31:00Z"


def test_drift_is_counted_and_put_right(live: World) -> None:
    tickets = [live.ticket() for _ in range(7)]
    live.sync()
    live.advance(minutes=10)
    live.running.faults.add("search_lag", lag_s=86_400)
    for ticket in tickets[:3]:
        live.change(ticket, hs_pipeline_stage="4")
    live.advance(minutes=10)
    live.sync()
    live.running.faults.clear()
    live.advance(minutes=10)
    later = live.ticket()
    live.sync()
    live.change(later, hs_ticket_priority="HIGH")  # after the last poll: not drift
    run_sweep(live)
    assert (found(live).listed, found(live).drift) == (8, 0 if all_polled(live, tickets[:3]) else 3)
    assert {live.held(ticket)["resolution_status"] for ticket in tickets[:3]} == {"met"}
    run_sweep(live)
    assert found(live).drift == 0


def all_polled(world: World, tickets: list[str]) -> bool:
    return all(world.held(ticket)["resolution_status"] == "met" for ticket in tickets)


def test_a_new_company_of_an_open_ticket_is_found_without_a_bump(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.portal.associate("tickets", ticket, "companies", "5004", primary=True, at=live.now)
    with live.portal.lock:
        record = live.portal.record(TICKETS, ticket)
        record.updated_ms -= 86_400_000
    run_sweep(live)
    assert live.held(ticket)["tier"] == "gold"


def test_a_history_that_hubspot_has_shortened_is_noticed_and_what_was_seen_stays(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(seconds=1)
    live.portal.send_agent_message(ticket, live.now)
    for hours, stage in ((1, "2"), (4, "3")):
        live.advance(hours=hours)
        live.change(ticket, hs_pipeline_stage=stage)
    live.sync()
    due = live.held(ticket)["resolution_due_at"]
    live.running.faults.add("truncated_history", keep=1)
    run_sweep(live)
    assert live.held(ticket)["resolution_due_at"] == due
    with database.open_for_reading(live.folder / "ledger.db") as ledger:
        told = sync_health.histories(ledger.db)
    assert (told.property, told.longest) == ("hs_pipeline_stage", 1)


def test_a_sweep_of_nothing_new_writes_nothing_and_costs_the_list_and_the_open_histories(live: World) -> None:
    for _ in range(230):
        live.ticket()
    live.sync()
    live.sync()
    entries = live.rows("select count(*) from audit")
    asked = len(live.running.requests)
    stats = run_sweep(live)
    assert (stats.properties_written, stats.tasks_created, stats.verdicts_changed) == (0, 0, 0)
    assert len(live.running.requests_since(asked)) == 3 + 5
    assert live.rows("select count(*) from audit") == entries
    assert found(live).listed == 230


def test_an_interrupted_sweep_starts_again_and_comes_to_the_same(live: World) -> None:
    tickets = [live.ticket() for _ in range(120)]
    live.sync()
    for ticket in tickets[::7]:
        live.portal.archive("tickets", ticket)
    fail_after(live.running, 2, lambda: pull_the_plug(live.running))
    with pytest.raises(ComeBackLater), live.impatient() as context:
        sweep(context)
    live.serve_again()
    run_sweep(live)
    assert found(live).gone == len(tickets[::7])
    assert live.rows("select count(*) from audit where kind = 'gone'") == [(len(tickets[::7]),)]


def test_a_row_left_out_of_an_answer_is_not_taken_for_gone(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.running.faults.add("vanishing_rows", ids=[ticket], route="batch_read", times=2)
    assert live.sync().quarantined == 1
    assert live.rows("select gone from records") == [(None,)]
    live.advance(minutes=6)
    live.sync()
    assert live.held(ticket)["first_response_status"] == "breached"
    assert live.rows("select * from quarantine") == []


def test_the_verdict_of_an_archived_ticket_can_be_recomputed_from_the_log(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.portal.archive("tickets", ticket)
    run_sweep(live)
    ((seq,),) = live.rows(f"select max(seq) from audit where record_id = '{ticket}' and kind = 'verdict'")
    gone = live.rows(f"select record_id, entry <= {seq} from facts where name = 'ticket.gone'")
    assert gone == [(ticket, 1)]
    live.require_whole_chain()


def test_what_is_on_its_way_to_a_merged_ticket_arrives_before_it_is_ended(live: World) -> None:
    live.portal.behaviour = replace(live.portal.behaviour, merges_keep_the_primary_id=True)
    old, young = live.ticket(), live.ticket()
    live.sync()
    live.advance(minutes=10)
    merge(live, young, old)
    asked: set[RecordRef] = set()
    with wired(live.settings()) as context:
        (evaluator,) = settled(context, asked.update)
        ended = {id_ for batch in evaluator.evaluate_deadlines([young]) for id_ in batch.gone}
    assert old in ended
    assert {RecordRef.of(id_) for id_ in ended} <= asked
