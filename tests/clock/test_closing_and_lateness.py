"""What a closing and a reopening do to a clock by their kind and rule, and from when on a clock is late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from clock.tickets import HOUR, OFFICE, at, changed, judged, promise, ticket
from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.metrics import Definition, Event, EventKind, Metric
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import ChangeRules, Late, OnChange, PromiseChange, Reopen, ReopenWithin
from hubspot_sla.clock.rungs import Mark, Side, instant
from hubspot_sla.clock.segments import segments
from hubspot_sla.clock.timeline import ClosingKind, ClosingReason, Role, Timeline
from hubspot_sla.clock.verdict import Status

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict

DAY = 24 * HOUR


def terms(hours: float = 4, metric: Metric = Metric.RESOLUTION, **rest: Any) -> list[PromiseChange]:
    return [PromiseChange(0, promise(hours, metric, **rest))]


def closed(kind: ClosingKind, when: str = "11-23 12:00", *later: tuple[str, Role], **rest: Any) -> Timeline:
    """Closed by moving it to a stage that says why."""
    life = ticket((when, Role.CLOSED), *later, **rest)
    stages = [
        replace(change, closing=kind, by="CRM_UI") if change.role is Role.CLOSED else change for change in life.stages
    ]
    return replace(life, stages=tuple(stages))


# spam, duplicate, cancelled


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ClosingKind.SPAM, "the ticket was closed as spam"),
        (ClosingKind.DUPLICATE, "the ticket was closed as a duplicate"),
    ],
)
@pytest.mark.parametrize("metric", [Metric.RESOLUTION, Metric.FIRST_RESPONSE, Metric.UPDATE, Metric.ASSIGNMENT])
def test_of_spam_and_duplicates_every_clock_ends_not_applicable(kind: ClosingKind, reason: str, metric: Metric) -> None:
    verdict = judged(closed(kind, replies=("11-23 11:00",)), terms(4, metric), "11-23 20:00")
    assert {(cycle.status, cycle.reason, cycle.due_at) for cycle in verdict.cycles} == {
        (Status.NOT_APPLICABLE, reason, None)
    }


def test_an_earlier_breach_of_spam_is_kept_as_withdrawn_with_who_closed_it() -> None:
    verdict = judged(closed(ClosingKind.SPAM, "11-23 16:00"), terms(4), "11-23 20:00")
    assert (verdict.status, verdict.cycle.breached_at) == (Status.NOT_APPLICABLE, None)
    (withdrawn,) = verdict.cycle.withdrawn
    assert (withdrawn.breached_at, withdrawn.withdrawn_at, withdrawn.by) == (
        at("11-23 14:00"),
        at("11-23 16:00"),
        "CRM_UI",
    )
    assert "was withdrawn Mon 2026-11-23 16:00 UTC: the ticket was closed as spam (by CRM_UI)" in sentence(verdict)


def test_of_a_cancelled_ticket_what_runs_ends_what_is_late_is_missed_and_what_is_met_stays() -> None:
    replied = closed(ClosingKind.CANCELLED, "11-23 16:00", replies=("11-23 11:00",))
    statuses = {
        (metric, hours): judged(replied, terms(hours, metric), "11-23 20:00").status
        for metric, hours in (
            (Metric.FIRST_RESPONSE, 2),
            (Metric.RESOLUTION, 4),
            (Metric.RESOLUTION, 8),
            (Metric.ASSIGNMENT, 8),
        )
    }
    assert list(statuses.values()) == [Status.MET, Status.MISSED, Status.NOT_APPLICABLE, Status.NOT_APPLICABLE]


@pytest.mark.parametrize("kind", [ClosingKind.SPAM, ClosingKind.DUPLICATE, ClosingKind.CANCELLED])
@pytest.mark.parametrize("later_reply", [(), ("11-23 13:00",)], ids=["nobody wrote", "answered later"])
def test_what_notices_no_closing_ends_with_this_one_too_and_changes_no_more(
    kind: ClosingKind, later_reply: tuple[str, ...]
) -> None:
    runs_on = Definition((Event(EventKind.CREATED),), (Event(EventKind.AGENT_REPLY),), notices_closing=False)
    promises = [PromiseChange(0, promise(4, "runs_on", definition=runs_on))]  # type: ignore[arg-type]
    life = closed(kind, replies=later_reply)
    for now in ("11-23 13:30", "11-23 20:00"):
        cycle = judged(life, promises, now).cycle
        assert (cycle.status, cycle.ended_at, cycle.withdrawn) == (Status.NOT_APPLICABLE, at("11-23 12:00"), ())


def test_what_begins_after_such_a_closing_is_no_cycle() -> None:
    runs_on = Definition((Event(EventKind.NOTE),), (Event(EventKind.AGENT_REPLY),), notices_closing=False)
    life = closed(ClosingKind.CANCELLED, notes=("11-23 13:00",))
    promises = [PromiseChange(0, promise(4, "runs_on", definition=runs_on))]  # type: ignore[arg-type]
    cycle = judged(life, promises, "11-23 14:00").cycle
    assert (cycle.status, cycle.started_at) == (Status.NOT_APPLICABLE, None)


def test_moved_on_to_an_open_stage_it_was_closed_ordinarily() -> None:
    for kind in (ClosingKind.SPAM, ClosingKind.CANCELLED):
        life = closed(kind, "11-23 12:00", ("11-23 15:00", Role.OPEN))
        verdict = judged(life, terms(4), "11-23 16:00")
        assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 17:00"))


def test_a_property_may_say_why_and_may_say_it_later() -> None:
    life = ticket(("11-23 12:00", Role.CLOSED))
    later = replace(life, closing_reasons=(ClosingReason(at("11-23 13:00"), ClosingKind.SPAM, "CRM_UI"),))
    assert judged(later, terms(4), "11-23 20:00").status is Status.NOT_APPLICABLE
    taken_back = (*later.closing_reasons, ClosingReason(at("11-23 14:00"), ClosingKind.ORDINARY))
    assert judged(replace(later, closing_reasons=taken_back), terms(4), "11-23 20:00").status is Status.MET


def test_a_reason_on_an_open_ticket_means_nothing_yet() -> None:
    life = replace(ticket(), closing_reasons=(ClosingReason(at("11-23 11:00"), ClosingKind.SPAM),))
    assert judged(life, terms(4), "11-23 12:00").status is Status.RUNNING


# reopening


REOPENED = ticket(("11-23 12:00", Role.CLOSED), ("11-25 12:00", Role.OPEN))


def test_count_leaves_closed_time_in() -> None:
    verdict = judged(REOPENED, terms(72, reopen=Reopen.COUNT), "11-25 13:00")
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-26 10:00"))
    late = judged(REOPENED, terms(4, reopen=Reopen.COUNT), "11-25 13:00")
    assert (late.status, late.cycle.breached_at) == (Status.BREACHED, at("11-23 14:00"))


def test_what_count_left_in_stays_where_a_later_closing_is_final() -> None:
    """The reply while the ticket is closed begins a cycle there, and its breach is withdrawn by the restart."""
    life = ticket(
        ("11-23 12:00", Role.CLOSED),
        ("11-24 12:00", Role.OPEN),
        ("11-26 12:00", Role.CLOSED),
        ("11-27 12:00", Role.OPEN),
        replies=("11-23 13:00",),
    )
    final = promise(72, Metric.UPDATE, reopen=Reopen.IGNORE, on_change=ChangeRules(priority=OnChange.RESTART))
    changes = changed(("11-25 12:00", final), first=promise(4, Metric.UPDATE, reopen=Reopen.COUNT))
    last = judged(life, changes, "11-27 13:00").cycles[-1]
    assert [(each.breached_at, each.withdrawn_at) for each in last.withdrawn] == [
        (at("11-23 17:00"), at("11-25 12:00"))
    ]
    assert (last.status, last.ended_at) == (Status.NOT_APPLICABLE, at("11-26 12:00"))


@pytest.mark.parametrize(
    ("days", "then", "expected"),
    [
        (2, Reopen.IGNORE, [(Status.RUNNING, "11-25 14:00")]),
        (1, Reopen.IGNORE, [(Status.MET, "11-23 14:00")]),
        (1, Reopen.RESTART, [(Status.MET, "11-23 14:00"), (Status.RUNNING, "11-25 16:00")]),
    ],
)
def test_a_reopening_may_resume_within_a_window_and_do_something_else_after_it(
    days: int, then: Reopen, expected: list[tuple[Status, str]]
) -> None:
    verdict = judged(REOPENED, terms(4, reopen=ReopenWithin(days * DAY, then)), "11-25 13:00")
    assert [(cycle.status, cycle.due_at) for cycle in verdict.cycles] == [(status, at(due)) for status, due in expected]


def test_the_window_is_business_time_after_the_closing() -> None:
    """Closed on Monday at noon; until Wednesday noon the office is open for sixteen hours."""
    for hours, status in ((16, Status.RUNNING), (15, Status.MET)):
        rule = ReopenWithin(hours * HOUR)
        assert judged(REOPENED, terms(8, calendar=OFFICE, reopen=rule), "11-25 12:30").status is status


# from when on a clock is late


BY_BUSINESS_TIME = terms(38, calendar=OFFICE, late=Late.BUSINESS_TIME)
"""38 hours from Monday 11:00 local time on are used up on Friday at 17:00, the closing."""


def done(when: str) -> Verdict:
    return judged(ticket((when, Role.CLOSED)), BY_BUSINESS_TIME, "11-30 20:00")


def test_with_business_time_what_was_due_at_fridays_closing_may_be_done_on_saturday() -> None:
    assert done("11-28 10:00").status is Status.MET
    assert done("11-28 10:00").cycle.due_at == at("11-27 16:00")
    by_instant = judged(ticket(("11-28 10:00", Role.CLOSED)), terms(38, calendar=OFFICE), "11-30 20:00")
    assert by_instant.status is Status.MISSED


def test_with_business_time_late_begins_at_the_first_open_instant_after_due() -> None:
    running = judged(ticket(), BY_BUSINESS_TIME, "11-28 12:00")
    assert (running.status, running.cycle.next_at) == (Status.RUNNING, at("11-30 08:00") + 1)
    late = judged(ticket(), BY_BUSINESS_TIME, "11-30 09:00")
    assert (late.status, late.cycle.due_at, late.cycle.breached_at) == (
        Status.BREACHED,
        at("11-27 16:00"),
        at("11-30 08:00"),
    )
    assert done("11-30 08:00").status is Status.MET
    assert done("11-30 09:00").status is Status.MISSED


def test_with_business_time_the_breach_rung_goes_by_the_lateness() -> None:
    life = ticket()
    pauses = Pauses.at(life, at("11-30 09:00"))
    cycle = judged(life, BY_BUSINESS_TIME, "11-28 12:00").cycle
    assert instant(cycle, Mark(Side.BREACH), pauses) == at("11-30 08:00")


def test_the_explanation_shows_no_lateness_before_it_begins() -> None:
    life = ticket()
    verdict = judged(life, BY_BUSINESS_TIME, "11-30 09:00")
    late = [part for part in segments(life, verdict.cycle, at("11-30 09:00"), hours=True) if part.late]
    assert late[0].start == at("11-30 08:00")
    assert "late since Mon 2026-11-30 09:00 CET" in sentence(verdict)
