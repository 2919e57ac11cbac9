"""The sentences and the table a support lead reads, and what the segments add up to."""

from __future__ import annotations

import pytest

from clock.tickets import CREATED, HOUR, OFFICE, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.explain import sentence, story
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Kind, Threshold
from hubspot_sla.clock.segments import State, segments, spent
from hubspot_sla.clock.time_text import length
from hubspot_sla.clock.timeline import Merge, Role, StageChange, Timeline

HANDS = Timeline(
    CREATED,
    (
        StageChange(CREATED, Role.OPEN, "New"),
        StageChange(at("11-23 11:00"), Role.OPEN, "Under review", holder="Billing", by="CRM_UI"),
        StageChange(at("11-23 12:00"), Role.WAITING, "Waiting on bank", holder="Bank"),
        StageChange(at("11-23 13:00"), Role.WAITING, "Waiting on customer"),
        StageChange(at("11-23 14:00"), Role.CLOSED, "Done"),
        StageChange(at("11-23 15:00"), Role.OPEN, "Under review", holder="Billing"),
    ),
)


def test_the_verdict_says_in_whose_hands_the_time_was() -> None:
    now = at("11-23 16:00")
    verdict = judged(HANDS, always(8), now)
    told = segments(HANDS, verdict.cycle, now)
    assert [(segment.state.value, segment.whose) for segment in told] == [
        ("running", "support"),
        ("running", "Billing"),
        ("paused", "Bank"),
        ("paused", "customer"),
        ("closed", "support"),
        ("running", "Billing"),
    ]
    found = spent(verdict.cycle, told, now)
    assert (found.elapsed_ms, found.paused_ms) == (3 * HOUR, 2 * HOUR)
    assert found.hands == {"support": HOUR, "Billing": 2 * HOUR, "Bank": HOUR, "customer": HOUR}


def test_the_hours_in_which_nobody_was_there_are_segments_of_their_own() -> None:
    verdict = judged(ticket(), always(8, calendar=OFFICE), "11-24 10:00")
    told = segments(ticket(), verdict.cycle, at("11-24 10:00"), hours=True)
    assert [(segment.state, segment.start, segment.end) for segment in told] == [
        (State.RUNNING, CREATED, at("11-23 16:00")),
        (State.OUT_OF_HOURS, at("11-23 16:00"), at("11-24 08:00")),
        (State.RUNNING, at("11-24 08:00"), at("11-24 10:00")),
    ]


def test_late_by_is_told_on_the_wall_and_in_business_time() -> None:
    late = ticket(replies=("11-24 09:00",))
    verdict = judged(late, always(6, Metric.FIRST_RESPONSE, calendar=OFFICE), "11-24 10:00")
    found = spent(verdict.cycle, segments(late, verdict.cycle, at("11-24 10:00")), at("11-24 10:00"))
    assert (verdict.cycle.due_at, found.late_by_ms, found.late_ms) == (at("11-23 16:00"), 17 * HOUR, HOUR)


def test_a_story_is_the_sentence_with_the_segments_under_it() -> None:
    verdict = judged(HANDS, always(8), "11-23 16:00")
    first, *rows = story(verdict, segments(HANDS, verdict.cycle, at("11-23 16:00"))).splitlines()
    assert first == sentence(verdict)
    assert rows[1].strip() == (
        "Mon 2026-11-23 11:00 UTC - Mon 2026-11-23 12:00 UTC  running: Under review (by CRM_UI) [Billing] 1h"
    )


@pytest.mark.parametrize(
    ("timeline", "terms", "now", "said"),
    [
        (ticket(), always(4), "11-23 11:00", "due Mon 2026-11-23 14:00 UTC"),
        (
            ticket(),
            always(4, at_risk=(Threshold.share("50%", 50, 4 * HOUR),)),
            "11-23 13:00",
            "at risk since Mon 2026-11-23 12:00 UTC, due Mon 2026-11-23 14:00 UTC",
        ),
        (ticket(("11-23 11:00", Role.WAITING)), always(4), "11-23 13:00", "paused, and due later"),
        (ticket(), always(4), "11-23 15:00", "is late and still open, due Mon 2026-11-23 14:00 UTC"),
        (
            ticket(("11-23 15:00", Role.CLOSED)),
            always(4),
            "11-24 15:00",
            "was late, due Mon 2026-11-23 14:00 UTC, done Mon 2026-11-23 15:00 UTC",
        ),
        (
            ticket(("11-23 14:00", Role.CLOSED), ("11-24 12:00", Role.OPEN)),
            always(4),
            "11-24 13:00",
            "late since Tue 2026-11-24 12:00 UTC when the ticket was reopened",
        ),
        (
            ticket(),
            changed(("11-23 15:00", promise(2)), first=promise(8)),
            "11-23 16:00",
            "late since Mon 2026-11-23 15:00 UTC when the promise changed",
        ),
        (ticket(merged=Merge(at("11-23 12:00"), "77")), always(4), "11-23 16:00", "merged into ticket 77"),
        (
            ticket(replies=("11-23 11:00",)),
            always(4, Metric.NEXT_RESPONSE),
            "11-23 13:00",
            "not started, no customer's message is waiting",
        ),
        (
            ticket(replies=("11-23 11:00", "11-23 13:00"), customers=("11-23 12:00", "11-23 14:00")),
            always(4, Metric.NEXT_RESPONSE),
            "11-23 15:00",
            "cycle 2 of 2",
        ),
        (ticket(), always(4, kind=Kind.OLA), "11-23 11:00", "OLA: resolution"),
        (ticket(), always(4, Metric.STAGE, place="New"), "11-23 11:00", "Time in New"),
    ],
)
def test_each_status_has_its_words(timeline: Timeline, terms: list, now: str, said: str) -> None:  # type: ignore[type-arg]
    assert said in sentence(judged(timeline, terms, now))


@pytest.mark.parametrize(("ms", "said"), [(0, "0s"), (90_000, "1m30s"), (5 * HOUR, "5h")])
def test_lengths_are_told_in_hours_minutes_and_seconds(ms: int, said: str) -> None:
    assert length(ms) == said
