"""The total of a stage, team or vendor: one clock over all visits, whose time elsewhere does not count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clock.tickets import HOUR, OFFICE, at, changed, judged, promise, ticket
from hubspot_sla.clock.explain import story
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Cause, ChangeRules, Clock, Kind, OnChange, PromiseChange, Threshold
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Role, Timeline
from hubspot_sla.clock.verdict import Onset, Status, Verdict

FIRST = ("11-23 11:00", "L2")
AWAY = ("11-23 12:00", "Desk")
AGAIN = ("11-23 15:00", "L2")
LEFT = ("11-23 17:00", Role.WAITING)


def total(hours: float = 4, **terms: object) -> list[PromiseChange]:
    return [PromiseChange(0, promise(hours, Metric.STAGE, place="L2", total=True, **terms))]


def elapsed(timeline: Timeline, verdict: Verdict, now: str) -> tuple[int, int]:
    found = spent(verdict.cycle, segments(timeline, verdict.cycle, at(now)), at(now))
    return found.elapsed_ms // HOUR, found.paused_ms // HOUR


def test_the_time_of_all_visits_is_added_up_on_one_clock() -> None:
    life = ticket(FIRST, AWAY, AGAIN, LEFT)
    verdict = judged(life, total(), "11-23 18:00")
    assert [(cycle.status, cycle.started_at, cycle.stopped_at) for cycle in verdict.cycles] == [
        (Status.MET, at("11-23 11:00"), at("11-23 17:00"))
    ]
    assert elapsed(life, verdict, "11-23 18:00") == (3, 3)


def test_a_later_visit_goes_on_where_the_last_one_stopped() -> None:
    life = ticket(FIRST, AWAY, AGAIN)
    verdict = judged(life, total(), "11-23 16:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 18:00"))
    assert judged(life, total(), "11-23 18:01").cycle.breached_at == at("11-23 18:00")


def test_while_the_ticket_is_elsewhere_the_total_has_stopped() -> None:
    life = ticket(FIRST, AWAY)
    for now in ("11-23 12:00", "11-30 12:00"):
        verdict = judged(life, total(), now)
        assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-23 12:00"))


def test_a_total_that_is_used_up_is_missed_while_elsewhere_and_breached_again_on_the_return() -> None:
    late = ticket(FIRST, ("11-23 16:00", "Desk"))
    missed = judged(late, total(), "11-23 20:00")
    assert (missed.status, missed.cycle.breached_at) == (Status.MISSED, at("11-23 15:00"))
    assert spent(missed.cycle, segments(late, missed.cycle, at("11-23 20:00")), at("11-23 20:00")).late_by_ms == HOUR
    back = judged(ticket(FIRST, ("11-23 16:00", "Desk"), ("11-24 09:00", "L2")), total(), "11-24 10:00")
    assert (back.status, back.cycle.breached_at) == (Status.BREACHED, at("11-23 15:00"))


def test_a_total_used_up_in_the_instant_of_leaving_is_met_and_late_from_the_return_on() -> None:
    left = ticket(FIRST, ("11-23 15:00", "Desk"))
    assert judged(left, total(), "11-23 20:00").status is Status.MET
    back = judged(ticket(FIRST, ("11-23 15:00", "Desk"), ("11-24 09:00", "L2")), total(), "11-24 10:00")
    assert (back.status, back.cycle.breached_at, back.cycle.onset) == (
        Status.BREACHED,
        at("11-24 09:00"),
        Onset.RETURN,
    )
    assert "late since Tue 2026-11-24 09:00 UTC when the ticket came back" in story(back, ())


def test_the_total_counts_on_its_calendar() -> None:
    life = ticket(("11-23 15:00", "L2"), ("11-24 07:00", "Desk"), ("11-24 12:00", "L2"))  # until 16:00 UTC, from 8:00
    verdict = judged(life, total(3, calendar=OFFICE), "11-24 13:00")
    assert verdict.cycle.due_at == at("11-24 14:00")


def test_closing_is_leaving_and_reopening_somewhere_else_brings_nothing_back() -> None:
    closed = ticket(FIRST, ("11-23 12:00", Role.CLOSED), ("11-23 13:00", "Desk"))
    assert judged(closed, total(), "11-23 20:00").cycle.stopped_at == at("11-23 12:00")
    back = ticket(FIRST, ("11-23 12:00", Role.CLOSED), ("11-23 13:00", "L2"))
    assert judged(back, total(), "11-23 14:00").cycle.due_at == at("11-23 16:00")


def test_a_team_or_vendor_has_a_total_over_all_its_stages() -> None:
    life = ticket(FIRST, AWAY, AGAIN)
    terms = [PromiseChange(0, promise(4, Metric.STAGE, place="L2 team", total=True))]
    assert judged(life, terms, "11-23 16:00").cycle.due_at == at("11-23 18:00")


def test_a_total_that_has_not_begun_is_pending() -> None:
    verdict = judged(ticket(AWAY), total(), "11-23 16:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.PENDING, "the ticket has not been in L2")


def test_a_change_made_elsewhere_counts_from_the_return_on() -> None:
    first = promise(4, Metric.STAGE, place="L2", total=True)
    shorter = changed(("11-23 13:00", replace(first, budget_ms=HOUR // 2)), first=first)
    assert judged(ticket(FIRST, AWAY), shorter, "11-23 20:00").status is Status.MET
    back = judged(ticket(FIRST, AWAY, AGAIN), shorter, "11-23 16:00")
    assert (back.status, back.cycle.breached_at) == (Status.BREACHED, at("11-23 15:00"))


def test_a_change_made_on_a_way_through_several_stages_waits_for_the_return() -> None:
    first = promise(4, Metric.STAGE, place="L2", total=True)
    longer = changed(("11-23 13:00", replace(first, budget_ms=8 * HOUR)), first=first)
    life = ticket(FIRST, AWAY, ("11-23 14:00", "Bank"), AGAIN)
    assert judged(life, longer, "11-23 16:00").cycle.due_at == at("11-23 22:00")


def test_a_restart_begins_the_total_anew() -> None:
    restart = ChangeRules(priority=OnChange.RESTART)
    first = promise(4, Metric.STAGE, place="L2", total=True, on_change=restart)
    terms = changed(("11-23 15:30", replace(first, budget_ms=2 * HOUR)), cause=Cause.PRIORITY, first=first)
    verdict = judged(ticket(FIRST, AWAY, AGAIN), terms, "11-23 16:00")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (at("11-23 15:30"), at("11-23 17:30"))


def test_a_threshold_of_a_total_is_a_share_of_it() -> None:
    risk = (Threshold.share("50%", 50, 4 * HOUR),)
    verdict = judged(ticket(FIRST, AWAY, AGAIN), total(at_risk=risk), "11-23 16:00")
    assert (verdict.status, verdict.cycle.at_risk_at) == (Status.AT_RISK, at("11-23 16:00"))


def test_a_visit_of_no_length_is_none() -> None:
    life = ticket(FIRST, AWAY, ("11-23 15:00", "L2"), ("11-23 15:00", "Bank"))
    assert judged(life, total(), "11-23 18:00").cycle.stopped_at == at("11-23 12:00")


def test_time_elsewhere_is_that_of_whoever_holds_the_ticket_then() -> None:
    life = ticket(FIRST, AWAY, ("11-23 13:00", Role.WAITING), AGAIN)
    verdict = judged(life, total(), "11-23 16:00")
    told = [
        (segment.state.value, segment.why, segment.whose)
        for segment in segments(life, verdict.cycle, at("11-23 16:00"))
    ]
    assert told == [
        ("running", "L2", "L2 team"),
        ("paused", "Desk", "Desk team"),
        ("paused", "waiting", "customer"),
        ("running", "L2", "L2 team"),
    ]


@pytest.mark.parametrize(
    ("kind", "place", "key"),
    [(Kind.SLA, "L2", "stage_total:L2"), (Kind.OLA, "total:L2", "ola:stage_total:total:L2")],
)
def test_the_key_of_a_total_is_that_of_no_other_clock(kind: Kind, place: str, key: str) -> None:
    clock = Clock(kind, Metric.STAGE, place, total=True)
    assert clock.key == key
    assert key != Clock(kind, Metric.STAGE, place).key
