"""The keys of rungs and of their tasks. They stand for ever: in the ledger, in the outbox, and on tasks in HubSpot."""

from __future__ import annotations


def rung_key(ticket_id: str, clock: str, cycle: int, ladder: str, suffix: str) -> str:
    return f"rung:{ticket_id}:{clock}:{cycle}:{ladder}:{suffix}"


def task_key(ticket_id: str, clock: str, cycle: int, suffix: str) -> str:
    """Without the ladder: the same step of the same cycle makes one task, whatever its ladder is called."""
    return f"task:{ticket_id}:{clock}:{cycle}:{suffix}"
