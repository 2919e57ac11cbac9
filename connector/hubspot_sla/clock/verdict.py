"""The answer of the clock for one metric, and the order in which answers are worse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hubspot_sla.clock.promise import Clock, Kind, Promise


class Status(StrEnum):
    """What can be said of one metric, worst first: the ticket's overall status is the worst of its metrics."""

    BREACHED = "breached"
    AT_RISK = "at_risk"
    RUNNING = "running"
    PAUSED = "paused"
    PENDING = "pending"
    MISSED = "missed"
    MET = "met"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    MERGED = "merged"
    NO_SLA = "no_sla"


RANK = {status: rank for rank, status in enumerate(Status)}
OPEN = frozenset({Status.PENDING, Status.RUNNING, Status.AT_RISK, Status.PAUSED, Status.BREACHED})
LATE = frozenset({Status.BREACHED, Status.MISSED})


class Onset(StrEnum):
    """What made a clock late in the instant in which lateness began."""

    DUE = "due"
    CHANGE = "change"
    REOPENING = "reopening"
    RETURN = "return"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A breach that a change of the promise undid: when it was, when it was undone, by what and by whom."""

    breached_at: int
    withdrawn_at: int
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Excuse:
    """Lateness that is or was excused from `since` to `until` (None: without an end), why, and by whom."""

    since: int
    until: int | None
    why: str
    revoked: bool = False
    by: str = ""

    def is_over(self, at: int) -> bool:
        return self.until is not None and self.until <= at


class Cycle(NamedTuple):
    """One run of a clock from its start to its stop. Instants are epoch milliseconds.

    `number` counts from 1. `due_at` is None while paused before the due instant (it moves with every moment of the
    pause). `stopped_at` is when the goal was reached, `ended_at` when the clock ended without that. `breached_at` is
    when lateness began, whatever the hour it was noticed, and `onset` what made it begin; `at_risk_at` the first
    at-risk threshold, once it is known. `next_at` is the next instant at which this cycle can change by itself.
    `reason` says what a number cannot: why unknown, why ended. `inferred`: a message this cycle rests on may have
    hidden others. `promised_at` is since when the promise in force has counted for this cycle. `excuse` is the waiver
    that is in force for it, or the last one that was.

    A clock that has not started, or of which nothing can be said, has one cycle without `started_at`.
    """

    status: Status
    number: int = 1
    promise: Promise | None = None
    reason: str = ""
    started_at: int | None = None
    due_at: int | None = None
    stopped_at: int | None = None
    ended_at: int | None = None
    breached_at: int | None = None
    at_risk_at: int | None = None
    next_at: int | None = None
    inferred: bool = False
    withdrawn: tuple[Withdrawal, ...] = ()
    onset: Onset | None = None
    promised_at: int | None = None
    excuse: Excuse | None = None

    @property
    def over_at(self) -> int | None:
        """When the clock stopped or ended; None while it lives, and where only its promise ended."""
        return self.ended_at if self.stopped_at is None else self.stopped_at


class Verdict(NamedTuple):
    """One clock of one ticket: `cycles` holds all its cycles, oldest first, never none; `cycle` is the one shown.

    A clock with several shows the live one; with none alive the last that was missed, else the last. `reopened` and
    `first_stopped_at` (the first closing) are told of clocks that a closing stops.
    """

    clock: Clock
    cycle: Cycle
    cycles: tuple[Cycle, ...]
    reopened: int = 0
    first_stopped_at: int | None = None

    @classmethod
    def of_one(cls, clock: Clock, cycle: Cycle) -> Verdict:
        """A verdict on a clock that has a single cycle, or none that began."""
        return cls(clock, cycle, (cycle,))

    @property
    def status(self) -> Status:
        return self.cycle.status

    @property
    def promise(self) -> Promise | None:
        return self.cycle.promise

    @property
    def metric(self) -> str:
        return self.clock.metric

    @property
    def kind(self) -> Kind:
        return self.clock.kind


cycle_of: Final[Callable[[tuple[object, ...]], Cycle]] = partial(tuple.__new__, Cycle)
verdict_of: Final[Callable[[tuple[object, ...]], Verdict]] = partial(tuple.__new__, Verdict)
"""As `_make` of each, with every field in its order, in a third of the time: each clock of a ticket has one."""


def worst(statuses: Iterable[Status]) -> Status:
    """The overall status; NO_SLA for a ticket with no metric at all."""
    return min(statuses, key=RANK.__getitem__, default=Status.NO_SLA)
