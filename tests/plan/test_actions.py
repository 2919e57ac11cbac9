"""What is to be done about verdicts: which tasks, which writes, and under which keys."""

from __future__ import annotations

from dataclasses import replace

from hubspot_sla.plan.actions import PlannedRecord, WriteProperties, property_writes
from hubspot_sla.plan.records import RecordRef

GO_LIVE, NOW = 1_000_000, 2_000_000
OPEN = PlannedRecord(RecordRef.of("1"), "Printer on fire", "3001", None)
CLOSED = replace(OPEN, closed_at=1_500_000)


def writes(ticket: PlannedRecord, changes: dict[str, str], *, backfill: bool = False) -> list[WriteProperties]:
    current_values = {"sla_status": "running", "sla_tier": "gold"}
    actions = property_writes(ticket, changes, current_values, go_live_at=GO_LIVE, backfill=backfill)
    return [action for action in actions if isinstance(action, WriteProperties)]


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
