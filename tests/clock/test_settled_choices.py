"""Choices that the clock's documents had left open, and the defects that were found beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clock.tickets import CREATED, HOUR, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import (
    Cause,
    ChangeRules,
    OnChange,
    Promise,
    PromiseChange,
    Reopen,
    Threshold,
    Unanswered,
)
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Message, OwnerChange, Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Onset, Status, Verdict

RESTART = ChangeRules(*[OnChange.RESTART] * len(Cause))
KEEP = ChangeRules(*[OnChange.KEEP] * len(Cause))


def elapsed_ms(timeline: Timeline, verdict: Verdict, now: str) -> int:
    return spent(verdict.cycle, segments(timeline, verdict.cycle, at(now)), at(now)).elapsed_ms


# replies around the start


def handed_over_at_eleven(*replies: str) -> Timeline:
    """Handed over to Desk at 11:00. HubSpot's first-reply properties hold the first of the replies only."""
    timeline = ticket(("11-23 11:00", "Desk"), replies=replies)
    return replace(timeline, first_replies=timeline.first_replies[:1])


DESK = always(2, Metric.FIRST_RESPONSE, starts_in="Desk")


def test_a_reply_after_the_hand_over_answers_although_there_was_one_before_it() -> None:
    verdict = judged(handed_over_at_eleven("11-23 10:30", "11-23 11:30"), DESK, "11-23 15:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-23 11:30"))
    assert (verdict.cycle.due_at, verdict.cycle.breached_at) == (at("11-23 13:00"), None)


def test_a_reply_in_the_instant_of_the_hand_over_precedes_it() -> None:
    answered = judged(handed_over_at_eleven("11-23 11:00", "11-23 12:00"), DESK, "11-23 15:00")
    assert (answered.status, answered.cycle.stopped_at) == (Status.MET, at("11-23 12:00"))
    assert judged(handed_over_at_eleven("11-23 11:00"), DESK, "11-23 15:00").status is Status.BREACHED


def test_a_note_after_the_hand_over_is_no_answer() -> None:
    timeline = handed_over_at_eleven("11-23 10:30")
    note = Message(at("11-23 11:30"), "test", answers=False)
    noted = replace(timeline, agent_messages=(*timeline.agent_messages, note))
    assert judged(noted, DESK, "11-23 12:00").status is Status.RUNNING


def test_a_reply_in_the_instant_of_the_creation_precedes_it() -> None:
    first_response = always(2, Metric.FIRST_RESPONSE)
    timeline = replace(ticket(replies=("11-23 10:00", "11-23 11:00")))
    once = replace(timeline, first_replies=timeline.first_replies[:1])
    assert judged(once, first_response, "11-23 11:30").cycle.stopped_at == at("11-23 11:00")
    assert judged(ticket(replies=("11-23 10:00",)), first_response, "11-23 11:30").status is Status.RUNNING


