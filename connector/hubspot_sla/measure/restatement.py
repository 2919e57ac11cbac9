"""What of an outcome that had come to its end may not change in silence: it is restated, and the earlier one is kept.

An open cycle's progress is no restatement, and neither is what time or a later event brings. Everything else has one
cause of a closed list.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.verdict import Status
from hubspot_sla.measure.outcome import Who

if TYPE_CHECKING:
    from hubspot_sla.measure.outcome import Outcome

CycleKey = tuple[str, int]
"""The key of a clock, and the number of a cycle."""

_WHOSE: Final = attrgetter(*(field.name for field in fields(Who) if field.name != "at"))
_SETTLED: Final = frozenset({Status.MET, Status.MISSED, Status.BREACHED})


class RestatementCause(StrEnum):
    """Why an outcome was restated: all that there are, in the order in which they are tried."""

    MERGE = "merge"
    UNMERGE_OR_ARCHIVE = "unmerge or archive"
    SHORTENED = "shortened"
    BACK_DATED = "back-dated"
    MESSAGE_SOURCE = "message source"
    TIER = "tier"
    WAIVER = "waiver"
    MAPPINGS = "mappings"
    CALENDAR_DATA = "calendar data"
    CLOCK_RULES = "clock rules"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Restated:
    """One cycle whose outcome is another one than it was. `author` is who or what changed the past, as far as anybody
    says so; "" where nobody does."""

    clock: str
    cycle: int
    cause: RestatementCause
    author: str = ""


def key_of(outcome: Outcome) -> CycleKey:
    return outcome.clock, outcome.cycle


def is_settled(outcome: Outcome) -> bool:
    """Whether a change of it would be a restatement: met, missed, breached, or excluded."""
    return outcome.status in _SETTLED or outcome.excluded is not None


def means_the_same(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether status, exclusion, promise, due, stop, breach and who are the same. Durations may differ, and since when
    a version of the mappings counts; None is a cycle that is not there."""
    if one == other or one is None or other is None:
        return one == other
    return _meaning(one) == _meaning(other)


def _meaning(outcome: Outcome) -> tuple[object, ...]:
    promised, who, when = outcome.promised, outcome.who, outcome.when
    return (
        *(outcome.status, outcome.excluded),
        *(promised.policy, promised.tier, promised.calendar, promised.target_ms, promised.contract),
        *(when.started_at, when.due_at, when.stopped_at, when.ended_at, when.breached_at),
        _WHOSE(who),
    )
