"""What is to be done about verdicts: which tasks, which writes, and under which keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubspot_sla.clock.promise import Metric
from hubspot_sla.clock.verdict import Status, Verdict
from hubspot_sla.plan.actions import CreateTask, Ticket, WriteProperties, breach_tasks, property_writes

GO_LIVE, NOW = 1_000_000, 2_000_000
OPEN = Ticket("1", "Printer on fire", "3001", None)
CLOSED = replace(OPEN, closed_at=1_500_000)
LATE = Verdict(Metric.RESOLUTION, Status.BREACHED, due_at=1_200_000, breached_at=1_200_000)
REPLIED_LATE = Verdict(
    Metric.FIRST_RESPONSE, Status.MISSED, due_at=1_100_000, breached_at=1_100_000, stopped_at=1_300_000
)


def tasks(ticket: Ticket, *verdicts: Verdict) -> list[CreateTask]:
    return [
        action
        for action in breach_tasks(ticket, verdicts, go_live_at=GO_LIVE, now=NOW, reason="why")
        if isinstance(action, CreateTask)
    ]


def test_a_breach_makes_one_task_for_the_owner_due_now() -> None:
    (task,) = tasks(OPEN, LATE)
    assert (task.ticket_id, task.owner_id, task.due_at, task.body) == ("1", "3001", NOW, "why")
    assert "resolution" in task.subject
    assert "Printer on fire" in task.subject


def test_a_late_reply_on_an_open_ticket_makes_a_task() -> None:
    assert [task.clock.metric for task in tasks(OPEN, REPLIED_LATE)] == [Metric.FIRST_RESPONSE]


def test_each_metric_has_a_task_of_its_own() -> None:
    assert len({task.key for task in tasks(OPEN, LATE, REPLIED_LATE)}) == 2


def test_the_key_of_a_task_does_not_depend_on_when_it_is_asked_for() -> None:
    later = breach_tasks(OPEN, [LATE], go_live_at=GO_LIVE, now=NOW + 60_000, reason="other words")
    assert [action.key for action in later] == [task.key for task in tasks(OPEN, LATE)]


def test_a_closed_ticket_makes_no_task() -> None:
    assert tasks(CLOSED, LATE, REPLIED_LATE) == []


@pytest.mark.parametrize("status", set(Status) - {Status.BREACHED, Status.MISSED})
def test_only_broken_promises_make_tasks(status: Status) -> None:
    assert tasks(OPEN, replace(LATE, status=status)) == []


def test_what_was_late_before_go_live_makes_no_task() -> None:
    assert tasks(OPEN, replace(LATE, breached_at=GO_LIVE - 1)) == []
    assert len(tasks(OPEN, replace(LATE, breached_at=GO_LIVE))) == 1


def test_a_clock_that_stopped_before_go_live_makes_no_task() -> None:
    assert tasks(OPEN, replace(REPLIED_LATE, breached_at=GO_LIVE - 10, stopped_at=GO_LIVE - 5)) == []


def test_a_long_subject_is_cut() -> None:
    (task,) = tasks(replace(OPEN, subject="x" * 5_000), LATE)
    assert len(task.subject) == 250


def writes(ticket: Ticket, changes: dict[str, str], *, backfill: bool = False) -> list[WriteProperties]:
    held = {"sla_status": "running", "sla_tier": "gold"}
    found = property_writes(ticket, changes, held, go_live_at=GO_LIVE, backfill=backfill)
    return [action for action in found if isinstance(action, WriteProperties)]


def test_a_write_tells_what_was_held_before() -> None:
    (write,) = writes(OPEN, {"sla_status": "met", "sla_policy": "gold"})
    assert write.before == {"sla_status": "running", "sla_policy": None}


def test_nothing_different_is_no_write() -> None:
    assert writes(OPEN, {}) == []


def test_a_ticket_closed_before_go_live_is_written_by_a_backfill_only() -> None:
    old = replace(OPEN, closed_at=GO_LIVE - 1)
    assert writes(old, {"sla_status": "met"}) == []
    assert len(writes(old, {"sla_status": "met"}, backfill=True)) == 1
    assert len(writes(replace(OPEN, closed_at=GO_LIVE), {"sla_status": "met"})) == 1
