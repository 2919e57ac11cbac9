"""Ladders: what is to happen on the way to a breach and after it, rung by rung, and what has become of each rung."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from hubspot_sla.clock.rungs import Mark, Side
from hubspot_sla.plan.rung_actions.task import MakeTask
from hubspot_sla.plan.rung_context import OWNER

if TYPE_CHECKING:
    from hubspot_sla.plan.rung_context import RungAction

if TYPE_CHECKING:
    from hubspot_sla.plan.records import RecordRef

LATE_AFTER_MS = 15 * 60_000


class Late(StrEnum):
    """What becomes of rungs that were reached while nobody looked: all fire, none does, or the highest of them."""

    FIRE = "fire"
    SKIP = "skip"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class Rung:
    """`name` is stable: given, or the place as it is written. `level` is its place in the ladder, from 1."""

    name: str
    level: int
    mark: Mark
    actions: tuple[RungAction, ...]

    def suffix(self, nth: int) -> str:
        return self.suffix_of(self.name, nth)

    @staticmethod
    def suffix_of(name: str, nth: int) -> str:
        """The first time goes by the name alone, so that letting a rung come back renames nothing."""
        return name if nth == 1 else f"{name}:{nth}"


@dataclass(frozen=True)
class Ladder:
    """`late_after_ms`: a rung seen later than this after its instant (on the wall) is late, and `late` decides."""

    name: str
    rungs: tuple[Rung, ...]
    late: Late = Late.ONCE
    late_after_ms: int = LATE_AFTER_MS

    @cached_property
    def counts_days(self) -> bool:
        """Whether any rung is so many business days away."""
        return any(
            span.business_days for rung in self.rungs for span in (rung.mark.span, rung.mark.every or rung.mark.span)
        )


BUILT_IN = Ladder("default", (Rung("breach", 1, Mark(Side.BREACH), (MakeTask(OWNER),)),))
"""What applies where a policy names no ladder: one task for the owner at the breach."""
NONE = Ladder("none", ())
"""What `ladder: none` names."""


@dataclass(frozen=True, slots=True)
class LadderChange:
    """From `at` on this ladder is in force for a clock. The first one of a sequence also holds for all time before."""

    at: int
    ladder: Ladder


class Outcome(StrEnum):
    """What became of a rung that was reached. `failed`: it fired, and something that it asked for was refused.
    `withdrawn`: it fired by a clock that ran ahead, and is to be reached again."""

    FIRED = "fired"
    SKIPPED = "skipped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Reached:
    """One rung of one cycle that was reached `due_at`, and what was made of it `at` the instant at which a run noticed
    it."""

    key: str
    record: RecordRef
    clock: str
    cycle: int
    ladder: str
    rung: str
    nth: int
    level: int
    outcome: Outcome
    due_at: int
    at: int
    reason: str = ""

    @property
    def fired(self) -> bool:
        return self.outcome in (Outcome.FIRED, Outcome.FAILED)
