"""When each of the six metrics starts, stops, pauses and begins anew."""

from __future__ import annotations

import pytest

from clock.tickets import CREATED, HOUR, OFFICE, always, at, judged, promise, ticket
from hubspot_sla.clock.metrics import Metric, built_in
from hubspot_sla.clock.promise import Kind, PromiseChange, Reopen, Unanswered
from hubspot_sla.clock.timeline import Message, OwnerChange, Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Status, Verdict


def cycles(verdict: Verdict) -> list[tuple[str, int | None, int | None]]:
    return [(cycle.status.value, cycle.started_at, cycle.stopped_at) for cycle in verdict.cycles]


# assignment


def test_assignment_stops_at_the_first_owner() -> None:
    verdict = judged(ticket(owners=("11-23 11:00", "11-23 15:00")), always(2, Metric.ASSIGNMENT), "11-23 16:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-23 11:00"))


def test_a_ticket_created_with_an_owner_was_assigned_at_once() -> None:
    verdict = judged(ticket(owners=("11-23 10:00",)), always(2, Metric.ASSIGNMENT), "11-23 16:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, CREATED)


def test_losing_the_owner_does_not_bring_the_assignment_back() -> None:
    lost = Timeline(CREATED, owners=(OwnerChange(at("11-23 11:00"), "7"), OwnerChange(at("11-23 12:00"), "")))
    assert judged(lost, always(2, Metric.ASSIGNMENT), "11-23 16:00").status is Status.MET


def test_assignment_does_not_pause_in_waiting() -> None:
    waiting = ticket(("11-23 10:30", Role.WAITING))
    assert judged(waiting, always(2, Metric.ASSIGNMENT), "11-23 13:00").status is Status.BREACHED


def test_closing_an_unowned_ticket_ends_its_assignment_with_the_reason() -> None:
    verdict = judged(ticket(("11-23 11:00", Role.CLOSED)), always(2, Metric.ASSIGNMENT), "11-23 13:00")
    assert (verdict.status, verdict.cycle.ended_at) == (Status.NOT_APPLICABLE, at("11-23 11:00"))
    assert "before anybody owned it" in verdict.cycle.reason


# first response


def test_the_first_response_may_start_at_the_hand_over() -> None:
    handed = ticket(("11-23 12:00", "Desk"), replies=("11-23 11:00", "11-23 13:30"))
    verdict = judged(handed, always(2, Metric.FIRST_RESPONSE, starts_in="Desk"), "11-23 16:00")
    assert (verdict.cycle.started_at, verdict.cycle.stopped_at) == (at("11-23 12:00"), at("11-23 13:30"))


def test_without_a_hand_over_the_first_response_has_not_started() -> None:
    verdict = judged(ticket(), always(2, Metric.FIRST_RESPONSE, starts_in="Desk"), "11-23 16:00")
    assert verdict.status is Status.PENDING
    assert "handed over to Desk" in verdict.cycle.reason


def test_a_hand_over_may_name_the_team_that_holds_the_stage() -> None:
    handed = ticket(("11-23 12:00", "Desk"))
    verdict = judged(handed, always(2, Metric.FIRST_RESPONSE, starts_in="Desk team"), "11-23 13:00")
    assert verdict.cycle.started_at == at("11-23 12:00")


def test_closing_without_a_reply_may_count_as_missed() -> None:
    terms = always(4, Metric.FIRST_RESPONSE, close_without_reply=Unanswered.MISSED)
    verdict = judged(ticket(("11-23 11:00", Role.CLOSED)), terms, "11-23 13:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.MISSED, at("11-23 11:00"))


def test_a_second_customer_message_before_any_reply_changes_nothing() -> None:
    pressing = ticket(customers=("11-23 11:00", "11-23 12:00"))
    verdict = judged(pressing, always(4, Metric.FIRST_RESPONSE), "11-23 13:00")
    assert (verdict.cycle.started_at, verdict.cycle.due_at, len(verdict.cycles)) == (CREATED, at("11-23 14:00"), 1)


def test_a_ticket_on_which_no_message_was_ever_seen_says_so() -> None:
    verdict = judged(ticket(blind="no message has been seen"), always(4, Metric.FIRST_RESPONSE), "11-23 13:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.RUNNING, "no message has been seen")


# next response


def next_response(timeline: Timeline, now: str, hours: float = 2, **terms: object) -> Verdict:
    return judged(timeline, always(hours, Metric.NEXT_RESPONSE, **terms), now)


def test_next_response_does_not_start_with_the_opening_message() -> None:
    opened = ticket(customers=("11-23 10:00", "11-23 11:00"))
    assert next_response(opened, "11-23 16:00").status is Status.PENDING


def test_next_response_runs_from_the_first_unanswered_message_to_the_next_reply() -> None:
    talk = ticket(replies=("11-23 11:00", "11-23 14:00"), customers=("11-23 12:30", "11-23 13:30"))
    assert cycles(next_response(talk, "11-23 16:00")) == [("met", at("11-23 12:30"), at("11-23 14:00"))]


def test_every_cycle_of_next_response_is_kept() -> None:
    talk = ticket(
        replies=("11-23 11:00", "11-23 15:00", "11-23 17:00"), customers=("11-23 12:00", "11-23 16:00", "11-23 18:00")
    )
    verdict = next_response(talk, "11-23 18:30")
    assert [status for status, _, _ in cycles(verdict)] == ["missed", "met", "running"]
    assert (verdict.status, verdict.cycle.number, verdict.cycle.started_at) == (Status.RUNNING, 3, at("11-23 18:00"))


def test_a_missed_cycle_is_not_undone_by_the_next_good_one() -> None:
    talk = ticket(replies=("11-23 11:00", "11-23 15:00", "11-23 17:00"), customers=("11-23 12:00", "11-23 16:00"))
    verdict = next_response(talk, "11-23 18:30")
    assert (verdict.status, verdict.cycle.number, verdict.cycle.breached_at) == (Status.MISSED, 1, at("11-23 14:00"))


def test_a_message_in_the_instant_of_a_reply_comes_after_it() -> None:
    talk = ticket(replies=("11-23 11:00", "11-23 12:00"), customers=("11-23 11:00", "11-23 12:00"))
    assert cycles(next_response(talk, "11-23 13:00")) == [
        ("met", at("11-23 11:00"), at("11-23 12:00")),
        ("running", at("11-23 12:00"), None),
    ]


def test_a_note_answers_no_customer() -> None:
    talk = ticket(replies=("11-23 11:00",), customers=("11-23 12:00",), notes=("11-23 12:30",))
    assert next_response(talk, "11-23 13:00").status is Status.RUNNING


def test_a_word_of_thanks_after_closing_starts_nothing() -> None:
    thanked = ticket(("11-23 12:00", Role.CLOSED), replies=("11-23 11:00",), customers=("11-23 13:00",))
    verdict = next_response(thanked, "11-24 13:00")
    assert (verdict.status, verdict.cycles[0].started_at) == (Status.NOT_APPLICABLE, None)


def test_a_message_that_reopens_the_ticket_counts_from_the_reopening() -> None:
    again = ticket(
        ("11-23 12:00", Role.CLOSED), ("11-23 13:05", "Desk"), replies=("11-23 11:00",), customers=("11-23 13:00",)
    )
    verdict = next_response(again, "11-23 14:00")
    assert (verdict.status, verdict.cycle.started_at) == (Status.RUNNING, at("11-23 13:05"))


def test_closing_without_an_answer_ends_the_cycle_with_the_reason() -> None:
    closed = ticket(("11-23 13:00", Role.CLOSED), replies=("11-23 11:00",), customers=("11-23 12:00",))
    verdict = next_response(closed, "11-24 13:00")
    assert verdict.status is Status.NOT_APPLICABLE
    assert "without an answer" in verdict.cycle.reason


def test_a_cycle_between_two_looks_is_marked_inferred() -> None:
    talk = Timeline(
        CREATED,
        (StageChange(CREATED, Role.OPEN, "New"),),
        agent_messages=(Message(at("11-23 11:00"), "hs_last_message_sent_at"),),
        customer_messages=(Message(at("11-23 12:00"), "hs_last_message_received_at", inferred=True),),
    )
    assert next_response(talk, "11-23 13:00").cycle.inferred


def test_messages_of_any_source_count_alike() -> None:
    talk = Timeline(
        CREATED,
        (StageChange(CREATED, Role.OPEN, "New"),),
        agent_messages=(Message(at("11-23 11:00"), "e-mail"), Message(at("11-23 13:00"), "call")),
        customer_messages=(Message(at("11-23 12:00"), "thread"),),
    )
    assert cycles(next_response(talk, "11-23 15:00")) == [("met", at("11-23 12:00"), at("11-23 13:00"))]


# update


def test_each_update_resets_the_update_clock() -> None:
    told = ticket(replies=("11-23 11:00",), notes=("11-23 12:30",))
    verdict = judged(told, always(2, Metric.UPDATE), "11-23 13:00")
    assert [status for status, _, _ in cycles(verdict)] == ["met", "met", "running"]
    assert verdict.cycle.due_at == at("11-23 14:30")


def test_the_update_clock_pauses_in_waiting() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING), notes=("11-23 10:30",))
    assert judged(waiting, always(2, Metric.UPDATE), "11-23 18:00").status is Status.PAUSED


def test_closing_ends_the_last_update_cycle_and_the_kept_ones_speak() -> None:
    closed = ticket(("11-23 12:00", Role.CLOSED), notes=("11-23 11:00",))
    verdict = judged(closed, always(2, Metric.UPDATE), "11-24 12:00")
    assert [status for status, _, _ in cycles(verdict)] == ["met", "not_applicable"]
    assert verdict.status is Status.MET


def test_an_update_after_closing_starts_nothing() -> None:
    closed = ticket(("11-23 12:00", Role.CLOSED), notes=("11-23 13:00",))
    assert len(judged(closed, always(2, Metric.UPDATE), "11-24 12:00").cycles) == 1


# stage


def test_time_in_a_stage_is_counted_from_entering_to_leaving() -> None:
    moved = ticket(("11-23 11:00", "Bank"), ("11-23 12:00", "Desk"), ("11-23 13:00", "Bank"))
    verdict = judged(moved, always(2, Metric.STAGE, place="Bank"), "11-23 14:00")
    assert cycles(verdict) == [
        ("met", at("11-23 11:00"), at("11-23 12:00")),
        ("running", at("11-23 13:00"), None),
    ]


def test_time_in_a_stage_never_pauses() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING))
    verdict = judged(waiting, always(2, Metric.STAGE, place="waiting"), "11-23 14:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-23 13:00"))


