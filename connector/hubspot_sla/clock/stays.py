"""Where a ticket was, and for how long: its stages as stays, and the closings among them."""

from __future__ import annotations

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
            case PlaceKind.ROLE:  # pragma: no branch - the last of the kinds
                return stage.role is not None and name == stage.role.value


class Interval(NamedTuple):
    """`[start, end)`; `end` is None while it lasts."""

    start: int
    end: int | None


def stays(timeline: Timeline, role: Role | None = None) -> list[Stay]:
    """Each stay in a stage, or only those in stages of one role. A stage left in the instant in which it was entered
    was never entered, so one left and entered again in one instant was never left."""
    ticket_stays: list[Stay] = []
    before: StageChange | None = None
    entered: StageChange | None = None
    for change in timeline.stages:
        if entered is not None:
            if entered.at == change.at:
                if before is not None and _is_same_stage(before, change):
                    entered, before = before, None
                    if role is None or entered.role is role:
                        ticket_stays.pop()
                    continue
            elif entered.label == change.label and _is_same_stage(entered, change):
                continue
            else:
                before = entered
                if role is None or entered.role is role:
                    ticket_stays.append(Stay(entered.at, change.at, entered))
        entered = change
    if entered is not None and (role is None or entered.role is role):
        ticket_stays.append(Stay(entered.at, None, entered))
    return ticket_stays


def _is_same_stage(first: StageChange, second: StageChange) -> bool:
    return (
        first.id == second.id
        and first.label == second.label
        and first.name == second.name
        and first.role is second.role
        and first.holder == second.holder
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
    closed: list[Pause] = []
    entered: StageChange | None = None
    role = Role.CLOSED
    for change in timeline.stages:
        if change.role is role:
            if entered is None or entered.at == change.at:
                entered = change
        elif entered is not None:
            if entered.at != change.at:
                _close(closed, entered, change.at)
            entered = None
    if entered is not None:
        _close(closed, entered, None)
    return tuple(closed)


def _close(closed: list[Pause], entered: StageChange, end: int | None) -> None:
    if closed and closed[-1].end == entered.at:
        closed[-1] = closed[-1]._replace(end=end)
    else:
        closed.append(Pause(entered.at, end, entered.label, entered.holder, entered.by, Role.CLOSED))
