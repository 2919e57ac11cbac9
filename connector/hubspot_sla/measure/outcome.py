"""One outcome: a single cycle of one clock of one record, with everything a report asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hubspot_sla.clock.verdict import Status
from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from hubspot_sla.measure.whose_time import HolderSpan, HolderTime


class Excluded(StrEnum):
    """Why a cycle stands outside every attainment."""

    WAIVED = "waived"
    NO_SLA = "no_sla"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    MERGED = "merged"
    BEFORE_GO_LIVE = "before_go_live"


_BY_STATUS = {
    Status.WAIVED: Excluded.WAIVED,
    Status.NO_SLA: Excluded.NO_SLA,
    Status.NOT_APPLICABLE: Excluded.NOT_APPLICABLE,
    Status.UNKNOWN: Excluded.UNKNOWN,
    Status.MERGED: Excluded.MERGED,
}


def excluded(status: Status, *, before_go_live: bool) -> Excluded | None:
    """None for a cycle that counts, or will once it is over."""
    return _BY_STATUS.get(status) or (Excluded.BEFORE_GO_LIVE if before_go_live else None)


@quickly_made
@dataclass(frozen=True, slots=True)
class Promised:
    """What was promised. `mappings` is the number of the version in force; `contract` is None where none covers it."""

    policy: str | None = None
    mappings: int | None = None
    tier: str | None = None
    calendar: str | None = None
    target_ms: int | None = None
    contract: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class Who:
    """Whose record it was at the instant `at`: the earlier of due and stop, or that of the judgement where there is
    neither. Ids as HubSpot has them; None where it has none. `dimensions` are the properties that `report.dimensions`
    names."""

    at: int
    company_id: str | None = None
    owner_id: str | None = None
    team_id: str | None = None
    pipeline_id: str | None = None
    stage_id: str | None = None
    stage_role: str | None = None
    priority: str | None = None
    source: str | None = None
    category: str | None = None
    first_responder_id: str | None = None
    dimensions: tuple[tuple[str, str | None], ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class When:
    """Instants (epoch ms). `withdrawn` pairs each breach that was undone with the instant at which it was. Durations in
    ms: `elapsed`, `paused` and `late` in business time, `late_wall` on the wall; those of an open cycle as of the
    judgement."""

    started_at: int | None = None
    at_risk_at: int | None = None
    due_at: int | None = None
    stopped_at: int | None = None
    ended_at: int | None = None
    breached_at: int | None = None
    withdrawn: tuple[tuple[int, int], ...] = ()
    elapsed_ms: int = 0
    paused_ms: int = 0
    late_ms: int = 0
    late_wall_ms: int = 0


@dataclass(frozen=True, slots=True)
class PausedBy:
    """How long the pauses of one author lasted in one cycle. `author` is HubSpot's word for who changed something, or
    who granted the waiver that stopped the clock; "" where nobody says. `met_only`: judged anew without the pauses of
    this author the cycle would have been missed."""

    author: str
    business_ms: int
    wall_ms: int
    met_only: bool = False


@dataclass(frozen=True, slots=True)
class Attribution:
    """By whose doing one cycle came out so. `met_by_pauses`: judged anew without any pause it would have been missed.
    `waived_by` is who excused it ("": nobody did, or nobody says who). `spans` are there where several cycles of the
    record are late: see `whose_time.spans`."""

    pauses: tuple[PausedBy, ...] = ()
    met_by_pauses: bool = False
    waived_by: str = ""
    spans: tuple[HolderSpan, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class Outcome:
    """`clock` is the clock's key (`resolution`, `ola:stage:Bank`), `cycle` counts from 1. `inferred`: a message this
    cycle rests on may have hidden others. `attribution` is None where it is not known: copies have none, and what was
    judged by an earlier version."""

    clock: str
    cycle: int
    status: Status
    excluded: Excluded | None
    inferred: bool
    promised: Promised
    who: Who
    when: When
    whose_time: tuple[HolderTime, ...] = ()
    attribution: Attribution | None = None
