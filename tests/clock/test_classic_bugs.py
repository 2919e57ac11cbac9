"""Every classic bug of other engines, by name. Each has hit several products."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from clock.tickets import CREATED, HOUR, OFFICE, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import ChangeRules, OnChange, Reopen, Threshold
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Status

WAITED = (("11-23 11:00", Role.WAITING), ("11-23 12:00", Role.OPEN))


def test_hold_time_is_not_added_twice_however_often_it_is_judged() -> None:
    waited = ticket(*WAITED)
    dues = {judged(waited, always(4), f"11-23 12:{minute:02}").cycle.due_at for minute in range(1, 60)}
    assert dues == {at("11-23 15:00")}


def test_hold_time_is_not_lost_when_the_agreement_changes() -> None:
    changes = changed(("11-23 13:00", promise(6)), first=promise(4))
    assert judged(ticket(*WAITED), changes, "11-23 14:00").cycle.due_at == at("11-23 17:00")


def test_hold_time_before_a_restart_is_not_carried_over() -> None:
    terms = promise(5, on_change=ChangeRules(priority=OnChange.RESTART))
    changes = changed(("11-23 13:00", terms), first=promise(4))
    assert judged(ticket(*WAITED), changes, "11-23 14:00").cycle.due_at == at("11-23 18:00")


def test_a_breach_is_dated_when_it_was_due_not_when_a_job_noticed_it() -> None:
    assert judged(ticket(), always(4), "11-30 03:33").cycle.breached_at == at("11-23 14:00")


def test_late_by_does_not_grow_after_the_ticket_was_solved() -> None:
    solved = ticket(("11-23 15:00", Role.CLOSED))
    late = set()
    for now in (at("11-23 16:00"), at("11-30 16:00")):
        verdict = judged(solved, always(4), now)
        late.add(spent(verdict.cycle, segments(solved, verdict.cycle, now), now).late_by_ms)
    assert late == {HOUR}


def test_the_clock_does_not_run_on_after_resolve() -> None:
    verdict = judged(ticket(("11-23 13:00", Role.CLOSED)), always(4), "11-30 16:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.MET, None)


def test_the_clock_does_not_run_on_after_a_reply() -> None:
    verdict = judged(ticket(replies=("11-23 13:00",)), always(4, Metric.FIRST_RESPONSE), "11-30 16:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.MET, None)


def test_the_first_response_is_not_lost_when_reply_and_move_to_waiting_share_one_instant() -> None:
    both = ticket(("11-23 13:00", Role.WAITING), replies=("11-23 13:00",))
    terms = always(4, Metric.FIRST_RESPONSE, pauses=True)
    assert judged(both, terms, "11-23 16:00").cycle.stopped_at == at("11-23 13:00")


def test_an_edit_reaches_a_quiet_ticket() -> None:
    """Verdicts are computed from facts and `now`, not when somebody saves the ticket."""
    edited = changed(("11-23 12:00", promise(3)), first=promise(8))
    assert judged(ticket(), edited, "11-23 12:30").cycle.due_at == at("11-23 13:00")


def test_closed_time_before_a_reopening_is_not_counted() -> None:
    reopened = ticket(("11-23 11:00", Role.CLOSED), ("11-25 11:00", Role.OPEN))
    assert judged(reopened, always(4), "11-25 12:00").cycle.due_at == at("11-25 14:00")


@pytest.mark.parametrize("rule", Reopen)
def test_a_reopening_does_not_overwrite_the_first_closing(rule: Reopen) -> None:
    reopened = ticket(("11-23 11:00", Role.CLOSED), ("11-25 11:00", Role.OPEN), ("11-25 12:00", Role.CLOSED))
    verdict = judged(reopened, always(4, reopen=rule), "11-25 13:00")
    assert (verdict.first_stopped_at, verdict.reopened) == (at("11-23 11:00"), 1)


def test_the_next_reply_is_judged_after_a_resolve_too() -> None:
    again = ticket(
        ("11-23 12:00", Role.CLOSED),
        ("11-24 12:00", Role.OPEN),
        replies=("11-23 11:00",),
        customers=("11-24 12:00",),
    )
    verdict = judged(again, always(2, Metric.NEXT_RESPONSE), "11-24 15:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-24 14:00"))


@pytest.mark.parametrize(("day", "due"), [("03-28", "03-29 05:00"), ("10-24", "10-25 05:00")])
def test_a_day_on_which_clocks_change_has_the_hours_that_really_pass(day: str, due: str) -> None:
    """Six hours from local 22:00 UTC+1, or 23:00 UTC, on a calendar open round the clock."""
    whole = Calendar("whole", ZoneInfo("Europe/Berlin"), dict.fromkeys(range(7), (Hours(0, 1440),)))
    created = Timeline(at(f"{day} 23:00"), (StageChange(at(f"{day} 23:00"), Role.OPEN, "New"),))
    assert judged(created, always(6, calendar=whole), f"{day} 23:30").cycle.due_at == at(due)


def test_a_holiday_has_the_offset_of_its_own_day() -> None:
    calendar = Calendar(
        "office",
        ZoneInfo("Europe/Berlin"),
        OFFICE.week,
        holidays=lambda year: {date(year, 3, 30): "the Monday after clocks change"},
    )
    created = Timeline(at("03-27 15:00"), (StageChange(at("03-27 15:00"), Role.OPEN, "New"),))
    assert judged(created, always(2, calendar=calendar), "03-27 15:30").cycle.due_at == at("03-31 08:00")


def test_hours_may_cross_midnight() -> None:
    night = Calendar("night", ZoneInfo("Europe/Berlin"), {0: (Hours(22 * 60, 30 * 60),)})
    assert judged(ticket(), always(5, calendar=night), "11-23 11:00").cycle.due_at == at("11-24 02:00")


def test_a_break_inside_a_day_is_not_worked() -> None:
    lunch = Calendar("lunch", ZoneInfo("Europe/Berlin"), {0: (Hours(540, 720), Hours(780, 1020))})
    assert judged(ticket(), always(1.5, calendar=lunch), "11-23 10:30").cycle.due_at == at("11-23 12:30")


def test_a_pause_over_a_weekend_takes_no_business_time_that_was_not_there() -> None:
    waited = ticket(("11-27 16:00", Role.WAITING), ("11-30 08:00", Role.OPEN))
    terms = always(40, calendar=OFFICE)
    assert judged(waited, terms, "11-30 09:00").cycle.due_at == judged(ticket(), terms, "11-30 09:00").cycle.due_at


def test_a_priority_that_matches_nothing_does_not_silently_drop_a_breach() -> None:
    verdict = judged(ticket(), changed(("11-23 15:00", None), first=promise(4)), "11-23 16:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.MISSED, at("11-23 14:00"))


def test_a_priority_that_matches_nothing_ends_a_running_clock_with_the_reason() -> None:
    verdict = judged(ticket(), changed(("11-23 13:00", None), first=promise(4)), "11-23 16:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.NOT_APPLICABLE, "the priority became LOW")


def test_a_percentage_is_not_rounded_so_that_a_breach_shows_early() -> None:
    terms = always(4, at_risk=(Threshold.share("100%", 100, 4 * HOUR),))
    last = judged(ticket(), terms, at("11-23 14:00"))
    assert (last.status, last.cycle.breached_at) == (Status.AT_RISK, None)


def test_a_threshold_is_dated_to_the_millisecond_not_to_midnight() -> None:
    terms = always(30, calendar=OFFICE, at_risk=(Threshold.share("50%", 50, 30 * HOUR),))
    assert judged(ticket(), terms, "11-23 11:00").cycle.at_risk_at == at("11-25 09:00")


def test_thresholds_are_recomputed_after_a_change() -> None:
    def half(hours: int) -> tuple[Threshold, ...]:
        return (Threshold.share("50%", 50, hours * HOUR),)

    changes = changed(("11-23 11:00", promise(2, at_risk=half(2))), first=promise(8, at_risk=half(8)))
    assert judged(ticket(), changes, "11-23 11:30").cycle.at_risk_at == at("11-23 11:00")


def test_a_pause_outside_business_hours_is_not_added_as_wall_clock() -> None:
    waited = ticket(("11-23 17:00", Role.WAITING), ("11-24 07:00", Role.OPEN))
    terms = always(12, calendar=OFFICE)
    assert judged(waited, terms, "11-24 08:30").cycle.due_at == judged(ticket(), terms, "11-24 08:30").cycle.due_at


def test_a_zero_target_outside_hours_is_due_at_the_start_itself() -> None:
    saturday = Timeline(at("11-28 10:00"), (StageChange(at("11-28 10:00"), Role.OPEN, "New"),))
    assert judged(saturday, always(0, calendar=OFFICE), "11-28 10:00").cycle.due_at == at("11-28 10:00")


def test_a_missed_reply_is_not_met_because_nobody_looked() -> None:
    assert judged(ticket(), always(4, Metric.FIRST_RESPONSE), CREATED + 5 * HOUR).status is Status.BREACHED
