"""Promises that have ended or not begun, and why lateness began when it did."""

from __future__ import annotations

import pytest

from clock.tickets import always, at, changed, judged, promise, ticket
from hubspot_sla.clock.explain import sentence
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import PromiseChange, Reopen, Unanswered
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Status

NEXT = promise(4, Metric.NEXT_RESPONSE)


def test_a_clock_that_has_not_started_ends_with_its_promise() -> None:
    changes = [PromiseChange(0, NEXT), PromiseChange(at("11-23 12:00"), None, "no policy matches")]
    waiting = judged(ticket(replies=("11-23 11:00",)), changes, "11-23 11:30")
    over = judged(ticket(replies=("11-23 11:00",)), changes, "11-23 13:00")
    assert (waiting.status, waiting.cycle.next_at) == (Status.PENDING, at("11-23 12:00"))
    assert (over.status, over.cycle.reason, over.cycle.next_at) == (Status.NOT_APPLICABLE, "no policy matches", None)


def test_before_its_first_promise_a_clock_that_has_not_started_has_no_sla() -> None:
    changes = [PromiseChange(0, None, "no policy matches"), PromiseChange(at("11-24 00:00"), NEXT)]
    before, after = (judged(ticket(), changes, now) for now in ("11-23 13:00", "11-24 13:00"))
    assert (before.status, before.cycle.reason, before.cycle.next_at) == (
        Status.NO_SLA,
        "no policy matches",
        at("11-24 00:00"),
    )
    assert after.status is Status.PENDING


def test_a_promise_that_comes_back_is_one_to_wait_for() -> None:
    changes = changed(("11-23 12:00", None), ("11-24 00:00", NEXT), first=NEXT)
    verdicts = [judged(ticket(), changes, now) for now in ("11-23 13:00", "11-24 13:00")]
    assert [(verdict.status, verdict.cycle.next_at) for verdict in verdicts] == [
        (Status.NOT_APPLICABLE, at("11-24 00:00")),
        (Status.PENDING, None),
    ]


def test_a_promise_that_begins_after_the_closing_reaches_no_closed_ticket() -> None:
    changes = [PromiseChange(0, None, "no policy matches"), PromiseChange(at("11-24 00:00"), NEXT)]
    closed = ticket(("11-23 12:00", Role.CLOSED))
    for now in ("11-23 13:00", "11-24 13:00"):
        verdict = judged(closed, changes, now)
        assert (verdict.status, verdict.cycle.next_at) == (Status.NO_SLA, None)


def test_a_promise_that_ends_after_the_closing_changes_nothing_on_a_closed_ticket() -> None:
    closed = ticket(("11-23 12:00", Role.CLOSED))
    assert judged(closed, changed(("11-23 13:00", None), first=NEXT), "11-23 14:00") == judged(
        closed, [PromiseChange(0, NEXT)], "11-23 14:00"
    )


def test_nothing_is_pending_after_a_reopening_that_is_ignored() -> None:
    reopened = ticket(("11-23 12:00", Role.CLOSED), ("11-23 13:00", Role.OPEN), replies=("11-23 11:00",))
    rules = (Reopen.IGNORE, Status.NOT_APPLICABLE), (Reopen.RESUME, Status.PENDING), (Reopen.RESTART, Status.PENDING)
    for rule, status in rules:
        assert judged(reopened, always(4, Metric.NEXT_RESPONSE, reopen=rule), "11-23 14:00").status is status


def test_a_stage_may_still_be_entered_after_a_reopening_that_is_ignored() -> None:
    reopened = ticket(("11-23 12:00", Role.CLOSED), ("11-23 13:00", Role.OPEN))
    terms = always(4, Metric.STAGE, place="Bank", reopen=Reopen.IGNORE)
    assert judged(reopened, terms, "11-23 14:00").status is Status.PENDING


REOPENED = (("11-23 12:00", Role.CLOSED), ("11-24 12:00", Role.OPEN))


@pytest.mark.parametrize(
    ("timeline", "terms", "said"),
    [
        pytest.param(
            ticket(*REOPENED, ("11-24 14:00", Role.CLOSED), ("11-25 08:00", Role.OPEN)),
            always(4),
            "late since Wed 2026-11-25 08:00 UTC when the ticket was reopened",
            id="used up at the second closing",
        ),
        pytest.param(
            ticket(("11-23 14:00", Role.CLOSED), ("11-24 12:00", Role.OPEN)),
            always(4, Metric.FIRST_RESPONSE),
            "late since Tue 2026-11-24 12:00 UTC when the ticket was reopened",
            id="another clock than the resolution",
        ),
        pytest.param(
            ticket(*REOPENED),
            changed(("11-23 18:00", promise(1)), first=promise(8)),
            "late since Tue 2026-11-24 12:00 UTC when the ticket was reopened",
            id="changed while it was closed",
        ),
        pytest.param(
            ticket(),
            changed(("11-23 15:00", promise(2)), first=promise(4)),
            "due Mon 2026-11-23 12:00 UTC, late since Mon 2026-11-23 14:00 UTC by what was promised before",
            id="breached before the change",
        ),
        pytest.param(
            ticket(("11-23 13:00", Role.CLOSED)),
            always(4, Metric.FIRST_RESPONSE, close_without_reply=Unanswered.MISSED),
            "late since Mon 2026-11-23 13:00 UTC when the ticket was closed",
            id="closed without a reply",
        ),
        pytest.param(
            ticket(("11-23 14:00", Role.CLOSED), ("11-25 12:00", Role.OPEN), replies=("11-24 10:00",)),
            always(4, Metric.FIRST_RESPONSE),
            "met Tue 2026-11-24 10:00 UTC, due Mon 2026-11-23 14:00 UTC",
            id="answered while it was closed",
        ),
    ],
)
def test_why_lateness_began_is_told_as_it_was(timeline, terms, said) -> None:  # type: ignore[no-untyped-def]
    assert said in sentence(judged(timeline, terms, "11-25 12:00"))
