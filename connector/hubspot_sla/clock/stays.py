"""Where a ticket was, and for how long: its stages as stays, and the closings among them."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from hubspot_sla.clock.metrics import PlaceKind
from hubspot_sla.clock.timeline import Pause, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.metrics import Place
    from hubspot_sla.clock.timeline import StageChange, Timeline


class Stay(NamedTuple):
    """`[start, end)` in one stage; `end` is None while the ticket is there."""

    start: int
    end: int | None
    stage: StageChange

    def is_in(self, place: Place) -> bool:
        stage, name = self.stage, place.name
        match place.kind:
            case PlaceKind.ANY:
                return name in (stage.name, stage.label, stage.holder, stage.id)
            case PlaceKind.STAGE:
                return name in (stage.name, stage.label, stage.id)
            case PlaceKind.HOLDER:
                return name == stage.holder
            case PlaceKind.ROLE:
                return stage.role is not None and name == stage.role.value


class Interval(NamedTuple):
    """`[start, end)`; `end` is None while it lasts."""

    start: int
    end: int | None


def stays(timeline: Timeline) -> tuple[Stay, ...]:
    """Each stay in a stage. One left in the instant in which it was entered was never entered, so one left and entered
    again in one instant was never left."""
    ticket_stays: list[Stay] = []
    entered: StageChange | None = None
    for change, later in zip_longest(timeline.stages, timeline.stages[1:]):
        if later is not None and later.at == change.at:
            continue
        if entered is None:
            entered = change
        elif entered.label != change.label or not _is_same_stage(entered, change):
            ticket_stays.append(Stay(entered.at, change.at, entered))
            entered = change
    if entered is not None:
        ticket_stays.append(Stay(entered.at, None, entered))
    return tuple(ticket_stays)


def _is_same_stage(one: StageChange, other: StageChange) -> bool:
    return (
        one.id == other.id
        and one.label == other.label
        and one.name == other.name
        and one.role is other.role
        and one.holder == other.holder
    )


def intervals_in(place: Place, ticket_stays: Iterable[Stay]) -> list[Interval]:
    """When the ticket was in the place; going from one of its stages to another is no leaving."""
    return joined([Interval(stay.start, stay.end) for stay in ticket_stays if stay.is_in(place)])


def joined(intervals: Sequence[Interval]) -> list[Interval]:
    """Sorted intervals, with those that touch made one."""
    result: list[Interval] = []
    for interval in intervals:
        if result and result[-1].end == interval.start:
            result[-1] = Interval(result[-1].start, interval.end)
        else:
            result.append(interval)
    return result


def closed_intervals(timeline: Timeline) -> tuple[Pause, ...]:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is.

    Going from one closed stage to another is one interval: the ticket was closed once.
    """
    return closed_among(stays(timeline))


def closed_among(ticket_stays: Iterable[Stay]) -> tuple[Pause, ...]:
    """As `closed_intervals`, from the stays."""
    closed: list[Pause] = []
    role = Role.CLOSED
    for start, end, stage in [stay for stay in ticket_stays if stay.stage.role is role]:
        if closed and closed[-1].end == start:
            closed[-1] = closed[-1]._replace(end=end)
        else:
            closed.append(Pause(start, end, stage.label, stage.holder, stage.by, Role.CLOSED))
    return tuple(closed)