def test_an_owner_set_on_creation_counts() -> None:
    verdict = judged(ticket(owners=("11-23 10:00",)), always(2, Metric.ASSIGNMENT), "11-23 16:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, CREATED)


# promises are compared by what they mean


def written(text: str, hours: float = 2, **terms: object) -> Promise:
    return replace(promise(hours, on_change=RESTART, **terms), target=text)


def test_a_promise_spelled_otherwise_is_the_same() -> None:
    assert written("2h").same_as(written("120m"))
    assert written("2h").same_as(written("2H"))
    assert not written("2h").same_as(written("4h", 4))
    assert not written("2h").same_as(None)


def test_a_threshold_spelled_otherwise_is_the_same() -> None:
    half, early = Threshold.share("50%", 50, 2 * HOUR), Threshold.before("1h", HOUR, 2 * HOUR)
    assert written("2h", at_risk=(half,)).same_as(written("2h", at_risk=(early,)))
    assert not written("2h", at_risk=(half,)).same_as(written("2h"))


def test_an_edit_that_only_spells_a_target_otherwise_restarts_nothing() -> None:
    edited = changed(("11-23 10:40", written("120m")), ("11-23 11:31", written("2H")), first=written("2h"))
    verdict = judged(ticket(), edited, "11-23 11:45")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (CREATED, at("11-23 12:00"))


# there and back


@pytest.mark.parametrize("rules", [RESTART, KEEP])
def test_a_change_there_and_back_while_closed_changes_nothing(rules: ChangeRules) -> None:
    reopened = ticket(("11-23 11:00", Role.CLOSED), ("11-23 15:00", Role.OPEN))
    first, other = promise(4, on_change=rules), promise(8, on_change=rules)
    there_and_back = changed(("11-23 12:00", other), ("11-23 13:00", replace(first)), first=first)
    assert judged(reopened, there_and_back, "11-23 16:00") == judged(reopened, [PromiseChange(0, first)], "11-23 16:00")


def test_a_change_there_and_back_in_one_instant_changes_nothing() -> None:
    first, other = promise(4, on_change=RESTART), promise(8, on_change=RESTART)
    there_and_back = changed(("11-23 12:00", other), ("11-23 12:00", replace(first)), first=first)
    assert judged(ticket(), there_and_back, "11-23 13:00") == judged(ticket(), [PromiseChange(0, first)], "11-23 13:00")


def test_recalculate_after_a_restart_counts_from_the_restart() -> None:
    changes = changed(("11-23 11:00", promise(4, on_change=RESTART)), ("11-23 12:00", promise(2)), first=promise(8))
    verdict = judged(ticket(), changes, "11-23 12:30")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (at("11-23 11:00"), at("11-23 13:00"))


def test_a_restart_after_keep_that_promises_what_the_clock_has_kept_changes_nothing() -> None:
    changes = changed(
        ("11-23 11:00", promise(8, on_change=KEEP)), ("11-23 12:00", promise(4, on_change=RESTART)), first=promise(4)
    )
    verdict = judged(ticket(), changes, "11-23 13:00")
    assert (verdict.cycle.started_at, verdict.cycle.due_at) == (CREATED, at("11-23 14:00"))


def test_keep_holds_a_promise_that_nothing_matches_any_more() -> None:
    kept = changed(("11-23 11:00", None), first=promise(4, on_change=KEEP))
    verdict = judged(ticket(), kept, "11-23 15:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-23 14:00"))


# what was used up in the very instant of closing


USED_UP = (("11-23 14:00", Role.CLOSED), ("11-25 12:00", Role.OPEN))


def test_a_budget_used_up_at_the_closing_is_met_by_a_reply_while_closed() -> None:
    answered = ticket(*USED_UP, replies=("11-24 10:00",))
    verdict = judged(answered, always(4, Metric.FIRST_RESPONSE), "11-25 13:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-24 10:00"))
    assert (verdict.cycle.due_at, verdict.cycle.breached_at) == (at("11-23 14:00"), None)


def test_a_budget_used_up_at_the_closing_is_met_by_an_owner_set_while_closed() -> None:
    owned = ticket(*USED_UP, owners=("11-24 10:00",))
    verdict = judged(owned, always(4, Metric.ASSIGNMENT), "11-25 13:00")
    assert (verdict.status, verdict.cycle.stopped_at, verdict.cycle.breached_at) == (
        Status.MET,
        at("11-24 10:00"),
        None,
    )


def test_a_budget_used_up_at_the_closing_is_late_from_the_reopening_without_a_reply() -> None:
    verdict = judged(ticket(*USED_UP), always(4, Metric.FIRST_RESPONSE), "11-25 13:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-25 12:00"))
    assert verdict.cycle.onset is Onset.REOPENING


# what a clock that is over shows


def test_a_clock_whose_promise_ended_has_an_end_and_no_due_time_and_counts_no_further() -> None:
    changes = changed(("11-23 12:00", None), first=promise(4))
    verdicts = [judged(ticket(), changes, now) for now in ("11-23 12:30", "11-30 10:00")]
    for verdict, now in zip(verdicts, ("11-23 12:30", "11-30 10:00"), strict=True):
        assert (verdict.status, verdict.cycle.due_at) == (Status.NOT_APPLICABLE, None)
        assert verdict.cycle.ended_at == at("11-23 12:00")
        assert elapsed_ms(ticket(), verdict, now) == 2 * HOUR


def test_a_reply_after_the_promise_ended_stops_nothing() -> None:
    changes = changed(("11-23 12:00", None), first=promise(4, Metric.FIRST_RESPONSE))
    verdict = judged(ticket(replies=("11-23 13:00",)), changes, "11-23 14:00")
    assert (verdict.status, verdict.cycle.stopped_at, verdict.cycle.ended_at) == (
        Status.NOT_APPLICABLE,
        None,
        at("11-23 12:00"),
    )


