"""Where a ticket was, and for how long: its stages as stays, and the closings among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.metrics import PlaceKind
from hubspot_sla.clock.timeline import Role, pause_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hubspot_sla.clock.metrics import Place
    from hubspot_sla.clock.timeline import Pause, StageChange, Timeline


Stay = tuple[int, "int | None", "StageChange"]
"""`[start, end)` in one stage; the end is None while the ticket is there."""

Interval = tuple[int, "int | None"]
"""`[start, end)`; the end is None while it lasts."""

_CLOSED: Final = Role.CLOSED  # to look up a member of an enum takes longer than a call
_WAITING: Final = Role.WAITING
_BY_ANY: Final = PlaceKind.ANY
_BY_HOLDER: Final = PlaceKind.HOLDER
_BY_ROLE: Final = PlaceKind.ROLE


def is_in(place: Place, stage: StageChange) -> bool:
    """Whether a ticket in this stage is in the place."""
    name, kind = place.name, place.kind
    if kind is _BY_ROLE:
        return name == stage.role
    if kind is _BY_HOLDER:
        return name == stage.holder
    return name in (stage.name, stage.label, stage.id) or (kind is _BY_ANY and name == stage.holder)


def stays(timeline: Timeline, *, without: Role | None = None) -> list[Stay]:
    """Each stay in a stage, but those in stages of the role `without`. A stage left in the instant in which it was
    entered was never entered, so one left and entered again in one instant was never left."""
    ticket_stays: list[Stay] = []
    if not timeline.stages:
        return ticket_stays
    before: StageChange | None = None
    entered, *changes = timeline.stages
    left_out = without or _NO_ROLE
    for change in changes:
        if entered.at == change.at:
            if before is not None and _is_same_stage(before, change):
                entered, before = before, None
                if entered.role is not left_out:
                    ticket_stays.pop()
                continue
        elif entered.label == change.label and _is_same_stage(entered, change):
            continue
        else:
            before = entered
            if entered.role is not left_out:
                ticket_stays.append((entered.at, change.at, entered))
        entered = change
    if entered.role is not left_out:
        ticket_stays.append((entered.at, None, entered))
    return ticket_stays


_NO_ROLE: Final = object()
"""The role of no stage."""


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
    return joined([(start, end) for start, end, stage in ticket_stays if is_in(place, stage)])


def joined(intervals: Sequence[Interval]) -> list[Interval]:
    """Sorted intervals, with those that touch made one."""
    result: list[Interval] = []
    for start, end in intervals:
        if result and result[-1][1] == start:
            result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def closed_intervals(timeline: Timeline) -> tuple[Pause, ...]:
    """The intervals in which the ticket was closed; the last one is open-ended while it still is."""
    _, closed = waits_and_closings(stays(timeline, without=Role.OPEN))
    return closed


def waits_and_closings(ticket_stays: Iterable[Stay]) -> tuple[tuple[Pause, ...], tuple[Pause, ...]]:
    """Each stay in a waiting stage, and the closings. Going from one closed stage to another is one interval: the
    ticket was closed once."""
    waits: list[Pause] = []
    closed: list[Pause] = []
    for start, end, stage in ticket_stays:
        role = stage.role
        if role is _WAITING:
            waits.append(pause_of((start, end, stage.label, stage.holder, stage.by, role)))
        elif role is not _CLOSED:
            continue
        elif closed and closed[-1][1] == start:
            closed[-1] = closed[-1]._replace(end=end)
        else:
            closed.append(pause_of((start, end, stage.label, stage.holder, stage.by, role)))
    return tuple(waits), tuple(closed)
