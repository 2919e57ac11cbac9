"""How a cycle stands in a count, and in which period it is counted.

A cycle counts in the period of its due instant. For a cycle that stopped this is the one in force at its stop; the
clock has worked it out, also where it stopped in a pause. A cycle that was missed before it was due (the ticket was
closed without the reply that was owed) counts at the miss.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import Status

if TYPE_CHECKING:
    from hubspot_sla.measure.outcome import Excluded


class Standing(StrEnum):
    """What one cycle adds to a count: the first three are judged, the next two may be, the last never is."""

    MET = "met"
    MISSED = "missed"
    LATE = "late"
    TO_COME = "to_come"
    WITHOUT_DUE = "without_due"
    EXCLUDED = "excluded"


JUDGED: Final = frozenset({Standing.MET, Standing.MISSED, Standing.LATE})

_OF_STATUS: Final = {
    Status.MET: Standing.MET,
    Status.MISSED: Standing.MISSED,
    Status.BREACHED: Standing.LATE,
    Status.RUNNING: Standing.TO_COME,
    Status.AT_RISK: Standing.TO_COME,
    Status.PAUSED: Standing.WITHOUT_DUE,
    Status.PENDING: Standing.WITHOUT_DUE,
}


def standing(status: Status, excluded: Excluded | None) -> Standing:
    """LATE is late and still open. What is excluded stands outside, whatever its status."""
    return Standing.EXCLUDED if excluded is not None else _OF_STATUS[status]


def counted_at(due_at: int | None, breached_at: int | None) -> int | None:
    """The instant (epoch ms) whose period counts the cycle; None where it has no due instant yet."""
    if due_at is None or breached_at is None:
        return breached_at if due_at is None else due_at
    return min(due_at, breached_at)
