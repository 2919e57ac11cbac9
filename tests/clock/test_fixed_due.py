"""Clocks whose due instant is fixed at the start: what pauses, shares, changes and rungs make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clock.tickets import CREATED, HOUR, MINUTE, OFFICE, at, changed, judged, promise, ticket
from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.due_rules import BusinessTime, Earlier, EndOfDay, Later, OnCalendar, SameTime
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import ChangeRules, OnChange, Promise, PromiseChange, Threshold
from hubspot_sla.clock.rungs import Mark, Side, Span, instant
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Status
from proof import examples

if TYPE_CHECKING:
    from typing import Any

    from hubspot_sla.clock.due_rules import DueRule
    from hubspot_sla.clock.timeline import Timeline

# The office is open from 9 to 17 in Berlin, 8 to 16 in UTC, from Monday to Friday. Created on Monday at 10 UTC.
TOMORROW = SameTime(1)
TONIGHT = EndOfDay(0)


def fixed(rule: DueRule = TOMORROW, metric: Metric = Metric.RESOLUTION, **terms: Any) -> Promise:
    return replace(promise(0, metric, OFFICE, **terms), due_rule=rule, target="as the rule says")


def due_at(timeline: Timeline, rule: DueRule = TOMORROW, now: str = "11-23 12:00") -> int | None:
    return judged(timeline, [PromiseChange(0, fixed(rule))], now).cycle.due_at


def test_a_fixed_due_instant_stands_while_nothing_pauses_the_clock() -> None:
    assert due_at(ticket()) == at("11-24 10:00")
    assert due_at(ticket(), TONIGHT) == at("11-23 16:00")


def test_a_pause_moves_a_fixed_due_instant_by_the_business_time_it_takes() -> None:
    waited = ticket(("11-23 11:00", Role.WAITING), ("11-23 13:00", Role.OPEN))
    assert due_at(waited, now="11-23 14:00") == at("11-24 12:00")
    assert due_at(waited, TONIGHT, now="11-23 14:00") == at("11-24 10:00")


def test_a_pause_outside_business_hours_leaves_a_fixed_due_instant_where_it_is() -> None:
    overnight = ticket(("11-23 17:00", Role.WAITING), ("11-24 06:00", Role.OPEN))
    assert due_at(overnight, now="11-24 09:00") == at("11-24 10:00")


def test_a_fixed_due_instant_may_lie_outside_hours_and_lateness_begins_there() -> None:
    created = at("11-23 20:00")
    evening = replace(ticket(), created_at=created, stages=(replace(ticket().stages[0], at=created),))
    verdict = judged(evening, [PromiseChange(0, fixed())], "11-24 20:00")
    assert verdict.cycle.due_at == at("11-25 08:00")  # received at Tuesday's opening
    assert verdict.status is Status.RUNNING  # although the budget had run at Tuesday's closing
    assert judged(evening, [PromiseChange(0, fixed())], at("11-25 08:00") + 1).status is Status.BREACHED


def test_the_target_is_the_business_time_from_the_start_to_the_fixed_instant() -> None:
    verdict = judged(ticket(), [PromiseChange(0, fixed())], "11-23 12:00")
    assert verdict.promise is not None
    assert verdict.promise.budget_ms == 8 * HOUR
    assert judged(ticket(), [PromiseChange(0, fixed(TONIGHT))], "11-23 12:00").promise.budget_ms == 6 * HOUR


def test_shares_and_times_before_a_fixed_due_instant_go_by_its_business_time() -> None:
    risks = (Threshold.share("75%", 75, 0), Threshold.before("-30m", 30 * MINUTE, 0))
    verdict = judged(ticket(), [PromiseChange(0, fixed(TONIGHT, at_risk=risks))], "11-23 14:30")
    assert verdict.status is Status.AT_RISK
    assert verdict.cycle.at_risk_at == at("11-23 14:30")
    assert verdict.cycle.next_at == at("11-23 15:30")


def test_rungs_of_a_fixed_due_instant_hang_in_its_business_time() -> None:
    verdict = judged(ticket(), [PromiseChange(0, fixed(TONIGHT))], "11-23 18:00")
    pauses = Pauses.at(ticket(), at("11-23 12:00"))
    assert instant(verdict.cycle, Mark(Side.SHARE, 50), pauses) == at("11-23 13:00")
    assert instant(verdict.cycle, Mark(Side.BEFORE, span=Span(HOUR)), pauses) == at("11-23 15:00")
    assert instant(verdict.cycle, Mark(Side.BREACH), pauses) == at("11-23 16:00")
    assert instant(verdict.cycle, Mark(Side.AFTER, span=Span(HOUR)), pauses) == at("11-24 09:00")


AROUND_THE_CLOCK = OnCalendar(BusinessTime(24 * HOUR), ALWAYS)


def test_time_on_a_calendar_of_its_own_is_moved_by_pauses_and_shared_out_on_that_calendar() -> None:
    waited = ticket(("11-23 20:00", Role.WAITING), ("11-23 22:00", Role.OPEN))  # when the office is closed
    half = (Threshold.share("50%", 50, 0),)
    verdict = judged(waited, [PromiseChange(0, fixed(AROUND_THE_CLOCK, at_risk=half))], "11-24 01:00")
    assert verdict.cycle.due_at == at("11-24 12:00")
    assert verdict.cycle.at_risk_at == at("11-24 00:00")
    assert verdict.promise is not None
    assert (verdict.promise.calendar, verdict.promise.budget_ms) == (ALWAYS, 24 * HOUR)


def test_of_two_rules_the_calendar_of_the_one_that_decides_counts() -> None:
    waited = ticket(("11-23 20:00", Role.WAITING), ("11-23 22:00", Role.OPEN))
    sooner = Earlier(frozenset({AROUND_THE_CLOCK, EndOfDay(3)}))
    assert due_at(waited, sooner, "11-24 01:00") == at("11-24 12:00")
    later = Later(frozenset({AROUND_THE_CLOCK, EndOfDay(3)}))
    assert due_at(waited, later, "11-24 01:00") == at("11-26 16:00")  # the office was closed while it waited


def test_of_two_rules_that_are_due_at_once_the_calendar_of_the_policy_counts() -> None:
    for rule in (
        Earlier(frozenset({AROUND_THE_CLOCK, SameTime(1)})),
        Later(frozenset({AROUND_THE_CLOCK, SameTime(1)})),
    ):
        assert rule.counts_on(CREATED, OFFICE) is OFFICE


def test_a_recalculation_fixes_the_instant_anew_from_the_original_start() -> None:
    changes = changed(("11-24 09:00", fixed(SameTime(2))), first=fixed(TONIGHT))
    assert judged(ticket(), changes, "11-24 09:30").cycle.due_at == at("11-25 10:00")


def test_a_restart_fixes_the_instant_from_the_change() -> None:
    restarting = fixed(SameTime(2), on_change=ChangeRules(priority=OnChange.RESTART))
    changes = changed(("11-24 09:00", restarting), first=fixed(TOMORROW))
    assert judged(ticket(), changes, "11-24 09:30").cycle.due_at == at("11-26 09:00")


def test_each_cycle_has_a_fixed_due_instant_of_its_own() -> None:
    updated = ticket(replies=("11-23 15:00", "11-24 12:00"))
    verdict = judged(updated, [PromiseChange(0, fixed(TONIGHT, Metric.UPDATE))], "11-24 13:00")
    assert [cycle.due_at for cycle in verdict.cycles] == [at("11-23 16:00"), at("11-23 16:00"), at("11-24 16:00")]
    assert [cycle.status for cycle in verdict.cycles] == [Status.MET, Status.MISSED, Status.RUNNING]


def test_a_promise_that_fixes_the_same_instant_is_the_same_promise() -> None:
    assert fixed(SameTime(1)).same_as(replace(fixed(SameTime(1)), target="next day same time"))
    assert not fixed(SameTime(1)).same_as(fixed(SameTime(2)))
    assert not fixed(SameTime(1)).same_as(promise(8, calendar=OFFICE))


instants = st.integers(CREATED, CREATED + 4 * 24 * HOUR)


@examples(300)
@given(moves=st.lists(instants, max_size=6, unique=True), now=instants)
def test_around_the_clock_the_same_time_tomorrow_is_what_24_hours_are(moves: list[int], now: int) -> None:
    stages = ticket().stages
    roles = (Role.WAITING, Role.OPEN)
    moved = tuple(replace(stages[0], at=move, role=roles[number % 2]) for number, move in enumerate(sorted(moves)))
    timeline = replace(ticket(), stages=(*stages, *moved))
    plain = promise(24, calendar=ALWAYS)
    ruled = replace(plain, budget_ms=0, due_rule=SameTime(1))
    by_rule = judged(timeline, [PromiseChange(0, ruled)], max(now, CREATED)).cycle
    by_time = judged(timeline, [PromiseChange(0, plain)], max(now, CREATED)).cycle
    assert by_rule._replace(promise=None) == by_time._replace(promise=None)
