"""When rungs are reached: each rule of docs/reference/clock.md, and instants against an oracle that counts steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import ladder_oracle as oracle
from clock.scenes import STEP_MS, STEPS, Scene, scenes
from clock.tickets import HOUR, MINUTE, OFFICE, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import ChangeRules, OnChange, Reopen
from hubspot_sla.clock.rungs import Mark, Side, Span, instant
from hubspot_sla.clock.timeline import Role
from proof import examples

SHARE = Mark(Side.SHARE, percent=75)
BEFORE = Mark(Side.BEFORE, span=Span(30 * MINUTE))
BREACH = Mark(Side.BREACH)
AFTER = Mark(Side.AFTER, span=Span(2 * HOUR))


def reached(timeline: object, changes: object, now: str, mark: Mark, nth: int = 1, cycle: int = -1) -> int | None:
    verdict = judged(timeline, changes, now)  # type: ignore[arg-type]  # handed through
    pauses = Pauses.at(timeline, at(now))  # type: ignore[arg-type]
    return instant(verdict.cycles[cycle], mark, pauses, nth)


def test_a_rung_before_due_is_reached_when_its_share_of_the_target_has_run() -> None:
    assert reached(ticket(), always(4), "11-23 10:01", SHARE) == at("11-23 13:00")
    assert reached(ticket(), always(4), "11-23 10:01", BEFORE) == at("11-23 13:30")


def test_a_share_of_a_rung_is_never_rounded_down() -> None:
    odd = [replace(always()[0], promise=replace(promise(), budget_ms=10_001))]
    assert reached(ticket(), odd, "11-23 10:00", SHARE) == at("11-23 10:00") + 7_501


def test_a_time_before_due_longer_than_the_target_is_the_start() -> None:
    assert reached(ticket(), always(0.25), "11-23 10:01", BEFORE) == at("11-23 10:00")


def test_rungs_count_business_time_on_the_promises_calendar() -> None:
    office = always(8, calendar=OFFICE)  # due Tuesday 11:00 in Berlin
    assert reached(ticket(), office, "11-23 10:01", Mark(Side.SHARE, percent=50)) == at("11-23 14:00")
    assert reached(ticket(), office, "11-24 12:00", Mark(Side.AFTER, span=Span(6 * HOUR))) == at("11-24 16:00")
    assert reached(ticket(), office, "11-24 12:00", Mark(Side.AFTER, span=Span(7 * HOUR))) == at("11-25 09:00")


def test_a_business_day_is_that_of_the_promises_calendar() -> None:
    assert reached(ticket(), always(4), "11-23 15:00", Mark(Side.AFTER, span=Span(business_days=1))) == at(
        "11-24 14:00"
    )
    with pytest.raises(ValueError, match="business day"):
        reached(ticket(), always(8, calendar=OFFICE), "11-23 15:00", Mark(Side.AFTER, span=Span(business_days=1)))


def test_a_pause_moves_a_rung_before_due_and_while_it_lasts_nobody_knows_when() -> None:
    waits = ("11-23 12:00", Role.WAITING)
    assert reached(ticket(waits), always(4), "11-23 12:30", SHARE) is None
    assert reached(ticket(waits, ("11-23 14:00", Role.OPEN)), always(4), "11-23 14:30", SHARE) == at("11-23 15:00")


def test_a_rung_reached_before_a_pause_stays_where_it_is() -> None:
    assert reached(ticket(("11-23 13:15", Role.WAITING)), always(4), "11-23 15:00", SHARE) == at("11-23 13:00")


def test_after_the_breach_pauses_move_nothing() -> None:
    late = ticket(("11-23 14:30", Role.WAITING))
    assert reached(late, always(4), "11-23 15:00", BREACH) == at("11-23 14:00")
    assert reached(late, always(4), "11-23 15:00", AFTER) == at("11-23 16:00")


def test_a_rung_that_comes_back_does_so_in_business_time() -> None:
    again = Mark(Side.AFTER, span=Span(2 * HOUR), every=Span(3 * HOUR), times=3)
    found = [reached(ticket(), always(4), "11-23 15:00", again, nth) for nth in (1, 2, 3)]
    assert found == [at("11-23 16:00"), at("11-23 19:00"), at("11-23 22:00")]


def test_a_change_that_puts_a_rung_into_the_past_reaches_it_at_the_change() -> None:
    turns = changed(("11-23 13:00", promise(4)), first=promise(9))
    assert reached(ticket(), turns, "11-23 13:30", Mark(Side.SHARE, percent=50)) == at("11-23 13:00")
    assert reached(ticket(), turns, "11-23 13:30", Mark(Side.SHARE, percent=90)) == at("11-23 13:36")


def test_rungs_after_a_breach_by_a_change_count_from_the_change() -> None:
    turns = changed(("11-23 16:00", promise(4)), first=promise(9))
    assert reached(ticket(), turns, "11-23 17:00", BREACH) == at("11-23 16:00")
    assert reached(ticket(), turns, "11-23 17:00", AFTER) == at("11-23 18:00")


def test_a_withdrawn_breach_dates_its_rungs_anew() -> None:
    turns = changed(("11-23 15:00", promise(9)), first=promise(4))
    assert reached(ticket(), turns, "11-23 14:30", AFTER) == at("11-23 16:00")
    assert reached(ticket(), turns, "11-23 15:30", BREACH) == at("11-23 19:00")
    assert reached(ticket(), turns, "11-23 15:30", AFTER) == at("11-23 21:00")


def test_a_restarted_promise_counts_its_rungs_from_the_change() -> None:
    fresh = replace(promise(4), on_change=ChangeRules(priority=OnChange.RESTART))
    turns = changed(("11-23 12:00", fresh), first=promise(9))
    assert reached(ticket(), turns, "11-23 12:30", SHARE) == at("11-23 15:00")


def test_a_reopened_ticket_goes_on_to_its_rungs_without_the_time_it_was_closed() -> None:
    again = ticket(("11-23 12:00", Role.CLOSED), ("11-23 20:00", Role.OPEN))
    assert reached(again, always(4), "11-23 20:30", SHARE) == at("11-23 21:00")
    restarted = always(4, reopen=Reopen.RESTART)
    assert reached(again, restarted, "11-23 20:30", SHARE) == at("11-23 23:00")


def test_a_clock_that_never_began_has_no_rungs() -> None:
    assert reached(ticket(), always(4, Metric.NEXT_RESPONSE), "11-23 12:00", BREACH) is None


def test_a_rung_that_its_calendar_never_reaches_has_no_instant() -> None:
    once = Calendar("once", UTC, {}, opened={date(2026, 11, 23): (Hours(0, 24 * 60),)})
    assert reached(ticket(), always(4, calendar=once), "11-23 15:00", AFTER) == at("11-23 16:00")
    assert reached(ticket(), always(4, calendar=once), "11-23 15:00", Mark(Side.AFTER, span=Span(11 * HOUR))) is None


MARKS = [
    oracle.Rung("share", "share", 75),
    oracle.Rung("before", "before", 3),
    oracle.Rung("breach", "breach"),
    oracle.Rung("after", "after", 5, every=7, times=3),
]


def mark_of(rung: oracle.Rung, budget: int) -> Mark:
    """The oracle's rung for the clock; a share is one of whole steps, as the oracle counts it."""
    if rung.side == "share":
        return Mark(Side.BEFORE, span=Span((budget - -(-budget * rung.amount // 100)) * STEP_MS))
    every = Span(rung.every * STEP_MS) if rung.every else None
    return Mark(Side(rung.side), span=Span(rung.amount * STEP_MS), every=every, times=rung.times)


@examples(300)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_every_rung_is_reached_when_counting_steps_says(scene: Scene, now: int) -> None:
    now = max(now, scene.ticket.created)
    found = [cycle for cycle in scene.judged(now).cycles if cycle.started_at is not None]
    told = oracle.runs_of(scene.ticket, scene.changes, now)
    pauses = Pauses.at(scene.timeline(now), scene.at(now))
    for cycle, (run, one) in zip(found, told, strict=True):
        assert one.terms is not None
        for rung in MARKS:
            for nth in range(1, rung.times + 1):
                step = oracle.reached_at(scene.ticket, run, one, rung, nth, now)
                mark = mark_of(rung, one.terms.budget)
                assert instant(cycle, mark, pauses, nth) == (None if step is None else scene.at(step)), rung
