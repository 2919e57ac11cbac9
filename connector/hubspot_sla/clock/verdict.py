"""The answer of the clock for one metric, and the order in which answers are worse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.promise import Metric, Promise


class Status(StrEnum):
    """What can be said of one metric, worst first: the ticket's overall status is the worst of its metrics."""

    BREACHED = "breached"
    RUNNING = "running"
    PAUSED = "paused"
    PENDING = "pending"
    MISSED = "missed"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    NO_SLA = "no_sla"


_RANK = {status: rank for rank, status in enumerate(Status)}
OPEN = frozenset({Status.PENDING, Status.RUNNING, Status.PAUSED, Status.BREACHED})
LATE = frozenset({Status.BREACHED, Status.MISSED})


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A breach that a change of the promise undid: when it was, when it was undone, and by what."""

    breached_at: int
    withdrawn_at: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric of one ticket. Instants are epoch milliseconds.

    `due_at` is None while paused before the due instant (it moves with every moment of the pause).
    `breached_at` is when lateness began, whatever the hour it was noticed. `next_at` is the next instant at
    which this verdict can change by itself. `reason` says what a number cannot: why unknown, why ended.
    """

    metric: Metric
    status: Status
    promise: Promise | None = None
    reason: str = ""
    started_at: int | None = None
    due_at: int | None = None
    stopped_at: int | None = None
    breached_at: int | None = None
    next_at: int | None = None
    reopened: int = 0
    first_stopped_at: int | None = None
    withdrawn: tuple[Withdrawal, ...] = ()


def worst(statuses: Iterable[Status]) -> Status:
    """The overall status; NO_SLA for a ticket with no metric at all."""
    return min(statuses, key=_RANK.__getitem__, default=Status.NO_SLA)
