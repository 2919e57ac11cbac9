"""Our share of HubSpot's quota: what may be asked for, and a day that is over."""

from __future__ import annotations

import pytest

from flows.world import World, environment
from hubspot_sla.errors import DailyLimitReached, RateLimited, UsageProblem
from hubspot_sla.flows.context.context import connected, wired
from hubspot_sla.flows.context.settings import Settings, from_environment
from hubspot_sla.flows.runs import sync as syncing
from hubspot_sla.hubspot.quota_share import Share
from hubspot_sla.ledger import database, state


def limited(world: World, calls: int) -> Settings:
    return from_environment(environment(world) | {"SLA_DAILY_BUDGET": str(calls)})


def a_day_later(world: World) -> None:
    """The portal's clock is moved; this machine's cannot be, so the ledger is told that it is a day further behind."""
    world.advance(hours=24)
    with database.open_for_writing(world.folder / "ledger.db") as ledger, ledger.transaction() as db:
        state.write(db, state.OFFSET, (state.read_instant(db, state.OFFSET) or 0) + 24 * 3_600_000)


def sync_within(world: World, calls: int) -> None:
    with wired(limited(world, calls)) as context:
        syncing.sync(context)


def test_a_share_that_nobody_chose_leaves_room_for_others() -> None:
    assert from_environment({}).share == Share(burst=0.8, searches_per_s=3, calls_a_day=None, in_flight=8)


def test_a_share_is_read_from_the_environment_and_reaches_the_transport(empty: World) -> None:
    chosen = {"SLA_BURST_SHARE": "0.5", "SLA_SEARCHES_PER_S": "2", "SLA_DAILY_BUDGET": "1000", "SLA_IN_FLIGHT": "3"}
    settings = from_environment(environment(empty) | chosen)
    assert settings.share == Share(0.5, 2, 1000, 3)
    with connected(settings) as portal:
        assert portal.transport.flight.most == 3
        assert portal.transport._limits.burst_capacity == 95


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLA_BURST_SHARE", "80%"),
        ("SLA_BURST_SHARE", "0"),
        ("SLA_BURST_SHARE", "1.1"),
        ("SLA_BURST_SHARE", "nan"),
        ("SLA_SEARCHES_PER_S", "6"),
        ("SLA_SEARCHES_PER_S", "0"),
        ("SLA_DAILY_BUDGET", "-5"),
        ("SLA_DAILY_BUDGET", "lots"),
        ("SLA_IN_FLIGHT", "100"),
        ("SLA_IN_FLIGHT", "2.5"),
    ],
)
def test_a_share_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(UsageProblem, match=name) as wrong:
        from_environment({name: value})
    assert wrong.value.remedy


def test_a_daily_limit_ends_the_run_and_the_next_one_asks_nothing_before_midnight(live: World) -> None:
    ticket = live.ticket()
    live.running.faults.add("daily_quota", calls=1)
    with pytest.raises(DailyLimitReached):
        live.sync()
    asked = len(live.running.requests)
    with pytest.raises(
        DailyLimitReached, match="it comes back at 2026-11-23T23:00:00Z, 00:00 in the portal's time zone"
    ) as over:
        live.sync()
    assert over.value.exit_code == 75
    assert len(live.running.requests) == asked
    live.running.faults.clear()
    a_day_later(live)
    live.sync()
    live.sync()
    assert live.held(ticket)["status"] in ("running", "breached")
    live.require_whole_chain()


def test_a_budget_of_our_own_counts_over_several_runs(live: World) -> None:
    live.sync()  # asks at this address for the first time whose portal it is: one call more
    before = len(live.running.requests)
    for _ in range(3):
        sync_within(live, 3)
    with pytest.raises(DailyLimitReached, match="our own budget of 3 HubSpot calls"):
        sync_within(live, 3)
    assert len(live.running.requests) == before + 3
    a_day_later(live)
    sync_within(live, 3)


def test_what_was_recorded_when_the_day_ended_is_sent_the_next_day(live: World) -> None:
    live.sync()  # asks at this address for the first time whose portal it is: one call more
    tickets = [live.ticket() for _ in range(3)]
    with pytest.raises(DailyLimitReached):
        sync_within(live, 3)  # a search, the histories, the companies: nothing is left for the writes
    assert live.rows("select count(*) from outbox where kind = 'properties'") == [(3,)]
    assert not any(live.held(ticket) for ticket in tickets)
    a_day_later(live)
    live.sync()
    assert all(live.held(ticket)["status"] for ticket in tickets)


def test_a_run_that_is_refused_to_the_end_of_its_patience_is_completed_by_the_next(live: World) -> None:
    ticket = live.ticket()
    with live.running.faults.during("rate_limited", policy="SECONDLY", route="batch_update"):
        with pytest.raises(RateLimited) as limited_, live.impatient() as context:
            syncing.sync(context)
        assert limited_.value.exit_code == 75
    live.sync()
    assert live.held(ticket)["status"] == "running"
