"""What a change does to a running clock, thresholds, waivers, merges, and what is known to come."""

from __future__ import annotations

import pytest

from clock.tickets import CREATED, HOUR, MINUTE, OFFICE, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Cause, ChangeRules, Clock, Kind, OnChange, Promise, PromiseChange, Threshold
from hubspot_sla.clock.timeline import Merge, Role, Timeline
from hubspot_sla.clock.verdict import Status
from hubspot_sla.clock.waivers import Waiver


def by(rule: OnChange, cause: Cause = Cause.PRIORITY) -> ChangeRules:
    return ChangeRules(**{cause.value: rule})


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_of_a_change_has_a_rule_of_its_own(cause: Cause) -> None:
    rules = by(OnChange.KEEP, cause)
    for other in Cause:
        changes = changed(("11-23 11:00", promise(8, on_change=rules)), cause=other, first=promise(2))
        due = judged(ticket(), changes, "11-23 11:30").cycle.due_at
        assert due == (at("11-23 12:00") if other is cause else at("11-23 18:00"))


def test_keep_leaves_a_running_clock_its_promise() -> None:
    changes = changed(("11-23 11:00", promise(1, on_change=by(OnChange.KEEP), policy="iron")), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 12:00")
    assert verdict.promise is not None
    assert (verdict.cycle.due_at, verdict.promise.policy) == (at("11-23 14:00"), "gold")


def test_keep_holds_for_the_cycle_only_the_next_one_begins_with_what_is_promised_then() -> None:
    next_response = Metric.NEXT_RESPONSE
    changes = changed(
        ("11-23 12:30", promise(1, next_response, on_change=by(OnChange.KEEP))), first=promise(4, next_response)
    )
    talk = ticket(replies=("11-23 11:00", "11-23 13:00"), customers=("11-23 12:00", "11-23 14:00"))
    first, second = judged(talk, changes, "11-23 14:30").cycles
    assert (first.due_at, second.due_at) == (at("11-23 16:00"), at("11-23 15:00"))


def test_restart_counts_todays_target_from_the_change() -> None:
    changes = changed(("11-23 13:00", promise(2, on_change=by(OnChange.RESTART))), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 14:00")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (at("11-23 13:00"), at("11-23 15:00"))


def test_a_restart_withdraws_a_breach_and_says_who_changed_what() -> None:
    changes = changed(("11-23 15:00", promise(2, on_change=by(OnChange.RESTART))), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 15:30")
    (undone,) = verdict.cycle.withdrawn
    assert (verdict.status, undone.breached_at, undone.by) == (Status.RUNNING, at("11-23 14:00"), "CRM_UI")
    assert "withdrawn" in sentence(verdict)


def test_where_nothing_is_promised_any_more_the_rule_of_the_promise_that_ends_counts() -> None:
    kept = changed(("11-23 11:00", None), first=promise(4, on_change=by(OnChange.KEEP)))
    assert judged(ticket(), kept, "11-23 12:00").status is Status.RUNNING
    assert judged(ticket(), changed(("11-23 11:00", None), first=promise(4)), "11-23 12:00").status is (
        Status.NOT_APPLICABLE
    )


def test_a_promise_that_comes_back_counts_from_the_original_start() -> None:
    changes = changed(("11-23 11:00", None), ("11-23 12:00", promise(4)), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 13:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 14:00"))


def test_with_restart_a_promise_that_comes_back_counts_from_its_return() -> None:
    restarting = promise(4, on_change=ChangeRules(priority=OnChange.RESTART))
    changes = changed(("11-23 11:00", None), ("11-23 12:00", restarting), first=promise(4))
    assert judged(ticket(), changes, "11-23 13:00").cycle.due_at == at("11-23 16:00")


@pytest.mark.parametrize("rule", OnChange)
def test_a_promise_made_where_there_was_none_counts_from_the_original_start(rule: OnChange) -> None:
    made_later = promise(4, on_change=ChangeRules(priority=rule))
    changes = [PromiseChange(0, None, "no policy matches"), PromiseChange(at("11-23 12:00"), made_later)]
    verdict = judged(ticket(), changes, "11-23 15:00")
    assert (verdict.cycle.due_at, verdict.cycle.breached_at) == (at("11-23 14:00"), at("11-23 14:00"))


def test_a_change_of_calendar_recalculates_with_the_new_hours() -> None:
    changes = changed(("11-23 11:00", promise(8, calendar=OFFICE)), cause=Cause.CALENDAR, first=promise(8))
    assert judged(ticket(), changes, "11-23 12:00").cycle.due_at == at("11-24 10:00")


def test_pauses_before_a_change_are_counted_once() -> None:
    waited = ticket(("11-23 11:00", Role.WAITING), ("11-23 12:00", Role.OPEN))
    changes = changed(("11-23 13:00", promise(6)), ("11-23 13:30", promise(4)), first=promise(4))
    assert judged(waited, changes, "11-23 14:00").cycle.due_at == at("11-23 15:00")


# thresholds and next_at


def risky(*thresholds: Threshold, hours: float = 4) -> list[PromiseChange]:
    return always(hours, at_risk=tuple(sorted(thresholds, key=lambda threshold: threshold.run_ms)))


def test_a_clock_is_at_risk_from_its_share_on_and_not_before() -> None:
    terms = risky(Threshold.share("75%", 75, 4 * HOUR))
    before, since = (judged(ticket(), terms, at("11-23 13:00") - back) for back in (1, 0))
    assert (before.status, before.cycle.next_at) == (Status.RUNNING, at("11-23 13:00"))
    assert (since.status, since.cycle.at_risk_at, since.cycle.next_at) == (
        Status.AT_RISK,
        at("11-23 13:00"),
        at("11-23 14:00") + 1,
    )


def test_a_threshold_may_be_a_time_before_due_in_business_time() -> None:
    terms = always(10, calendar=OFFICE, at_risk=(Threshold.before("30m", 30 * MINUTE, 10 * HOUR),))
    assert judged(ticket(), terms, "11-23 11:00").cycle.at_risk_at == at("11-24 11:30")


def test_a_share_is_never_rounded_so_that_it_shows_early() -> None:
    assert Threshold.share("75%", 75, 10_001).run_ms == 7_501


def test_a_paused_clock_past_its_threshold_is_paused_and_a_breached_one_breached() -> None:
    terms = risky(Threshold.share("25%", 25, 4 * HOUR))
    waiting = ticket(("11-23 12:00", Role.WAITING))
    assert judged(waiting, terms, "11-23 13:00").status is Status.PAUSED
    assert judged(ticket(), terms, "11-23 15:00").status is Status.BREACHED


def test_next_at_is_each_threshold_in_turn_then_the_instant_after_due_then_nothing() -> None:
    terms = risky(Threshold.share("50%", 50, 4 * HOUR), Threshold.share("75%", 75, 4 * HOUR))
    seen = []
    now: int | None = CREATED
    while now is not None:
        now = judged(ticket(), terms, now).cycle.next_at
        seen.append(now)
    assert seen == [at("11-23 12:00"), at("11-23 13:00"), at("11-23 14:00") + 1, None]


def test_a_change_known_to_come_is_when_to_look_again() -> None:
    changes = changed(("11-23 12:00", None), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 11:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.RUNNING, at("11-23 12:00"))


def test_a_paused_clock_waits_for_a_change_known_to_come() -> None:
    changes = changed(("11-23 18:00", promise(1)), first=promise(4))
    verdict = judged(ticket(("11-23 11:00", Role.WAITING)), changes, "11-23 12:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.PAUSED, at("11-23 18:00"))


# waivers


def waived(**rest: object) -> Timeline:
    return ticket(waivers=(Waiver(at("11-23 15:00"), "the customer agreed", **rest),))  # type: ignore[arg-type]


def test_a_waiver_excuses_lateness_with_its_reason() -> None:
    verdict = judged(waived(), always(4), "11-23 16:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.WAIVED, "waived: the customer agreed")


def test_a_waiver_for_another_metric_excuses_nothing() -> None:
    assert judged(waived(metric=Metric.UPDATE), always(4), "11-23 16:00").status is Status.BREACHED


def test_a_waiver_ends_and_the_clock_is_late_again() -> None:
    timeline = waived(expires_at=at("11-24 10:00"))
    verdict = judged(timeline, always(4), "11-23 16:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.WAIVED, at("11-24 10:00"))
    assert judged(timeline, always(4), "11-24 10:00").status is Status.BREACHED


def test_what_was_over_before_the_waiver_ended_stays_waived() -> None:
    timeline = ticket(
        ("11-23 17:00", Role.CLOSED), waivers=(Waiver(at("11-23 15:00"), "agreed", expires_at=at("11-24 10:00")),)
    )
    assert judged(timeline, always(4), "11-30 10:00").status is Status.WAIVED


# merges


def test_a_ticket_merged_into_another_ends_merged() -> None:
    verdict = judged(ticket(merged=Merge(at("11-23 12:00"), "77")), always(4), "11-23 16:00")
    assert verdict.status is Status.MERGED
    assert "77" in verdict.cycle.reason


# kinds beside each other


def test_sla_ola_and_underpinning_contract_are_judged_beside_each_other() -> None:
    promises: list[Promise] = [
        promise(8),
        promise(4, kind=Kind.OLA),
        promise(2, Metric.STAGE, kind=Kind.UC, place="Bank", calendar=ALWAYS),
    ]
    told = {one.clock: [PromiseChange(0, one)] for one in promises}
    verdicts = judge_all(ticket(("11-23 11:00", "Bank")), told, at("11-23 15:00"))
    assert [(verdict.clock.key, verdict.status.value) for verdict in verdicts] == [
        ("resolution", "running"),
        ("ola:resolution", "breached"),
        ("uc:stage:Bank", "breached"),
    ]


@pytest.mark.parametrize(
    ("clock", "key"),
    [
        (Clock(Kind.SLA, Metric.RESOLUTION), "resolution"),
        (Clock(Kind.OLA, Metric.RESOLUTION), "ola:resolution"),
        (Clock(Kind.SLA, Metric.STAGE, "Bank"), "stage:Bank"),
        (Clock(Kind.UC, Metric.STAGE, "Bank"), "uc:stage:Bank"),
    ],
)
def test_a_clock_has_a_stable_key(clock: Clock, key: str) -> None:
    assert clock.key == key
