"""What happened on one ticket, in the order in which it counts.

A timeline is built from facts of any source; whoever builds it has already said what each stage means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Role(StrEnum):
    """What a stage means to the clocks."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StageChange:
    """The ticket entered a stage. `role` is None where the mapping does not know the stage."""

    at: int
    role: Role | None
    label: str
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts the clocks run on, each tuple sorted by instant, oldest first.

    `first_reply_at` is the first agent reply that qualifies as a response, by whatever the mapping counts.

    `defects` names facts that are missing or impossible; a ticket with any is `unknown`, never `met`.
    """

    created_at: int | None
    stages: tuple[StageChange, ...] = ()
    first_reply_at: int | None = None
    customer_messages: tuple[int, ...] = ()
    defects: tuple[str, ...] = ()

    @property
    def latest(self) -> int:
        """The newest instant any fact speaks of; 0 where there is none."""
        stages = self.stages[-1].at if self.stages else 0
        return max(self.created_at or 0, stages, self.first_reply_at or 0, *self.customer_messages[-1:])


@dataclass(frozen=True, slots=True)
class Hold:
    """`[start, end)`: an interval in which a clock did not run; `end` is None while it lasts."""

    start: int
    end: int | None
    why: str
    holder: str = ""

    def covers(self, at: int) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


def closed_spells(timeline: Timeline) -> tuple[Hold, ...]:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one spell: the ticket was closed once.
    """
    spells: list[Hold] = []
    for hold in _stays(timeline, Role.CLOSED):
        if spells and spells[-1].end == hold.start:
            spells[-1] = replace(spells[-1], end=hold.end)
        else:
            spells.append(hold)
    return tuple(spells)


def waiting_spells(timeline: Timeline, *, until_customer_message: bool) -> tuple[Hold, ...]:
    """The intervals spent in `waiting` stages, each cut short by a customer's message where that counts.

    A message in the very instant the wait begins does not end it: whoever moved the ticket to waiting had it
    already. Moving on to another waiting stage begins a new wait.
    """
    stays = _stays(timeline, Role.WAITING)
    if not until_customer_message:
        return stays
    return tuple(_cut(stay, timeline.customer_messages) for stay in stays)


def _cut(stay: Hold, messages: tuple[int, ...]) -> Hold:
    for at in messages:
        if at > stay.start and stay.covers(at):
            return Hold(stay.start, at, f"{stay.why}, until the customer wrote", stay.holder)
    return stay


def _stays(timeline: Timeline, role: Role) -> tuple[Hold, ...]:
    """Each stay in a stage of this role; one left in the instant it was entered is none."""
    leaves = (*(change.at for change in timeline.stages[1:]), None)
    return tuple(
        Hold(change.at, left, change.label, change.holder)
        for change, left in zip(timeline.stages, leaves, strict=False)
        if change.role is role and left != change.at
    )
