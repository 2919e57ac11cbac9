"""The fast lane loses nothing that the index shows in time; the slow lane catches what it did not, and counts it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flows.world import NOW
from hubspot_sla.flows.context.context import wired
from hubspot_sla.flows.runs.slow_lane import slow_lane
from hubspot_sla.hubspot import search_changes
from hubspot_sla.ledger import database, sync_health

if TYPE_CHECKING:
    import pytest

    from flows.world import World
    from hubspot_sla.flows.sending.commit import RunStats

HOUR_MS = 3_600_000
NOW_MS = int(NOW.timestamp() * 1000)


def run_slow_lane(world: World) -> RunStats:
    with wired(world.settings()) as context:
        context.portal.schema.account()  # the world's clock jumps: ask HubSpot what time it is
        return slow_lane(context)


def caught(world: World) -> sync_health.SlowLane:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return sync_health.slow_lane(ledger.db)


def lag(world: World) -> sync_health.IndexLag:
    with database.open_for_reading(world.folder / "ledger.db") as ledger:
        return sync_health.index_lag(ledger.db)


def cursor(world: World) -> int:
    ((found,),) = world.rows("select value from meta where key = 'cursor'")
    return int(str(found))


def searches(world: World, since: int = 0) -> int:
    return sum(seen.path.endswith("/tickets/search") for seen in world.running.requests_since(since))


def missed_by_the_fast_lane(world: World) -> tuple[set[str], set[str]]:
    """Some of twenty changes, and some new tickets, are not in the index before the fast lane has gone past them."""
    tickets, later = [world.ticket() for _ in range(20)], []
    world.sync()
    world.advance(minutes=10)
    with world.running.faults.during("search_lag", lag_s=0, jitter_s=1200):
        for ticket in tickets:
            world.change(ticket, hs_pipeline_stage="2")
            world.advance(seconds=1)
        for _ in range(9):
            world.advance(minutes=1)
            later += [world.ticket() for _ in range(5)]
            world.sync()
    world.advance(minutes=4)
    world.sync()
    changed = {ticket for ticket in tickets if world.held(ticket)["resolution_status"] != "paused"}
    return changed, {ticket for ticket in later if not world.held(ticket)}


def test_what_the_index_shows_after_the_fast_lane_has_passed_is_caught_an_hour_later(live: World) -> None:
    changed, new = missed_by_the_fast_lane(live)
    assert 0 < len(changed) < 20
    assert 0 < len(new) < 45
    missed = changed | new
    assert run_slow_lane(live).caught == 0
    live.advance(hours=1)
    assert run_slow_lane(live).caught == len(missed)
    assert {live.held(ticket)["resolution_status"] for ticket in changed} == {"paused"}
    assert {live.held(ticket)["resolution_status"] for ticket in new} == {"running"}
    told = caught(live)
    assert (told.caught, told.last_caught_at is not None) == (len(missed), True)
    assert HOUR_MS <= told.oldest_ms < 2 * HOUR_MS
    live.advance(hours=2)
    assert run_slow_lane(live).caught == 0
    live.require_whole_chain()


def test_a_lag_longer_than_the_overlap_is_waited_for_where_nothing_newer_has_been_seen(live: World) -> None:
    """The cursor stays at the newest change the index has shown, however late the next one appears."""
    live.ticket()
    live.sync()
    live.advance(minutes=10)
    with live.running.faults.during("search_lag", lag_s=1200):
        ticket = live.ticket()
        for _ in range(3):
            live.advance(minutes=5)
            live.sync()
        assert live.held(ticket) == {}
        live.advance(minutes=10)
        live.sync()
    assert live.held(ticket)["status"] == "running"
    assert lag(live).longest_ms >= 10 * 60_000


def test_rows_that_appear_out_of_order_are_all_there_in_the_end(live: World) -> None:
    live.running.faults.add("search_lag", lag_s=20, jitter_s=60)
    live.running.faults.add("shuffled", route="search")
    tickets = []
    for minute in range(12):
        tickets.append(live.ticket(hs_ticket_priority="HIGH" if minute % 2 else "LOW"))
        live.advance(seconds=40)
        live.sync()
    live.advance(minutes=2)
    live.sync()
    assert all(live.held(ticket)["status"] for ticket in tickets)


def test_the_cursor_never_goes_back_nor_past_the_beginning_of_its_poll(live: World) -> None:
    before = cursor(live)
    for _ in range(5):
        live.ticket(createdate="2027-01-01T00:00:00Z")
        live.sync()
        assert before <= cursor(live) <= int(live.now.timestamp() * 1000)
        before = cursor(live)
        live.advance(minutes=7)
    live.sync()
    assert cursor(live) <= before + 60_000  # nothing has changed but by our own writes


def test_an_idle_tick_is_one_call_however_long_nothing_happens(live: World) -> None:
    for _ in range(30):
        live.ticket()
    live.sync()
    live.sync()
    for _ in range(3):
        live.advance(hours=5)
        asked = len(live.running.requests)
        live.portal.settle(int(live.now.timestamp() * 1000))
        stats = live.sync()
        if not stats.judged:
            assert len(live.running.requests) - asked == 1


def test_what_we_wrote_to_many_tickets_comes_back_once_and_costs_pages_only(live: World) -> None:
    for _ in range(450):
        live.ticket()
    live.sync()
    live.advance(minutes=1)
    asked = len(live.running.requests)
    stats = live.sync()
    assert (stats.judged, stats.properties_written) == (0, 0)
    assert {seen.path.rsplit("/", 1)[-1] for seen in live.running.requests_since(asked)} == {"search"}
    live.advance(minutes=2)  # no longer within the overlap of the next
    live.sync()
    assert live.sync().calls.total() == 1


def test_a_storm_by_a_pipeline_edit_costs_pages_and_no_history(live: World) -> None:
    tickets = [live.ticket() for _ in range(430)]
    live.sync()
    live.advance(minutes=10)
    live.sync()
    live.advance(minutes=10)
    live.running.faults.add("edit_pipeline", pipeline="0", route="search", nth=1)
    asked = len(live.running.requests)
    stats = live.sync()
    assert stats.judged == 0
    assert stats.tickets_seen >= len(tickets)
    assert set(stats.calls) == {"search"}
    assert searches(live, asked) <= 3 + 3 + 3  # the first look, and the walks by three keys
    live.advance(minutes=10)
    live.sync()
    assert live.sync().calls.total() == 1


def test_a_millisecond_with_more_rows_than_one_query_gives_is_drained(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_changes, "CAP", 400)
    live.running.faults.add("search_cap", most=400)
    tickets = [live.ticket() for _ in range(930)]
    stats = live.sync()
    assert stats.properties_written == len(tickets)
    assert searches(live) < 60


def test_the_slow_lane_waits_for_the_first_look_at_all_tickets(empty: World) -> None:
    empty.ticket()
    empty.set_up()
    stats = run_slow_lane(empty)
    assert (stats.tickets_seen, stats.calls["search"]) == (0, 0)


def test_an_idle_slow_lane_makes_no_call_once_it_has_looked(live: World) -> None:
    live.ticket()
    live.sync()
    live.advance(hours=3)
    live.sync()
    run_slow_lane(live)
    live.advance(minutes=15)
    assert run_slow_lane(live).calls.total() == 0


def test_the_lag_of_the_index_is_measured_where_it_shows(live: World) -> None:
    live.ticket()
    live.sync()
    live.advance(minutes=5)
    live.sync()
    assert lag(live).longest_ms == 0
    live.advance(minutes=5)
    live.running.faults.add("search_lag", lag_s=45)
    live.ticket()
    live.advance(seconds=30)
    live.sync()
    live.advance(seconds=30)
    live.sync()
    assert timedelta(seconds=20) <= timedelta(milliseconds=lag(live).longest_ms) <= timedelta(seconds=45)
