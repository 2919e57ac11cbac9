"""HubSpot tells a wrong time for a while: nothing is called late by it, or what was called late is withdrawn."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from flows.world import set_up
from hubspot_sandbox.object_types import TICKETS
from hubspot_sla.errors import ComeBackLater
from hubspot_sla.flows.context import learned
from hubspot_sla.flows.context.context import Context
from hubspot_sla.flows.inspection import explain as explaining
from hubspot_sla.flows.runs import deadlines
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.hubspot.current_time import ClockMode
from hubspot_sla.hubspot.portal import Portal
from hubspot_sla.hubspot.transport import Transport
from hubspot_sla.ledger import database
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.world import World

DAY_S = 86_400
NINTH_MILLENNIUM = "Fri, 31 Dec 9999 23:59:59 GMT"
LADDER = """\
ladders:
  warned:
    rungs:
      - {at: 50%, do: [{note: explanation}]}
      - {at: breach, do: [{task: owner}]}
"""


@contextmanager
def process(world: World, mode: ClockMode = ClockMode.AUTO) -> Iterator[Context]:
    """One process of ours, on a machine whose clock is right."""
    settings = world.settings()
    transport = Transport(
        settings.base_url, settings.needed_token(), wall=lambda: world.now.timestamp(), clock=mode, sleep=lambda _: None
    )
    with database.open_for_writing(settings.ledger) as ledger, Portal(transport) as portal:
        learned.take_up(ledger.db, transport, settings.share)
        yield Context(settings, ledger, portal)


def sync(world: World, mode: ClockMode = ClockMode.AUTO) -> None:
    with process(world, mode) as context:
        syncing.sync(context)


@contextmanager
def dates(world: World, seconds: int) -> Iterator[None]:
    """Every answer is dated so far ahead."""
    with world.running.faults.during("clock_skew", seconds=seconds):
        yield


def open_tasks(world: World, ticket: str) -> int:
    return sum(task["hs_task_status"] != "COMPLETED" for task in world.portal.tasks_of(ticket))


def rungs_of(world: World) -> list[tuple[object, ...]]:
    return world.rows("select rung, state, reason from rungs order by rung")


@pytest.fixture
def nearly_late(live: World) -> tuple[World, str]:
    """A ticket whose first response is due in three minutes."""
    ticket = live.ticket()
    sync(live)
    live.advance(hours=3, minutes=57)
    return live, ticket


def test_what_a_clock_four_minutes_ahead_called_late_is_withdrawn_and_called_late_once_more_in_its_time(
    nearly_late: tuple[World, str], caplog: pytest.LogCaptureFixture
) -> None:
    world, ticket = nearly_late
    with dates(world, 240):
        sync(world)
    assert world.held(ticket)["breached"] == "true"
    assert open_tasks(world, ticket) == 1
    with caplog.at_level(logging.WARNING, "hubspot_sla.clock"):
        sync(world)
    [warning] = [record.getMessage() for record in caplog.records]
    assert "had run 4 min ahead" in warning
    assert "NTP" in warning
    held = world.held(ticket)
    assert (held["breached"], held["first_response_status"]) == ("false", "running")
    assert open_tasks(world, ticket) == 0
    assert rungs_of(world) == [("breach", "withdrawn", "the clock had run 4 min ahead and was corrected")]
    causes = [entry["cause"] for entry in world.entries("verdict", ticket) if "cause" in entry]
    assert causes == ["the clock had run 4 min ahead and was corrected"]
    world.advance(minutes=4)
    sync(world)
    assert world.held(ticket)["breached"] == "true"
    assert open_tasks(world, ticket) == 1
    assert len(world.portal.tasks_of(ticket)) == 2
    assert rungs_of(world) == [("breach", "fired", None)]
    sync(world)
    assert len(world.portal.tasks_of(ticket)) == 2
    world.require_whole_chain()


def test_explain_says_that_a_rung_was_withdrawn_and_why(nearly_late: tuple[World, str]) -> None:
    world, ticket = nearly_late
    with dates(world, 240):
        sync(world)
    sync(world)
    now = int(world.now.timestamp() * 1000)
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        told = explaining.explain(ledger.db, RecordRef.of(ticket), now).as_json()
    assert told["rungs"][0]["state"] == "withdrawn"  # type: ignore[index]
    assert "had run 4 min ahead" in told["rungs"][0]["reason"]  # type: ignore[index]


def test_within_one_worker_it_is_withdrawn_too(nearly_late: tuple[World, str]) -> None:
    world, ticket = nearly_late
    with process(world) as context:
        with dates(world, 240):
            syncing.sync(context)
        assert world.held(ticket)["breached"] == "true"
        syncing.sync(context)
        assert world.held(ticket)["breached"] == "false"
        assert open_tasks(world, ticket) == 0
        world.advance(minutes=4)
        context.portal.schema.account()
        deadlines.watch(context)
        assert open_tasks(world, ticket) == 1


def test_a_breach_told_at_its_deadline_by_a_wrong_clock_is_withdrawn_by_the_next_sync(
    nearly_late: tuple[World, str],
) -> None:
    world, ticket = nearly_late
    with process(world) as context:
        with dates(world, 240):
            context.portal.schema.account()
            deadlines.watch(context)
        assert open_tasks(world, ticket) == 1
        syncing.sync(context)
    assert world.held(ticket)["breached"] == "false"
    assert open_tasks(world, ticket) == 0


def test_a_difference_of_less_than_a_minute_withdraws_nothing(live: World) -> None:
    ticket = live.ticket()
    sync(live)
    live.advance(hours=3, minutes=59, seconds=30)
    with dates(live, 50):
        sync(live)
    sync(live)
    assert open_tasks(live, ticket) == 1
    assert rungs_of(live) == [("breach", "fired", None)]


def test_a_rung_that_a_wrong_clock_passed_by_fires_in_its_time(live: World) -> None:
    """By a clock a day ahead the note comes too late, for the clock is late already; by the right one it is due."""
    live.edit("escalations.yaml", lambda _: LADDER)
    live.edit(
        "policies.yaml",
        lambda text: text.replace("    calendar: always\n", "    calendar: always\n    ladder: warned\n"),
    )
    ticket = live.ticket()
    sync(live, ClockMode.HUBSPOT)
    with dates(live, DAY_S):
        sync(live, ClockMode.HUBSPOT)
    assert ("50%", "skipped", "the clock is late already") in rungs_of(live)
    sync(live, ClockMode.HUBSPOT)
    live.advance(hours=2, minutes=1)
    sync(live, ClockMode.HUBSPOT)
    assert len(list(live.portal.ids("notes"))) == 1
    assert ("50%", "fired", None) in rungs_of(live)
    assert live.held(ticket)["breached"] == "false"


@pytest.mark.parametrize("date", [NINTH_MILLENNIUM, "Mon, 01 Jan 1990 00:00:00 GMT", "yesterday", ""])
def test_a_date_that_no_portal_can_have_is_no_evidence_and_later_syncs_go_on(live: World, date: str) -> None:
    ticket = live.ticket()
    with live.running.faults.during("date_header", value=date):
        sync(live)
    assert live.held(ticket)["breached"] == "false"
    live.advance(hours=5)
    sync(live)
    assert live.held(ticket)["breached"] == "true"


def test_a_date_one_day_ahead_in_all_answers_of_a_sync_flags_nothing(live: World) -> None:
    ticket = live.ticket(hs_ticket_priority="HIGH")
    sync(live)
    with dates(live, DAY_S):
        sync(live)
        live.advance(minutes=10)
        sync(live)
    assert live.held(ticket)["breached"] == "false"
    sync(live)
    assert (live.held(ticket)["breached"], open_tasks(live, ticket)) == ("false", 0)


def test_what_changed_while_the_cursor_was_ahead_is_not_missed(live: World) -> None:
    """So many changes at once that the cursor went to the beginning of the poll, by the wrong clock."""
    for _ in range(210):
        live.ticket()
    with dates(live, 280):
        sync(live)
    live.advance(seconds=30)
    ticket = live.ticket()
    live.advance(seconds=10)
    sync(live)
    sync(live)
    assert live.held(ticket)["first_response_status"] == "running"


@pytest.mark.parametrize("behind_s", [DAY_S, 600])
def test_a_date_that_falls_behind_takes_back_nothing_that_both_clocks_had_called_late(
    live: World, behind_s: int
) -> None:
    ticket = live.ticket()
    sync(live)
    live.advance(hours=4, minutes=1)
    sync(live)
    assert open_tasks(live, ticket) == 1
    for _ in range(2):
        live.advance(minutes=2)
        with dates(live, -behind_s):
            sync(live)
        assert (live.held(ticket)["breached"], open_tasks(live, ticket)) == ("true", 1)
    live.advance(minutes=2)
    sync(live)
    assert (live.held(ticket)["breached"], len(live.portal.tasks_of(ticket))) == ("true", 1)
    assert rungs_of(live) == [("breach", "fired", None)]


def test_while_hubspots_date_is_behind_nothing_new_is_called_late(live: World) -> None:
    ticket = live.ticket()
    sync(live)
    live.advance(hours=4, minutes=1)
    with dates(live, -DAY_S):
        sync(live)
    assert (live.held(ticket)["breached"], open_tasks(live, ticket)) == ("false", 0)
    sync(live)
    assert (live.held(ticket)["breached"], open_tasks(live, ticket)) == ("true", 1)


@pytest.mark.parametrize("seconds", [DAY_S, -DAY_S, 400, -400])
def test_nothing_goes_live_while_the_two_clocks_differ_too_much(empty: World, seconds: int) -> None:
    with (
        dates(empty, seconds),
        process(empty) as context,
        pytest.raises(ComeBackLater, match="since when this is live"),
    ):
        set_up(context)
    assert not [name for name in empty.portal.catalogue(TICKETS)._properties if name.startswith("sla_")]
    with process(empty) as context:
        set_up(context)
    ((live_at,),) = empty.rows("select value from meta where key = 'go_live_at'")
    assert abs(int(str(live_at)) - empty.now.timestamp() * 1000) < 2_000
    with dates(empty, seconds), process(empty) as context:
        set_up(context)  # it is live, and stays so
