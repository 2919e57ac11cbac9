"""A sync writes what the plan said, once, and costs one call when there is nothing to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.world import tasks_of, written_by
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from flows.world import World

DAYS_AGO = timedelta(days=3)


def test_the_first_sync_writes_what_the_plan_said_and_nothing_else(seeded: World) -> None:
    before = {id_: seeded.portal.read("tickets", id_) for id_ in seeded.portal.ids("tickets")}
    planned = seeded.plan()
    tally = seeded.sync()
    changed = {
        id_: {name: value for name, value in after.items() if before[id_].get(name) != value}
        for id_ in before
        if (after := seeded.portal.read("tickets", id_)) != before[id_]
    }
    for of_ticket in changed.values():
        of_ticket.pop("hs_lastmodifieddate", None)
    assert {id_: values for id_, values in changed.items() if values} == {
        id_: {name: value for name, value in values.items() if value} for id_, values in written_by(planned).items()
    }
    assert tally.properties_written == len(written_by(planned)) > 10
    assert len(seeded.task_keys()) == tally.tasks_created == len(tasks_of(planned)) == 0


def test_a_later_sync_writes_what_the_plan_said_and_nothing_else(seeded: World) -> None:
    seeded.sync()
    seeded.advance(hours=30)
    before = seeded.all_held()
    planned = seeded.plan()
    seeded.sync()
    changes = {
        id_: {
            f"sla_{name}": after.get(name, "")
            for name in {*after, *before[id_]}
            if after.get(name) != before[id_].get(name)
        }
        for id_, after in seeded.all_held().items()
        if after != before[id_]
    }
    assert changes == written_by(planned)
    assert seeded.task_keys() == tasks_of(planned) != []


def test_a_plan_writes_nothing_here_or_there(seeded: World) -> None:
    seeded.sync()
    seeded.advance(hours=30)
    seeded.portal.update("tickets", seeded.portal.ids("tickets")[-1], {"hs_ticket_priority": "URGENT"})
    ledger = seeded.folder / "ledger.db"
    rows, content, asked = seeded.rows("select * from audit"), ledger.read_bytes(), len(seeded.running.requests)
    assert seeded.plan()
    assert seeded.rows("select * from audit") == rows
    assert ledger.read_bytes() == content
    reading = ("/search", "/batch/read")
    for seen in seeded.running.requests_since(asked):
        assert seen.method == "GET" or seen.path.endswith(reading), seen


def test_a_second_sync_writes_nothing_and_makes_one_call(seeded: World) -> None:
    seeded.sync()
    asked = len(seeded.running.requests)
    entries = seeded.rows("select count(*) from audit")
    tally = seeded.sync()
    assert (tally.properties_written, tally.tasks_created, tally.judged) == (0, 0, 0)
    (only,) = seeded.running.requests_since(asked)
    assert only.path.endswith("/tickets/search")
    assert seeded.rows("select count(*) from audit") == entries


def test_a_breach_makes_one_task_on_its_ticket_and_never_a_second(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH", hubspot_owner_id="3002")
    live.sync()
    assert live.held(ticket)["first_response_status"] == "running"
    live.advance(hours=1, seconds=2)
    assert live.sync().tasks_created == 1
    (task,) = live.tasks()[ticket]
    assert task["hubspot_owner_id"] == "3002"
    assert task["sla_task_key"] == f"task:{ticket}:first_response:1:breach"
    assert live.held(ticket)["status"] == "breached"
    assert live.held(ticket)["first_breached_at"] == "2026-11-23T09:01:00Z"
    for _ in range(3):
        live.advance(minutes=10)
        live.change(ticket, subject="Still on fire", hubspot_owner_id="3003")
        live.sync()
    assert len(live.task_keys()) == 1


def test_a_breach_is_not_called_before_its_due_instant(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(minutes=59, seconds=55)
    live.sync()
    assert live.held(ticket)["breached"] == "false"


def test_a_ticket_without_an_owner_gets_a_task_for_the_lead_of_everybody(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=1, seconds=2)
    live.sync()
    (task,) = live.tasks()[ticket]
    assert task["hubspot_owner_id"] == "3001"
    assert "no owner" in task["hs_task_body"]


def test_where_nobody_leads_everybody_it_gets_a_task_without_an_owner(live: World) -> None:
    live.edit("escalations.yaml", lambda text: text.replace("  default: mara", "  tobias.brandt@support.example: mara"))
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.advance(hours=1, seconds=2)
    live.sync()
    (task,) = live.tasks()[ticket]
    assert "hubspot_owner_id" not in task


def test_what_was_late_before_go_live_is_flagged_and_makes_no_task(empty: World) -> None:
    ticket = empty.ticket(age=DAYS_AGO)
    empty.set_up()
    empty.sync()
    assert empty.held(ticket)["status"] == "breached"
    empty.advance(days=1)
    empty.sync()
    assert empty.task_keys() == []


def test_a_ticket_late_in_one_metric_before_go_live_still_gets_a_task_for_the_other(empty: World) -> None:
    ticket = empty.ticket(age=timedelta(hours=20))
    empty.set_up()
    empty.sync()
    empty.advance(hours=5)
    empty.sync()
    assert empty.task_keys() == [f"task:{ticket}:resolution:1:breach"]


def test_tickets_closed_before_go_live_are_written_by_a_backfill_only(empty: World) -> None:
    old = empty.ticket(age=DAYS_AGO)
    empty.portal.update("tickets", old, {"hs_pipeline_stage": "4"}, at=empty.now - timedelta(days=2))
    empty.set_up()
    empty.sync()
    assert empty.held(old) == {}
    empty.change(old, subject="Closed long ago")
    empty.sync()
    assert empty.held(old) == {}
    assert set(written_by(empty.plan(backfill=True))) == {old}
    empty.sync(backfill=True)
    assert empty.held(old)["first_response_status"] == "missed"
    assert empty.held(old)["resolution_status"] == "met"  # closed in the very instant it was due
    assert empty.sync(backfill=True).properties_written == 0
    assert empty.task_keys() == []


def test_a_ticket_closed_after_go_live_is_written_once_more(live: World) -> None:
    ticket = live.ticket()
    live.sync()
    live.advance(hours=1)
    live.portal.send_agent_message(ticket, live.now)
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    held = live.held(ticket)
    assert (held["status"], held["first_response_status"], held["resolution_status"]) == ("met", "met", "met")
    assert live.rows("select open, next_at from records") == [(0, None)]


def test_a_ticket_closed_without_a_reply_ends_not_applicable(live: World) -> None:
    ticket = live.ticket()
    live.change(ticket, hs_pipeline_stage="4")
    live.sync()
    assert live.held(ticket)["first_response_status"] == "not_applicable"


def test_a_sync_before_setup_is_refused(empty: World) -> None:
    with pytest.raises(UsageProblem, match="not set up"):
        empty.sync()


def test_more_changed_tickets_than_one_page_are_all_judged(live: World) -> None:
    for _ in range(230):
        live.ticket()
        live.running.advance(timedelta(milliseconds=7))
    tally = live.sync()
    assert tally.properties_written == 230
    live.advance(minutes=5)
    assert live.sync().properties_written == 0


def test_the_cursor_survives_a_restart_and_a_long_night(live: World) -> None:
    live.advance(hours=14)
    first = live.ticket(age=timedelta(hours=13))
    second = live.ticket(age=timedelta(hours=1))
    live.sync()
    assert live.held(first)["status"] == "breached"
    assert live.held(second)["status"] == "running"


def test_every_write_is_in_the_log_with_what_was_before(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.sync()
    kinds = [kind for (kind,) in live.rows(f"select kind from audit where record_id = '{ticket}' order by seq")]
    assert kinds == ["verdict", "write", "verdict", "write", "task"]
    live.require_whole_chain()
