"""Deadlines: read by id, judged, written when they come, and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flows.hours import Hours
from hubspot_sla.errors import Unreachable
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.context.run_result import Nothing
from hubspot_sla.flows.runs import deadlines as watching
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.flows.worker.job_files import discover
from hubspot_sla.flows.worker.worker import Worker
from hubspot_sla.hubspot.crm_records import IN_TURN

if TYPE_CHECKING:
    from flows.world import World


def watch(world: World) -> RunStats | Nothing:
    with wired(world.settings()) as context:
        context.portal.schema.account()  # learns the time, as any earlier run of the worker has
        return watching.watch(context)


@pytest.fixture
def due(live: World) -> tuple[World, str, str]:
    """Two tickets that wait for a first reply; one more hour and the first is late, with three more the second."""
    urgent, other = live.ticket(hs_ticket_priority="HIGH"), live.ticket()
    live.sync()
    live.advance(hours=1, seconds=2)
    return live, urgent, other


def test_with_nothing_due_there_is_no_call_and_no_row(live: World) -> None:
    live.ticket()
    live.sync()
    rows, asked = live.rows("select count(*) from runs"), len(live.running.requests)
    with wired(live.settings()) as context:
        assert isinstance(watching.watch(context), Nothing)
    assert live.rows("select count(*) from runs") == rows
    assert live.running.requests_since(asked) == []


def test_a_deadline_is_two_round_trips_away_from_its_flag_and_the_task_comes_after(
    due: tuple[World, str, str],
) -> None:
    world, urgent, other = due
    with wired(world.settings()) as context:
        context.portal.schema.account()
        asked = len(world.running.requests)
        stats = watching.watch(context)
    assert isinstance(stats, RunStats)
    assert stats.judged == 1
    assert world.held(urgent)["breached"] == "true"
    assert world.held(other).get("breached") == "false"
    paths = [seen.path.rpartition("/2026-09/")[2] for seen in world.running.requests_since(asked)]
    assert paths[0] == "tickets/batch/read"
    assert "tickets/batch/update" in paths[1:3]  # in flight together with the look for tasks
    assert "tickets/search" not in paths
    assert paths[-1] == "tasks/batch/create"
    assert set(world.tasks()) == {urgent}


def test_what_was_done_in_time_is_read_before_anybody_is_called_late(due: tuple[World, str, str]) -> None:
    world, urgent, _ = due
    world.running.faults.add("search_lag", lag_s=3600)
    world.portal.send_agent_message(urgent, at=world.now)  # too late by two seconds
    watch(world)
    assert world.held(urgent)["first_response_status"] == "missed"
    assert world.tasks() != {}


def test_watching_twice_does_nothing_twice(due: tuple[World, str, str]) -> None:
    world, _, _ = due
    watch(world)
    before = world.all_held(), world.task_keys()
    assert isinstance(watch(world), Nothing)
    world.sync()
    assert (world.all_held(), world.task_keys()) == before
    world.require_whole_chain()


def test_a_ticket_missing_from_the_answer_keeps_nobody_waiting(live: World) -> None:
    lost, good = live.ticket(hs_ticket_priority="HIGH"), live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.running.faults.add("vanishing_rows", route="batch_read", ids=[lost])
    watch(live)
    assert live.held(good)["breached"] == "true"
    assert isinstance(watch(live), Nothing)


def test_a_late_ticket_is_flagged_though_the_estimate_of_hubspots_clock_falls_while_it_is_read(
    due: tuple[World, str, str],
) -> None:
    world, urgent, _ = due
    with wired(world.settings()) as context:
        context.portal.schema.account()
        with world.running.faults.during("clock_skew", seconds=-5, route="batch_read"):
            watching.watch(context)
    assert world.held(urgent)["breached"] == "true"


def test_a_ticket_that_is_not_late_yet_keeps_its_own_deadline(due: tuple[World, str, str]) -> None:
    world, urgent, _ = due
    world.change(urgent, hs_ticket_priority="LOW")  # four hours instead of one
    watch(world)
    [(next_at,)] = world.rows(f"select next_at from records where record_id = '{urgent}'")
    created = world.now - timedelta(hours=1, seconds=2)
    assert next_at == (created + timedelta(hours=4)).timestamp() * 1000 + 1  # late means after it


def test_only_a_ticket_that_hubspot_did_not_answer_is_asked_for_later(live: World) -> None:
    silent, answered = live.ticket(hs_ticket_priority="HIGH"), live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    live.running.faults.add("vanishing_rows", route="batch_read", ids=[silent])
    watch(live)
    assert live.rows(f"select step from quarantine where record_id = '{answered}'") == []
    [(_, since, again_at)] = live.rows("select step, since_at, again_at from quarantine")
    assert again_at - since == 5 * 60_000


def test_hubspot_being_away_at_a_deadline_is_told_and_the_next_watch_makes_up_for_it(
    due: tuple[World, str, str],
) -> None:
    world, urgent, _ = due
    with world.impatient() as context:
        context.portal.schema.account()
        fault = world.running.faults.add("server_error", status=503)
        with pytest.raises(Unreachable):
            watching.watch(context)
    assert fault.strikes > 1
    world.running.faults.clear()
    watch(world)
    assert world.held(urgent)["breached"] == "true"
    assert Counter(world.task_keys()).most_common(1)[0][1] == 1


def test_the_worker_asked_to_stop_finishes_its_page_and_leaves_the_rest_to_the_next_run(live: World) -> None:
    for _ in range(120):
        live.ticket(hs_ticket_priority="HIGH")
    live.sync()
    live.advance(hours=1, seconds=2)
    loaded, _ = discover(live.folder / "jobs")
    jobs = [job for job in loaded if job.name == "watch"]
    with wired(live.settings()) as context:
        context.portal.schema.account()
        hours = Hours(context.now(), end_ms=context.now() + 3_600_000)
        live.running.request_log.end = _once_read(live, hours)  # type: ignore[method-assign]
        Worker(context, jobs, hours, now=hours.now).run()
    breached = sum(held.get("breached") == "true" for held in live.all_held().values())
    assert breached == IN_TURN < 120
    watch(live)
    assert all(held["breached"] == "true" for held in live.all_held().values())
    assert len(live.task_keys()) == len(set(live.task_keys())) == 120


def _once_read(world: World, hours: Hours):  # type: ignore[no-untyped-def]
    """Ask for the end as soon as the first page was read."""
    ended = world.running.request_log.end

    def end(*arguments: object, **told: object) -> None:
        ended(*arguments, **told)
        hours.set()

    return end
