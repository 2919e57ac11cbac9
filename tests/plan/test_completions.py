"""Which of our open tasks are completed, and which stay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from clock.tickets import always, at, judged, ticket
from hubspot_sla.clock.waivers import Waiver
from hubspot_sla.plan.actions import CompleteTask, PlannedRecord
from hubspot_sla.plan.completions import completions
from hubspot_sla.plan.ladder import Outcome, Reached
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict

TICKET = RecordRef("tickets", "28100042")
OPEN = PlannedRecord(TICKET, "Printer", None, closed_at=None)
BREACH = "task:28100042:resolution:1:breach"
TASKS = {f"{BREACH}:also:7": "3", BREACH: "1", f"{BREACH}:again:9": "2", "task:28100042:resolution:2:breach": "4"}
LATE = judged(ticket(), always(4), "11-23 15:00")
WAIVED = judged(ticket(waivers=(Waiver(at("11-23 14:30"), "agreed"),)), always(4), "11-23 15:00")


def breach(outcome: Outcome = Outcome.FIRED) -> Reached:
    return Reached("k", TICKET, "resolution", 1, "default", "breach", 1, 1, outcome, 0, 0)


def test_closing_a_record_completes_all_its_tasks() -> None:
    closed = replace(OPEN, closed_at=at("11-23 16:00"))
    done = completions(closed, [LATE], [breach()], TASKS)
    assert [one.task_id for one in done] == ["1", "2", "3", "4"]


def test_a_task_of_a_rung_that_stands_stays() -> None:
    assert completions(OPEN, [LATE], [breach()], TASKS) == []
    assert completions(OPEN, [LATE], [breach(Outcome.WITHDRAWN)], {}) == []


@pytest.mark.parametrize(
    ("verdict", "outcome"), [(LATE, Outcome.WITHDRAWN), (WAIVED, Outcome.FIRED)], ids=["withdrawn", "waived"]
)
def test_the_tasks_of_what_was_withdrawn_or_waived_are_completed_and_no_others(
    verdict: Verdict, outcome: Outcome
) -> None:
    assert completions(OPEN, [verdict], [breach(outcome)], TASKS) == [
        CompleteTask(TICKET, BREACH, "1"),
        CompleteTask(TICKET, f"{BREACH}:again:9", "2"),
        CompleteTask(TICKET, f"{BREACH}:also:7", "3"),
    ]
