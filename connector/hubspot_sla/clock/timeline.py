"""What happened on one ticket, in the order in which it counts.

A timeline is built from facts of any source; its stages already have the roles that portal.yaml gives them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.clock.promise import Metric


class Role(StrEnum):
    """What a stage means to the clocks."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StageChange:
    """The ticket entered a stage. `role` is None where the mapping does not know the stage.

    `label` is what the portal calls it, `name` what the mapping does; `holder` the team or vendor whose time it
    is; `by` who moved it, as far as HubSpot tells.
    """

    at: int
    role: Role | None
    label: str
    holder: str = ""
    id: str = ""
    name: str = ""
    by: str = ""

    def is_in(self, place: str) -> bool:
        """Whether this stage is, or is held by, `place`."""
        return place in (self.name, self.label, self.holder, self.id)


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """The ticket got an owner; "" where it lost the one it had."""

    at: int
    owner: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Somebody wrote. `source` names where the fact comes from: a property, an e-mail, a note, a thread.

    `inferred`: others may have come before it that the source no longer shows. `answers`: whether an agent's
    message counts as a reply; one that does not (a note, say) still is an update.
    """

    at: int
    source: str = ""
    inferred: bool = False
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Merge:
    """The ticket was merged into another one, which carries its clocks on."""

    at: int
    into: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """From `at` on lateness is excused, for one metric or (None) for all; until `expires_at` where it is said."""

    at: int
    why: str
    metric: Metric | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts the clocks run on, each tuple sorted by instant, oldest first.

    `first_replies` are what may count as the first response, by whatever the mapping counts; `agent_messages` all
    that agents wrote, these among them. `created_at` is that of the oldest ticket of a lineage.

    `defects` names facts that are missing or impossible; a ticket with any is `unknown`, never `met`. `gaps`
    are those that concern one metric only. `blind` says why no reply could have been seen, where that is so.
    """

    created_at: int | None
    stages: tuple[StageChange, ...] = ()
    owners: tuple[OwnerChange, ...] = ()
    first_replies: tuple[Message, ...] = ()
    agent_messages: tuple[Message, ...] = ()
    customer_messages: tuple[Message, ...] = ()
    merged: Merge | None = None
    waivers: tuple[Waiver, ...] = ()
    defects: tuple[str, ...] = ()
    gaps: tuple[tuple[Metric, str], ...] = ()
    blind: str = ""

    def settled_stages(self) -> Iterator[StageChange]:
        """The stages in which the ticket stayed: one left in the instant it was entered is none."""
        stages = self.stages
        for number, change in enumerate(stages):
            if number + 1 == len(stages) or stages[number + 1].at > change.at:
                yield change

    @property
    def latest(self) -> int:
        """The newest instant any fact speaks of; 0 where there is none."""
        newest = self.created_at or 0
        for facts in (self.stages, self.owners, self.first_replies, self.agent_messages, self.customer_messages):
            if facts and facts[-1].at > newest:
                newest = facts[-1].at
        return newest


class Pause(NamedTuple):
    """`[start, end)`: an interval in which a clock stands still; `end` is None while it lasts. `role` says why: the
    ticket was closed, or waiting."""

    start: int
    end: int | None
    why: str
    holder: str = ""
    by: str = ""
    role: Role = Role.WAITING

    def covers(self, at: int) -> bool:
        return self.start <= at and (self.end is None or at < self.end)
