"""Tickets of which a property says that no answer is needed."""

from __future__ import annotations

import pytest

from clock.tickets import always, at, judged, ticket
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.timeline import NotNeeded, Role
from hubspot_sla.clock.verdict import Status, Withdrawal

WHY = "the category is SPAM"
AT_NOON = NotNeeded(at("11-23 12:00"), WHY, "Ada")
PROMISED = always(4, Metric.FIRST_RESPONSE)


def test_a_clock_that_still_waits_for_a_reply_ends_there_and_is_due_no_more() -> None:
    cycle = judged(ticket(not_needed=AT_NOON), PROMISED, "11-23 18:00").cycle
    assert (cycle.status, cycle.reason) == (Status.NOT_APPLICABLE, WHY)
    assert (cycle.ended_at, cycle.due_at, cycle.breached_at, cycle.next_at) == (at("11-23 12:00"), None, None, None)
    assert cycle.withdrawn == ()


def test_what_was_answered_in_time_stays_met() -> None:
    answered = ticket(replies=("11-23 11:00",), not_needed=AT_NOON)
    assert judged(answered, PROMISED, "11-23 18:00").status is Status.MET


@pytest.mark.parametrize("replies", [(), ("11-23 14:30",)], ids=["never answered", "answered late"])
def test_an_earlier_breach_is_kept_as_withdrawn(replies: tuple[str, ...]) -> None:
    said = NotNeeded(at("11-23 15:00"), WHY, "Ada")
    cycle = judged(ticket(replies=replies, not_needed=said), PROMISED, "11-23 18:00").cycle
    assert (cycle.status, cycle.breached_at) == (Status.NOT_APPLICABLE, None)
    assert cycle.withdrawn == (Withdrawal(at("11-23 14:00"), at("11-23 15:00"), WHY, "Ada"),)
    assert cycle.ended_at == (None if replies else at("11-23 15:00"))


def test_a_clock_that_waits_for_no_reply_goes_on() -> None:
    assert judged(ticket(not_needed=AT_NOON), always(4), "11-23 13:00").status is Status.RUNNING


def test_a_clock_that_never_started_says_why_it_never_will() -> None:
    handed_over_never = always(4, Metric.FIRST_RESPONSE, starts_in="Experts")
    verdict = judged(ticket(not_needed=AT_NOON), handed_over_never, "11-23 13:00")
    assert (verdict.status, verdict.cycle.reason) == (Status.NOT_APPLICABLE, WHY)


def test_of_a_closed_ticket_too() -> None:
    closed = ticket(("11-23 13:00", Role.CLOSED), not_needed=NotNeeded(at("11-23 14:00"), WHY))
    assert judged(closed, PROMISED, "11-23 18:00").cycle.status is Status.NOT_APPLICABLE
