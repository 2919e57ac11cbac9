"""In whose hands the time of one cycle was, to the millisecond: our queue by team, the customer, a team or a vendor, or
the AI agent.

Business time alone has a holder. The rest of the wall time is closed hours, no matter whose record it was then. Time in
which the record was closed is nobody's. So all rows of a cycle add up to the wall time from its start to its end, less
that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.pauses import AI_AGENT, CUSTOMER, SUPPORT
from hubspot_sla.clock.segments import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence, Set

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.segments import Segment


class Holder(StrEnum):
    """What kind of holder: our own queue, the customer, a team or a vendor that a stage names, HubSpot's AI agent, or
    nobody at work."""

    QUEUE = "queue"
    CUSTOMER = "customer"
    TEAM = "team"
    VENDOR = "vendor"
    AI_AGENT = "ai_agent"
    CLOSED_HOURS = "closed_hours"


@dataclass(frozen=True, slots=True)
class HolderTime:
    """`ms` of business time with one holder, before the breach or after it; of closed hours, time on the wall. `name`
    is the id of the record's team for our own queue ("" where it has none), and the team or vendor of the stage."""

    holder: Holder
    name: str
    late: bool
    ms: int


class HolderSpan(NamedTuple):
    """`[start, end)` of one cycle in one hand, with the business time in it; `holder` is None while the record was
    closed."""

    start: int
    end: int
    holder: Holder | None
    name: str
    late: bool
    business_ms: int


@dataclass(frozen=True, slots=True)
class TeamChange:
    """From `at` on the record was in the queue of this team; "" for none."""

    at: int
    team_id: str


def whose_time(
    segments: Iterable[Segment],
    calendar: Calendar,
    *,
    breached_at: int | None,
    teams: Sequence[TeamChange],
    vendors: Set[str],
) -> tuple[HolderTime, ...]:
    """The sums, sorted. `teams` is sorted by instant; before the first the record had none. `vendors` are the names of
    holders of stages that are vendors; any other is a team."""
    sums: defaultdict[tuple[Holder, str, bool], int] = defaultdict(int)
    for segment in segments:
        if segment.state is State.CLOSED:
            continue
        for start, end in _pieces(segment, breached_at, teams):
            late = breached_at is not None and start >= breached_at
            business_ms = calendar.elapsed(start, end)
            sums[(*_holder(segment.whose, start, teams, vendors), late)] += business_ms
            sums[Holder.CLOSED_HOURS, "", late] += end - start - business_ms
    return tuple(HolderTime(*key, ms) for key, ms in sorted(sums.items()) if ms)


def spans(
    segments: Sequence[Segment],
    calendar: Calendar,
    cuts: Iterable[int],
    *,
    breached_at: int | None,
    teams: Sequence[TeamChange],
    vendors: Set[str],
) -> tuple[HolderSpan, ...]:
    """The time of one cycle from its start on, without a gap, cut at `cuts`: those of all late cycles of a record cut
    each of them alike, so that two spans of one record are the same time or have none in common."""
    at = sorted(cuts)
    found: list[HolderSpan] = []
    for segment in segments:
        inner = at[bisect_right(at, segment.start) : bisect_left(at, segment.end)]
        for start, end in pairwise([segment.start, *inner, segment.end]):
            holder, name = _holder(segment.whose, start, teams, vendors)
            late = breached_at is not None and start >= breached_at
            is_closed = segment.state is State.CLOSED
            kind, called = (None, "") if is_closed else (holder, name)
            found.append(HolderSpan(start, end, kind, called, late, calendar.elapsed(start, end)))
    return tuple(found)


def cuts(segments: Iterable[Segment], *, breached_at: int | None, teams: Iterable[TeamChange]) -> set[int]:
    """Where the time of one cycle passes from one hand to another, or becomes late."""
    of_segments = {at for segment in segments for at in (segment.start, segment.end)}
    return of_segments | {change.at for change in teams} | ({breached_at} if breached_at is not None else set())


def _pieces(segment: Segment, breached_at: int | None, teams: Sequence[TeamChange]) -> Iterator[tuple[int, int]]:
    """The segment, cut at the breach and, where it is ours, at the changes of the team."""
    cuts = {breached_at} if breached_at is not None else set()
    if segment.whose == SUPPORT:
        cuts |= {change.at for change in teams}
    inner = sorted(at for at in cuts if segment.start < at < segment.end)
    return pairwise([segment.start, *inner, segment.end])


def _holder(whose: str, at: int, teams: Sequence[TeamChange], vendors: Set[str]) -> tuple[Holder, str]:
    if whose == SUPPORT:
        place = bisect_right(teams, at, key=lambda change: change.at) - 1
        return Holder.QUEUE, teams[place].team_id if place >= 0 else ""
    if whose == CUSTOMER:
        return Holder.CUSTOMER, ""
    if whose == AI_AGENT:
        return Holder.AI_AGENT, ""
    return (Holder.VENDOR if whose in vendors else Holder.TEAM), whose