def test_a_breached_clock_whose_promise_ended_keeps_its_due_time_and_has_an_end() -> None:
    changes = changed(("11-23 16:00", None), first=promise(4))
    verdict = judged(ticket(), changes, "11-23 18:00")
    assert verdict.status is Status.MISSED
    assert (verdict.cycle.due_at, verdict.cycle.ended_at) == (at("11-23 14:00"), at("11-23 16:00"))
    assert spent(verdict.cycle, (), at("11-23 18:00")).late_by_ms == 2 * HOUR


def test_what_is_met_or_missed_keeps_its_due_time() -> None:
    for closed_at, status in (("11-23 12:00", Status.MET), ("11-23 15:00", Status.MISSED)):
        verdict = judged(ticket((closed_at, Role.CLOSED)), always(4), "11-23 18:00")
        assert (verdict.status, verdict.cycle.due_at) == (status, at("11-23 14:00"))


def test_what_the_closing_ended_has_no_due_time() -> None:
    verdict = judged(ticket(("11-23 11:00", Role.CLOSED)), always(4, Metric.FIRST_RESPONSE), "11-23 18:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.NOT_APPLICABLE, None)
    assert verdict.cycle.ended_at == at("11-23 11:00")


# closing without what was owed


def test_closed_without_a_reply_is_late_from_the_closing_on() -> None:
    terms = always(4, Metric.FIRST_RESPONSE, close_without_reply=Unanswered.MISSED)
    verdict = judged(ticket(("11-23 11:00", Role.CLOSED)), terms, "11-23 18:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.MISSED, at("11-23 11:00"))
    assert verdict.cycle.due_at == at("11-23 14:00")


@pytest.mark.parametrize("metric", [Metric.ASSIGNMENT, Metric.UPDATE])
def test_closing_without_a_reply_is_no_miss_of_what_waits_for_no_reply(metric: Metric) -> None:
    terms = always(4, metric, close_without_reply=Unanswered.MISSED)
    assert judged(ticket(("11-23 11:00", Role.CLOSED)), terms, "11-23 18:00").status is Status.NOT_APPLICABLE


# reopening


def test_a_restart_does_not_ask_again_for_what_was_answered_before_the_closing() -> None:
    answered = ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN), replies=("11-23 11:00",))
    verdict = judged(answered, always(4, Metric.FIRST_RESPONSE, reopen=Reopen.RESTART), "11-25 12:00")
    assert (verdict.status, len(verdict.cycles)) == (Status.MET, 1)


def test_time_in_a_stage_does_not_notice_that_a_reopening_is_ignored() -> None:
    back = ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", "Bank"))
    verdict = judged(back, always(4, Metric.STAGE, place="Bank", reopen=Reopen.IGNORE), "11-24 13:00")
    assert (verdict.status, verdict.cycle.started_at) == (Status.RUNNING, at("11-24 12:00"))


# a stage left and entered again in one instant


def test_a_stage_left_and_entered_again_in_one_instant_was_never_left() -> None:
    back = ticket(("11-23 11:00", "Bank"), ("11-23 12:00", "Desk"), ("11-23 12:00", "Bank"))
    verdict = judged(back, always(4, Metric.STAGE, place="Bank"), "11-23 13:00")
    assert [cycle.started_at for cycle in verdict.cycles] == [at("11-23 11:00")]


def test_a_wait_left_and_entered_again_in_one_instant_is_one_wait() -> None:
    waiting = ticket(
        ("11-23 11:00", Role.WAITING),
        ("11-23 13:00", "Desk"),
        ("11-23 13:00", Role.WAITING),
        customers=("11-23 12:00",),
    )
    verdict = judged(waiting, always(4), "11-23 13:30")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 15:00"))


def test_an_owner_lost_and_set_again_in_one_instant_was_never_lost() -> None:
    owners = (
        OwnerChange(at("11-23 11:00"), "7"),
        OwnerChange(at("11-23 12:00"), ""),
        OwnerChange(at("11-23 12:00"), "7"),
    )
    timeline = Timeline(CREATED, (StageChange(CREATED, Role.OPEN, "New"),), owners=owners)
    verdict = judged(timeline, always(2, Metric.ASSIGNMENT), "11-23 16:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-23 11:00"))