def test_a_place_may_be_a_team_or_vendor_whatever_the_stage() -> None:
    moved = ticket(("11-23 11:00", "Bank"))
    verdict = judged(moved, always(2, Metric.STAGE, place="Bank team"), "11-23 12:00")
    assert (verdict.status, verdict.clock.place) == (Status.RUNNING, "Bank team")


def test_a_ticket_that_was_never_there_has_not_started_its_stage_clock() -> None:
    terms = always(2, Metric.STAGE, place="Bank")
    assert judged(ticket(), terms, "11-23 12:00").status is Status.PENDING
    assert judged(ticket(("11-23 11:00", Role.CLOSED)), terms, "11-23 12:00").status is Status.NOT_APPLICABLE


def test_passing_through_a_stage_in_one_instant_is_no_stay() -> None:
    moved = ticket(("11-23 11:00", "Bank"), ("11-23 12:00", "Desk"), ("11-23 12:00", "Bank"))
    verdict = judged(moved, always(2, Metric.STAGE, place="Bank"), "11-23 12:30")
    assert cycles(verdict) == [("running", at("11-23 11:00"), None)]


# pausing, for every metric


@pytest.mark.parametrize("metric", Metric)
def test_each_metric_pauses_by_default_as_documented(metric: Metric) -> None:
    pauses = bool(built_in(metric, "New").pauses)
    assert pauses == (metric in (Metric.UPDATE, Metric.RESOLUTION))
    terms = promise(2, metric, pauses=pauses, place="New" if metric is Metric.STAGE else "")
    waiting = ticket(("11-23 10:30", Role.WAITING), replies=("11-23 10:10",), customers=("11-23 10:20",))
    verdict = judged(waiting, [PromiseChange(0, terms)], "11-23 11:00")
    assert (verdict.status is Status.PAUSED) == pauses


