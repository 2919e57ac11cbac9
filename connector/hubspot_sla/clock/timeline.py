"""What happened on one ticket, in the order in which it counts.

A timeline is built from facts of any source; its stages already have the roles that portal.yaml gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.clock.waivers import StoppedInterval, Waiver


class Role(StrEnum):
    """What a stage means to the clocks."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class ClosingKind(StrEnum):
    """Why a ticket was closed. ORDINARY: because its work was done, as far as anybody says."""

    ORDINARY = "ordinary"
    SPAM = "spam"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"


@quickly_made
@dataclass(frozen=True, slots=True)
class StageChange:
    """The ticket entered a stage. `role` is None where the mapping does not know the stage.

    `label` is what the portal calls it, `name` what the mapping does; `holder` the team or vendor whose time it
    is; `by` who moved it, as far as HubSpot says. `closing` says what a closed stage means to the promises.
    """

    at: int
    role: Role | None
    label: str
    holder: str = ""
    id: str = ""
    name: str = ""
    by: str = ""
    closing: ClosingKind = ClosingKind.ORDINARY


@quickly_made
@dataclass(frozen=True, slots=True)
class OwnerChange:
    """The ticket got an owner; "" where it lost the one it had."""

    at: int
    owner: str
    source: str = ""


@quickly_made
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


@quickly_made
@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A ticket property got a value; None where it was emptied. `by` is who set it, as far as HubSpot says."""

    at: int
    value: str | None
    by: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class ClosingReason:
    """From `at` on a property of the ticket says why it was or will be closed."""

    at: int
    kind: ClosingKind
    by: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """The ticket was merged into another one, which carries its clocks on."""

    at: int
    into: str = ""


class AgentHold(NamedTuple):
    """`[start, end)`: the AI agent had the ticket in hand; `end` is None while it has."""

    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """From `at` on a property of the ticket says that no answer is needed. `why` is a clause, `by` who said so."""

    at: int
    why: str
    by: str = ""


OWNER_GAP: Final = "owner"
"""The subject of a gap in the history of owners; that of a property is the property's name."""


class Gap(NamedTuple):
    """Something of one subject that is missing: the metrics that look at it are `unknown`, the others are not."""

    subject: str
    why: str


@quickly_made
@dataclass(frozen=True, slots=True)
class Timeline:
    """The facts the clocks run on, each tuple sorted by instant, oldest first.

    `first_replies` are what may count as the first response, by what the mapping counts; `agent_messages` all that
    agents wrote, these among them. `created_at` is that of the oldest ticket of a lineage. `properties` holds the
    values over time of the ticket properties that metrics and pauses look at, by name. `closing_reasons` says, where
    a property of the portal does, what the closing of the ticket means to the promises.

    `handover_at` is when the AI agent or nobody gave the ticket to people, `handed_over_by_reply` whether that was a
    person's message; `ai_hold` while the AI agent had it in hand. `not_needed`: no answer is, so that clocks that wait
    for one are not applicable. `ai_messages` are those of the AI agent where it has clocks of its own;
    `first_responder` is the actor of the first reply, as far as a source says, `first_ai_responder` that of the first
    under the clocks of the AI agent.

    `defects` names facts that are missing or impossible; a ticket with any is `unknown`, never `met`. `gaps`
    are those that concern some metrics only. `blind` says why no reply could have been seen, where that is so.
    """

    created_at: int | None
    stages: tuple[StageChange, ...] = ()
    owners: tuple[OwnerChange, ...] = ()
    first_replies: tuple[Message, ...] = ()
    agent_messages: tuple[Message, ...] = ()
    customer_messages: tuple[Message, ...] = ()
    merged: Merge | None = None
    waivers: tuple[Waiver, ...] = ()
    stopped: tuple[StoppedInterval, ...] = ()
    defects: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    blind: str = ""
    properties: Mapping[str, tuple[PropertyChange, ...]] = field(default_factory=dict)
    closing_reasons: tuple[ClosingReason, ...] = ()
    handover_at: int | None = None
    handed_over_by_reply: bool = False
    ai_hold: AgentHold | None = None
    not_needed: NotNeeded | None = None
    ai_messages: tuple[Message, ...] = ()
    first_responder: str = ""
    first_ai_responder: str = ""
    summary: Any = field(default=None, init=False, repr=False, compare=False)
    """The `Summary` of what it says by itself, once somebody has asked: `summary_of` does."""

    @property
    def latest(self) -> int:
        """The newest instant any fact speaks of; 0 where there is none."""
        newest = self.created_at or 0
        for facts in (self.stages, self.owners, self.first_replies, self.agent_messages, self.customer_messages):
            if facts and facts[-1].at > newest:
                newest = facts[-1].at
        if self.handover_at is not None and self.handover_at > newest:
            newest = self.handover_at
        for values in self.properties.values() if self.properties else ():
            if values and values[-1].at > newest:
                newest = values[-1].at
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


pause_of: Final[Callable[[tuple[object, ...]], Pause]] = partial(tuple.__new__, Pause)
"""As `_make`, with every field in its order, in less time: a ticket has one for each wait."""
