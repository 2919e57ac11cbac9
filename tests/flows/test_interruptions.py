"""HubSpot goes away, the process is killed, an answer is lost: the next sync completes the work, and nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flows.world import NOW, environment, fail_after, pull_the_plug, world
from hubspot_sla.errors import ComeBackLater, OutcomeUnknown, Unreachable
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.inspection.status import status
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.ledger import database
from hubspot_sla.ledger.database import wall_ms
from proofs import people
from seeded import copied_portal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flows.world import World

ABOUT_CATEGORIES = """\
  - id: billing-issues
    when: {pipeline: Billing, category: BILLING_ISSUE}
    calendar: always
    targets: {resolution: 5h}
"""

TICKETS = 120
"""Three pages of the list, two batches of writes."""


def make(folder: Path) -> World:
    made = world(copied_portal(NOW, tickets=TICKETS), folder, None)
    made.set_up()
    return made


def end_state(done: World) -> tuple[dict[str, dict[str, str]], list[str]]:
    return done.all_held(), done.task_keys()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[object, object]:
    """What two syncs a day apart come to when nothing goes wrong."""
    made = make(tmp_path_factory.mktemp("undisturbed"))
    made.sync()
    first = end_state(made)
    made.advance(hours=30)
    made.sync()
    second = end_state(made)
    made.close()
    return first, second


@pytest.fixture
def disturbed(tmp_path: Path) -> Iterator[World]:
    made = make(tmp_path)
    yield made
    made.close()


def interrupted_sync(of: World, at_request: int) -> None:
    fail_after(of.running, at_request, lambda: pull_the_plug(of.running))
    with of.impatient() as context:
        syncing.sync(context)


@pytest.mark.parametrize("at_request", [1, 2, 3, 4, 6])
def test_a_server_that_stops_in_mid_sync_costs_nothing_but_time(
    disturbed: World, undisturbed: tuple[object, object], at_request: int
) -> None:
    with pytest.raises(Unreachable) as stopped:
        interrupted_sync(disturbed, at_request)
    assert stopped.value.exit_code == 75
    disturbed.require_whole_chain()
    disturbed.serve_again()
    disturbed.sync()
    assert end_state(disturbed) == undisturbed[0]
    disturbed.require_whole_chain()


def test_a_walk_goes_on_where_it_was_interrupted(disturbed: World) -> None:
    with pytest.raises(Unreachable):
        interrupted_sync(disturbed, 4)
    disturbed.serve_again()
    disturbed.sync()
    pages = [seen for seen in disturbed.running.requests if seen.method == "GET" and seen.path.endswith("/tickets")]
    assert 0 < len(pages) < 3


def test_a_backfill_after_an_interrupted_sync_reaches_the_first_pages_too(disturbed: World) -> None:
    with pytest.raises(Unreachable):
        interrupted_sync(disturbed, 4)
    disturbed.serve_again()
    disturbed.sync(backfill=True)
    assert all(held.get("status") for held in disturbed.all_held().values())


def test_a_ticket_changed_while_the_walk_was_interrupted_is_judged_as_it_is(disturbed: World) -> None:
    with pytest.raises(Unreachable):
        interrupted_sync(disturbed, 4)
    seen = disturbed.portal.ids("tickets")[:50]
    first = next(id_ for id_ in seen if disturbed.portal.read("tickets", id_)["hs_is_closed"] == "false")
    disturbed.advance(minutes=30)
    disturbed.change(first, hs_pipeline="0", hs_pipeline_stage="4")
    disturbed.serve_again()
    disturbed.sync()
    disturbed.sync()
    assert disturbed.held(first)["resolution_status"] in ("met", "missed")


def test_a_process_killed_at_any_request_loses_nothing_and_does_nothing_twice(
    disturbed: World, undisturbed: tuple[object, object]
) -> None:
    """Each run dies one request later than the one before: after HubSpot did what was asked, before we heard of it."""
    ended = killed_until_done(disturbed, range(1, 6))
    disturbed.sync()
    assert end_state(disturbed) == undisturbed[0]
    disturbed.advance(hours=30)
    ended += killed_until_done(disturbed, range(1, 5))
    disturbed.sync()
    assert end_state(disturbed) == undisturbed[1]
    assert ended.count(-signal.SIGKILL) >= 6
    disturbed.require_whole_chain()


def killed_until_done(of: World, requests: range) -> list[int]:
    return [killed_at(of, request) for request in requests]


def killed_at(of: World, request: int) -> int:
    """How a real `sla sync` ended that was to be killed at this request."""
    before = of.running.request_log.end
    with subprocess.Popen(
        [sys.executable, "-c", "from hubspot_sla.cli.main import main; main(['sync', '--json'])"],
        env=environment(of),
        cwd=of.folder,
        stdout=subprocess.DEVNULL,
    ) as process:
        fail_after(of.running, request, lambda: os.kill(process.pid, signal.SIGKILL))
        code = process.wait(timeout=120)
    of.running.request_log.end = before
    return code


def breached(of: World) -> str:
    ticket = of.ticket(hs_ticket_priority="HIGH")
    of.sync()
    of.advance(hours=1, seconds=2)
    return ticket


def test_a_task_whose_answer_was_lost_is_found_and_not_made_again(live: World) -> None:
    ticket = breached(live)
    # search, read, update of the ticket, look for its tasks, create: the fifth is carried out, its answer never comes
    fail_after(live.running, 5, lambda: pull_the_plug(live.running))
    with pytest.raises(OutcomeUnknown) as lost, live.impatient() as context:
        syncing.sync(context)
    assert lost.value.exit_code == 75
    assert len(live.tasks()[ticket]) == 1
    assert live.rows("select state from outbox") == [("unknown",)]
    live.serve_again()
    live.sync()
    assert len(live.task_keys()) == 1
    assert live.rows("select state, result_id from outbox") == [("confirmed", live.tasks()[ticket][0]["hs_object_id"])]
    assert live.rows("select count(*) from audit where kind = 'task'") == [(1,)]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_task_claimed_by_a_worker_that_died_is_made_exactly_once(live: World, *, arrived: bool) -> None:
    ticket = breached(live)
    live.sync()
    made = live.tasks()[ticket][0]["hs_object_id"]
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("update outbox set state = 'claimed', result_id = null")
    if not arrived:
        live.portal.archive("tasks", made)
    live.sync()
    assert live.task_keys() == [f"task:{ticket}:first_response:1:breach"]
    assert live.rows("select state from outbox") == [("confirmed",)]


def test_an_idle_sync_with_hubspot_down_changes_nothing(live: World) -> None:
    entries = live.rows("select * from audit")
    cursor = live.rows("select value from meta where key = 'cursor'")
    with live.impatient() as context:
        live.running.close()
        with pytest.raises(ComeBackLater):
            syncing.sync(context)
    assert live.rows("select * from audit") == entries
    assert live.rows("select value from meta where key = 'cursor'") == cursor


def test_a_claimed_write_is_not_left_when_the_server_stops_before_it(live: World) -> None:
    ticket = live.ticket()
    fail_after(live.running, 4, lambda: pull_the_plug(live.running))
    with pytest.raises(Unreachable), live.impatient() as context:
        syncing.sync(context)
    live.serve_again()
    live.sync()
    assert live.held(ticket)["status"] == "running"
    assert live.sync().properties_written == 0


def test_a_task_whose_answer_was_lost_is_found_though_its_ticket_was_closed_meanwhile(live: World) -> None:
    ticket = breached(live)
    lost = live.running.faults.during("commit_then_drop", route="batch_create")
    with lost, pytest.raises(OutcomeUnknown), live.impatient() as context:
        syncing.sync(context)
    made = live.tasks()[ticket][0]["hs_object_id"]
    live.advance(minutes=1)
    live.change(ticket, hs_pipeline="0", hs_pipeline_stage="4")
    live.sync()
    assert live.rows("select state, result_id from outbox where kind = 'task'") == [("confirmed", made)]
    assert live.rows("select count(*) from audit where kind = 'task'") == [(1,)]
    assert [task["hs_task_status"] for task in live.tasks()[ticket]] == ["COMPLETED"]


def test_a_task_that_never_arrived_is_not_made_once_its_ticket_is_closed(live: World) -> None:
    ticket = breached(live)
    lost = live.running.faults.during("reset", route="batch_create")
    with lost, pytest.raises(OutcomeUnknown), live.impatient() as context:
        syncing.sync(context)
    live.advance(minutes=1)
    live.change(ticket, hs_pipeline="0", hs_pipeline_stage="4")
    live.sync()
    assert live.task_keys() == []
    assert live.rows("select state from outbox where kind = 'task'") == [("withdrawn",)]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_task_on_its_way_to_a_ticket_that_is_merged_meanwhile_is_the_survivors(live: World, *, arrived: bool) -> None:
    ticket = breached(live)
    lost = live.running.faults.during("commit_then_drop" if arrived else "reset", route="batch_create")
    with lost, pytest.raises(OutcomeUnknown), live.impatient() as context:
        syncing.sync(context)
    assert len(live.task_keys()) == arrived
    live.advance(minutes=1)
    survivor = people.merge(live, ticket, live.ticket())
    live.sync()
    assert [task["sla_task_key"] for task in live.tasks()[survivor]] == [f"task:{ticket}:first_response:1:breach"]
    assert live.rows("select state, record_id from outbox where kind = 'task'") == [("confirmed", survivor)]
    live.advance(minutes=1)
    live.sync()
    assert len(live.task_keys()) == 1


def test_an_edit_that_looks_at_more_has_an_unfinished_walk_begin_again(disturbed: World) -> None:
    """What the walk had passed was read without what the edited mappings look at."""
    with pytest.raises(Unreachable):
        interrupted_sync(disturbed, 4)
    disturbed.serve_again()
    disturbed.edit("policies.yaml", lambda text: text.replace("policies:\n", f"policies:\n{ABOUT_CATEGORIES}", 1))
    disturbed.sync()
    passed = disturbed.portal.ids("tickets")[:50]
    assert any(disturbed.portal.read("tickets", id_).get("hs_ticket_category") for id_ in passed)
    told = {id_ for (id_,) in disturbed.rows("select distinct record_id from facts where name = 'hs_ticket_category'")}
    assert {id_ for id_ in passed if disturbed.portal.read("tickets", id_).get("hs_ticket_category")} <= told


def test_a_sync_that_somebody_ended_is_not_told_as_one_that_went_well(disturbed: World) -> None:
    def ctrl_c(_: object) -> None:
        raise KeyboardInterrupt

    with wired(disturbed.settings()) as context, pytest.raises(KeyboardInterrupt):
        syncing.sync(context, progress=ctrl_c)
    with database.open_for_reading(disturbed.folder / "ledger.db") as ledger:
        told = status(ledger.db, wall_ms(), wall_ms())
    assert "no sync has ever ended well, then KeyboardInterrupt" in told.verdict


def markers_are_not_unique(of: World) -> None:
    with database.open_for_writing(of.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("delete from meta where key = 'unique_markers'")


def test_setup_remembers_that_hubspot_keeps_the_markers_unique(live: World) -> None:
    assert live.rows("select value from meta where key = 'unique_markers'") == [('["notes","tasks"]',)]


def test_a_create_whose_answer_was_lost_is_left_alone_until_hubspot_cannot_be_at_it_any_more(live: World) -> None:
    breached(live)
    markers_are_not_unique(live)
    lost = live.running.faults.during("reset", route="batch_create")
    with lost, pytest.raises(OutcomeUnknown), live.impatient() as context:
        syncing.sync(context)
    live.advance(seconds=55)
    assert live.sync().calls["associations"] == 0
    assert live.rows("select state from outbox where kind = 'task'") == [("unknown",)]
    live.advance(seconds=10)
    live.sync()  # learns the time
    assert live.sync().tasks_created == 1


def test_a_task_that_a_dead_worker_may_just_have_sent_is_left_alone_as_long(live: World) -> None:
    ticket = breached(live)
    live.sync()
    markers_are_not_unique(live)
    live.portal.archive("tasks", live.tasks()[ticket][0]["hs_object_id"])
    with database.open_for_writing(live.folder / "ledger.db") as ledger, ledger.transaction() as db:
        db.execute("update outbox set state = 'claimed', result_id = null")
    assert live.sync().tasks_created == 0
    live.advance(seconds=65)
    live.sync()  # learns the time
    assert live.sync().tasks_created == 1
