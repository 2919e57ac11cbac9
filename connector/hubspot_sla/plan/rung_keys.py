"""The keys of rungs and of their tasks. They stand for ever: in the ledger, in the outbox, and on tasks in HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubspot_sla.plan.records import RecordRef


AGAIN = ":again"
"""What the keys of a rung's actions go on with where the rung was withdrawn before; when, in epoch seconds, follows."""


def rung_key(record: RecordRef, clock: str, cycle: int, ladder: str, suffix: str) -> str:
    return f"rung:{record.key}:{clock}:{cycle}:{ladder}:{suffix}"


def task_key(record: RecordRef, clock: str, cycle: int, suffix: str) -> str:
    """Without the ladder: the same step of the same cycle makes one task, whatever its ladder is called."""
    return f"task:{record.key}:{clock}:{cycle}:{suffix}"
