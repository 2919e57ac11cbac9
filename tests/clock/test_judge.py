"""Every rule of the clock that docs/reference/clock.md states, one test each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Promise, PromiseChange
from hubspot_sla.clock.segments import segments
from hubspot_sla.clock.timeline import Message, Role, StageChange, Timeline
from hubspot_sla.clock.verdict import Status, Verdict, worst

HOUR = 3_600_000
OFFICE = Calendar("office", ZoneInfo("Europe/Berlin"), {day: (Hours(9 * 60, 17 * 60),) for day in range(5)})


def at(text: str) -> int:
    """`11-23 10:00`, UTC, in 2026; 2026-11-23 is a Monday."""
    moment = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


CREATED = at("11-23 10:00")


def promise(
    hours: float = 4, metric: Metric = Metric.RESOLUTION, calendar: Calendar = ALWAYS, **options: bool
) -> Promise:
    pauses = IN_WAITING if options.pop("pauses", metric is Metric.RESOLUTION) else ()
    return Promise(metric, "gold", f"{hours}h", int(hours * HOUR), calendar, pauses, **options)


def always(hours: float = 4, metric: Metric = Metric.RESOLUTION, **options: object) -> list[PromiseChange]:
    return [PromiseChange(0, promise(hours, metric, **options))]  # type: ignore[arg-type]  # options of promise()


def ticket(*stages: tuple[str, Role | None], reply: int | None = None, messages: tuple[int, ...] = ()) -> Timeline:
    changes = [StageChange(CREATED, Role.OPEN, "New")]
    changes += [StageChange(at(when), role, role.value if role else "Odd") for when, role in stages]
    return Timeline(CREATED, tuple(changes), customer_messages=said(*messages), first_replies=said(reply))


def said(*instants: int | None) -> tuple[Message, ...]:
    return tuple(Message(when) for when in instants if when is not None)


def judged(timeline: Timeline, metric: Metric, changes: list[PromiseChange], now: int) -> Verdict:
    return judge(timeline, Clock(Kind.SLA, metric), changes, now)


def resolution(timeline: Timeline, changes: list[PromiseChange], now: str) -> Verdict:
    return judged(timeline, Metric.RESOLUTION, changes, at(now))


def response(timeline: Timeline, changes: list[PromiseChange], now: str) -> Verdict:
    return judged(timeline, Metric.FIRST_RESPONSE, changes, at(now))


def test_an_open_clock_runs_and_says_when_it_is_due_and_when_to_look_again() -> None:
    verdict = resolution(ticket(), always(4), "11-23 11:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 14:00"))
    assert verdict.cycle.next_at == at("11-23 14:00") + 1


def test_the_due_instant_itself_is_not_late() -> None:
    assert resolution(ticket(), always(4), "11-23 14:00").status is Status.RUNNING


def test_one_millisecond_after_the_due_instant_is_late_since_the_due_instant() -> None:
    verdict = judged(ticket(), Metric.RESOLUTION, always(4), at("11-23 14:00") + 1)
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-23 14:00"))
    assert verdict.cycle.next_at is None


def test_a_breach_is_dated_when_it_was_due_however_late_it_is_noticed() -> None:
    assert resolution(ticket(), always(4), "11-30 10:00").cycle.breached_at == at("11-23 14:00")


def test_a_reply_at_the_due_instant_is_met() -> None:
    verdict = response(ticket(reply=at("11-23 14:00")), always(4, Metric.FIRST_RESPONSE), "11-23 20:00")
    assert verdict.status is Status.MET


def test_a_reply_after_the_due_instant_is_missed() -> None:
    verdict = response(ticket(reply=at("11-23 14:00") + 1), always(4, Metric.FIRST_RESPONSE), "11-23 20:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.MISSED, at("11-23 14:00"))


def test_a_budget_that_ends_at_closing_time_is_due_at_closing_not_at_the_next_opening() -> None:
    # 11:00 to 16:00 UTC is noon to 17:00 in Berlin: five hours from Monday 11:00 end at closing.
    late = Timeline(at("11-27 11:00"), (StageChange(at("11-27 11:00"), Role.OPEN, "New"),))
    verdict = judged(late, Metric.RESOLUTION, always(5, calendar=OFFICE), at("11-27 12:00"))
    assert verdict.cycle.due_at == at("11-27 16:00")


def test_a_reply_on_saturday_to_what_was_due_at_fridays_closing_is_late() -> None:
    late = Timeline(at("11-27 11:00"), (), first_replies=said(at("11-28 10:00")))
    changes = always(5, Metric.FIRST_RESPONSE, calendar=OFFICE)
    assert judged(late, Metric.FIRST_RESPONSE, changes, at("11-28 12:00")).status is Status.MISSED


def test_waiting_pauses_the_resolution_clock_and_moves_its_due_time() -> None:
    waited = ticket(("11-23 11:00", Role.WAITING), ("11-23 13:00", Role.OPEN))
    assert resolution(waited, always(4), "11-23 13:30").cycle.due_at == at("11-23 16:00")


def test_a_paused_clock_has_no_due_time_and_nothing_to_wait_for() -> None:
    verdict = resolution(ticket(("11-23 11:00", Role.WAITING)), always(4), "11-23 13:30")
    assert (verdict.status, verdict.cycle.due_at, verdict.cycle.next_at) == (Status.PAUSED, None, None)


def test_waiting_does_not_pause_the_first_response() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING))
    assert response(waiting, always(4, Metric.FIRST_RESPONSE), "11-23 15:00").status is Status.BREACHED


def test_a_pause_that_begins_at_the_due_instant_moves_nothing() -> None:
    verdict = resolution(ticket(("11-23 14:00", Role.WAITING)), always(4), "11-23 15:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.BREACHED, at("11-23 14:00"))


def test_a_pause_that_begins_at_the_due_instant_is_still_watched_at_that_instant() -> None:
    verdict = resolution(ticket(("11-23 14:00", Role.WAITING)), always(4), "11-23 14:00")
    assert (verdict.status, verdict.cycle.next_at) == (Status.RUNNING, at("11-23 14:00") + 1)


def test_a_breached_clock_stays_breached_while_paused() -> None:
    assert resolution(ticket(("11-23 15:00", Role.WAITING)), always(4), "11-23 16:00").status is Status.BREACHED


def test_a_pause_outside_business_hours_has_no_effect() -> None:
    plain = ticket()
    paused = ticket(("11-23 18:00", Role.WAITING), ("11-24 07:00", Role.OPEN))
    changes = always(12, calendar=OFFICE)
    now = "11-24 08:00"
    assert resolution(paused, changes, now).cycle.due_at == resolution(plain, changes, now).cycle.due_at


def test_a_pause_over_a_weekend_counts_only_its_business_hours() -> None:
    waited = ticket(("11-27 15:00", Role.WAITING), ("11-30 09:00", Role.OPEN))
    plain_due = resolution(ticket(), always(40, calendar=OFFICE), "11-23 11:00").cycle.due_at
    waited_due = resolution(waited, always(40, calendar=OFFICE), "11-30 10:00").cycle.due_at
    assert plain_due == at("11-30 10:00")
    assert waited_due == at("11-30 12:00")  # one hour on Friday, one on Monday


def test_a_customers_message_ends_a_wait_though_nobody_moved_the_stage() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING), messages=(at("11-23 12:00"),))
    verdict = resolution(waiting, always(4), "11-23 12:30")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 15:00"))


def test_a_customers_message_ends_no_wait_where_the_mapping_says_so() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING), messages=(at("11-23 12:00"),))
    changes = always(4, resume_on_customer_message=False)
    assert resolution(waiting, changes, "11-23 12:30").status is Status.PAUSED


def test_a_message_from_before_the_wait_does_not_end_it() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING), messages=(at("11-23 10:30"), at("11-23 11:00")))
    assert resolution(waiting, always(4), "11-23 12:30").status is Status.PAUSED


def test_moving_on_to_another_waiting_stage_begins_a_new_wait() -> None:
    waiting = ticket(("11-23 11:00", Role.WAITING), messages=(at("11-23 12:00"),))
    vendor = StageChange(at("11-23 13:00"), Role.WAITING, "Waiting for the vendor")
    waiting = replace(waiting, stages=(*waiting.stages, vendor))
    verdict = resolution(waiting, always(4), "11-23 13:30")
    assert verdict.status is Status.PAUSED


def test_a_reply_and_a_move_to_waiting_in_one_instant_is_a_reply() -> None:
    both = ticket(("11-23 11:00", Role.WAITING), reply=at("11-23 11:00"))
    changes = always(4, Metric.FIRST_RESPONSE, pauses=True)
    assert response(both, changes, "11-23 12:00").status is Status.MET


def test_closing_stops_the_resolution_clock() -> None:
    verdict = resolution(ticket(("11-23 12:00", Role.CLOSED)), always(4), "11-25 12:00")
    assert (verdict.status, verdict.cycle.stopped_at) == (Status.MET, at("11-23 12:00"))
    assert verdict.cycle.due_at == at("11-23 14:00")


def test_the_clock_of_a_ticket_closed_too_late_is_missed_and_grows_no_later() -> None:
    closed = ticket(("11-23 15:00", Role.CLOSED))
    assert resolution(closed, always(4), "11-23 16:00") == resolution(closed, always(4), "11-30 16:00")
    assert resolution(closed, always(4), "11-23 16:00").status is Status.MISSED


def test_going_from_one_closed_stage_to_another_stops_the_clock_once() -> None:
    closed = ticket(("11-23 13:00", Role.CLOSED), ("11-23 16:00", Role.CLOSED))
    verdict = resolution(closed, always(4), "11-23 17:00")
    assert (verdict.status, verdict.cycle.stopped_at, verdict.reopened) == (Status.MET, at("11-23 13:00"), 0)


def test_a_reopened_ticket_resumes_and_its_closed_time_is_not_counted() -> None:
    reopened = ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))
    verdict = resolution(reopened, always(4), "11-24 13:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-24 14:00"))
    assert (verdict.reopened, verdict.first_stopped_at) == (1, at("11-23 12:00"))


def test_a_budget_used_up_in_the_instant_of_closing_is_late_from_the_reopening_on() -> None:
    reopened = ticket(("11-23 14:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))
    verdict = resolution(reopened, always(4), "11-24 13:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.BREACHED, at("11-24 12:00"))


def test_closing_without_a_reply_ends_a_running_first_response_as_not_applicable() -> None:
    verdict = response(ticket(("11-23 12:00", Role.CLOSED)), always(4, Metric.FIRST_RESPONSE), "11-24 12:00")
    assert verdict.status is Status.NOT_APPLICABLE
    assert "without an agent's reply" in verdict.cycle.reason


def test_closing_without_a_reply_leaves_a_breached_first_response_missed() -> None:
    verdict = response(ticket(("11-23 16:00", Role.CLOSED)), always(4, Metric.FIRST_RESPONSE), "11-24 12:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.MISSED, at("11-23 14:00"))


def test_a_reply_and_the_closing_in_one_instant_is_a_reply() -> None:
    both = ticket(("11-23 12:00", Role.CLOSED), reply=at("11-23 12:00"))
    assert response(both, always(4, Metric.FIRST_RESPONSE), "11-24 12:00").status is Status.MET


def test_a_reply_after_the_final_closing_does_not_bring_the_clock_back() -> None:
    after = ticket(("11-23 12:00", Role.CLOSED), reply=at("11-23 13:00"))
    assert response(after, always(4, Metric.FIRST_RESPONSE), "11-24 12:00").status is Status.NOT_APPLICABLE


def test_reopening_brings_back_a_first_response_that_had_ended() -> None:
    reopened = ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))
    verdict = response(reopened, always(4, Metric.FIRST_RESPONSE), "11-24 13:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-24 14:00"))


def test_a_new_priority_recalculates_from_the_original_start() -> None:
    changes = [PromiseChange(0, promise(8)), PromiseChange(at("11-23 11:00"), promise(2), "the priority became URGENT")]
    assert resolution(ticket(), changes, "11-23 11:30").cycle.due_at == at("11-23 12:00")


def test_a_change_that_puts_the_due_time_into_the_past_breaches_at_the_change() -> None:
    changes = [PromiseChange(0, promise(8)), PromiseChange(at("11-23 15:00"), promise(2), "the priority became URGENT")]
    verdict = resolution(ticket(), changes, "11-23 16:00")
    assert (verdict.cycle.due_at, verdict.cycle.breached_at) == (at("11-23 12:00"), at("11-23 15:00"))
    assert "when the promise changed" in sentence(verdict)


def test_a_change_that_lifts_a_breach_withdraws_it_and_keeps_the_event() -> None:
    changes = [PromiseChange(0, promise(2)), PromiseChange(at("11-23 15:00"), promise(8), "the priority became LOW")]
    verdict = resolution(ticket(), changes, "11-23 16:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.RUNNING, None)
    (undone,) = verdict.cycle.withdrawn
    assert (undone.breached_at, undone.withdrawn_at) == (at("11-23 12:00"), at("11-23 15:00"))
    assert undone.why == "the priority became LOW"


def test_a_change_within_a_breach_that_stays_one_keeps_its_date() -> None:
    changes = [PromiseChange(0, promise(2)), PromiseChange(at("11-23 15:00"), promise(4))]
    verdict = resolution(ticket(), changes, "11-23 16:00")
    assert (verdict.cycle.breached_at, verdict.cycle.withdrawn) == (at("11-23 12:00"), ())


def test_a_stopped_clock_keeps_the_promise_in_force_when_it_stopped() -> None:
    changes = [PromiseChange(0, promise(4)), PromiseChange(at("11-23 13:00"), promise(1))]
    assert resolution(ticket(("11-23 13:00", Role.CLOSED)), changes, "11-24 10:00").status is Status.MET


def test_a_change_made_while_closed_takes_effect_at_the_reopening() -> None:
    changes = [PromiseChange(0, promise(4)), PromiseChange(at("11-23 15:00"), promise(1))]
    reopened = ticket(("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))
    assert resolution(reopened, changes, "11-24 13:00").cycle.breached_at == at("11-24 12:00")


def test_a_running_clock_whose_promise_ends_is_not_applicable_with_the_reason() -> None:
    changes = [PromiseChange(0, promise(8)), PromiseChange(at("11-23 11:00"), None, "no policy matches")]
    verdict = resolution(ticket(), changes, "11-23 12:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.NOT_APPLICABLE, "no policy matches")


def test_a_breached_clock_whose_promise_ends_is_missed() -> None:
    changes = [PromiseChange(0, promise(1)), PromiseChange(at("11-23 12:00"), None, "no policy matches")]
    assert resolution(ticket(), changes, "11-23 13:00").status is Status.MISSED


def test_without_any_promise_there_is_no_sla() -> None:
    verdict = resolution(ticket(), [PromiseChange(0, None, "no policy matches")], "11-23 12:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.NO_SLA, "no policy matches")


def test_a_promise_made_after_the_ticket_was_closed_is_no_sla() -> None:
    changes = [PromiseChange(0, None, "no policy matches"), PromiseChange(at("11-24 12:00"), promise(1))]
    assert resolution(ticket(("11-23 12:00", Role.CLOSED)), changes, "11-25 12:00").status is Status.NO_SLA


@pytest.mark.parametrize(
    ("timeline", "reason"),
    [
        (Timeline(None, defects=("the ticket has no creation time",)), "no creation time"),
        (Timeline(CREATED, (StageChange(CREATED, None, "9 of pipeline 0"),)), "does not know the stage 9"),
        (Timeline(CREATED, (StageChange(at("12-24 10:00"), Role.OPEN, "New"),)), "future"),
    ],
)
def test_missing_or_impossible_facts_are_unknown_with_the_reason(timeline: Timeline, reason: str) -> None:
    verdict = resolution(timeline, always(4), "11-23 12:00")
    assert verdict.status is Status.UNKNOWN
    assert reason in verdict.cycle.reason


def test_a_first_reply_before_creation_is_unknown() -> None:
    verdict = response(ticket(reply=CREATED - HOUR), always(4, Metric.FIRST_RESPONSE), "11-23 12:00")
    assert verdict.status is Status.UNKNOWN


def test_a_fact_slightly_ahead_of_our_clock_is_believed() -> None:
    closed = Timeline(
        CREATED,
        (StageChange(CREATED, Role.OPEN, "New"), StageChange(at("11-23 12:00") + 900, Role.CLOSED, "Done")),
    )
    assert resolution(closed, always(4), "11-23 12:00").status is Status.MET


def test_a_ticket_created_slightly_ahead_of_our_clock_runs_from_its_creation() -> None:
    verdict = judged(ticket(), Metric.RESOLUTION, always(4), CREATED - 500)
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 14:00"))


def test_the_worst_status_speaks_for_the_ticket() -> None:
    assert worst([Status.MET, Status.BREACHED, Status.RUNNING]) is Status.BREACHED
    assert worst([Status.MISSED, Status.PAUSED]) is Status.PAUSED
    assert worst([]) is Status.NO_SLA


def test_segments_cover_the_time_from_start_to_now_without_a_gap() -> None:
    told = ticket(("11-23 11:00", Role.WAITING), ("11-23 13:00", Role.OPEN), ("11-23 17:30", Role.OPEN))
    verdict = resolution(told, always(4), "11-23 18:00")
    spans = segments(told, verdict.cycle, at("11-23 18:00"))
    assert [("late" if span.late else span.state, span.start, span.end) for span in spans] == [
        ("running", at("11-23 10:00"), at("11-23 11:00")),
        ("paused", at("11-23 11:00"), at("11-23 13:00")),
        ("running", at("11-23 13:00"), at("11-23 16:00")),
        ("late", at("11-23 16:00"), at("11-23 17:30")),
        ("late", at("11-23 17:30"), at("11-23 18:00")),
    ]


def test_counted_time_before_the_due_instant_is_the_budget() -> None:
    told = ticket(("11-23 11:00", Role.WAITING), ("11-24 13:00", Role.OPEN))
    verdict = resolution(told, always(12, calendar=OFFICE), "11-30 18:00")
    counted = sum(span.counted_ms for span in segments(told, verdict.cycle, at("11-30 18:00")) if not span.late)
    assert counted == 12 * HOUR