def test_a_policy_may_let_the_first_response_pause() -> None:
    waiting = ticket(("11-23 10:30", Role.WAITING))
    assert judged(waiting, always(2, Metric.FIRST_RESPONSE, pauses=True), "11-23 16:00").status is Status.PAUSED


# reopening


def closed_and_reopened() -> Timeline:
    return ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))


def test_a_reopening_may_restart_the_clock_and_keeps_the_first_closing() -> None:
    verdict = judged(closed_and_reopened(), always(4, reopen=Reopen.RESTART), "11-24 13:00")
    assert cycles(verdict) == [("met", CREATED, at("11-23 12:00")), ("running", at("11-24 12:00"), None)]
    assert (verdict.cycle.due_at, verdict.reopened, verdict.first_stopped_at) == (
        at("11-24 16:00"),
        1,
        at("11-23 12:00"),
    )


def test_a_reopening_may_be_ignored() -> None:
    verdict = judged(closed_and_reopened(), always(4, reopen=Reopen.IGNORE), "11-24 13:00")
    assert (verdict.status, verdict.cycle.stopped_at, verdict.reopened) == (Status.MET, at("11-23 12:00"), 1)


def test_a_missed_closing_stays_missed_when_a_restarted_cycle_is_met() -> None:
    again = ticket(("11-23 15:00", Role.CLOSED), ("11-24 12:00", Role.OPEN), ("11-24 13:00", Role.CLOSED))
    verdict = judged(again, always(4, reopen=Reopen.RESTART), "11-25 13:00")
    assert [status for status, _, _ in cycles(verdict)] == ["missed", "met"]
    assert verdict.status is Status.MISSED


def test_a_restarted_first_response_asks_for_a_reply_again() -> None:
    verdict = judged(closed_and_reopened(), always(4, Metric.FIRST_RESPONSE, reopen=Reopen.RESTART), "11-24 13:00")
    assert [status for status, _, _ in cycles(verdict)] == ["not_applicable", "running"]


# kinds


def test_an_agreement_between_teams_is_a_clock_of_its_own() -> None:
    verdict = judged(ticket(), always(4, kind=Kind.OLA, calendar=OFFICE), "11-23 11:00")
    assert (verdict.clock.key, verdict.cycle.due_at) == ("ola:resolution", CREATED + 4 * HOUR)
