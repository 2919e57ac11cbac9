"""Tickets, promises and verdicts in few words, for the tests of the clock. 2026-11-23 is a Monday."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Cause, Clock, Kind, Promise, PromiseChange
from hubspot_sla.clock.timeline import Message, OwnerChange, Role, StageChange, Timeline

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Verdict

MINUTE = 60_000
HOUR = 3_600_000
OFFICE = Calendar("office", ZoneInfo("Europe/Berlin"), {day: (Hours(9 * 60, 17 * 60),) for day in range(5)})


def at(text: str) -> int:
    """`11-23 10:00`, UTC, in 2026."""
    moment = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


CREATED = at("11-23 10:00")


def promise(hours: float = 4, metric: Metric = Metric.RESOLUTION, calendar: Calendar = ALWAYS, **terms: Any) -> Promise:
    pauses = terms.pop("pauses", metric in (Metric.UPDATE, Metric.RESOLUTION))
    pauses = IN_WAITING if pauses is True else pauses or ()
    policy = terms.pop("policy", "gold")
    return Promise(metric, policy, f"{hours}h", int(hours * HOUR), calendar, pauses, **terms)


def always(hours: float = 4, metric: Metric = Metric.RESOLUTION, **terms: Any) -> list[PromiseChange]:
    """One promise from the creation on."""
    return [PromiseChange(0, promise(hours, metric, **terms))]


def changed(*turns: tuple[str, Promise | None], cause: Cause = Cause.PRIORITY, first: Promise) -> list[PromiseChange]:
    """`first` from the creation on, then each promise from its instant on."""
    later = [PromiseChange(at(when), terms, "the priority became LOW", cause, "CRM_UI") for when, terms in turns]
    return [PromiseChange(0, first), *later]


def ticket(
    *stages: tuple[str, Role | str | None],
    replies: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
    customers: tuple[str, ...] = (),
    owners: tuple[str, ...] = (),
    **rest: Any,
) -> Timeline:
    """Created on Monday at 10:00 UTC in an open stage. A stage is a role, or the name of an open one."""
    answers = tuple(Message(at(when), "test") for when in replies)
    told = [Message(at(when), "test", answers=False) for when in notes]
    return Timeline(
        CREATED,
        (StageChange(CREATED, Role.OPEN, "New"), *(_stage(when, role) for when, role in stages)),
        owners=tuple(OwnerChange(at(when), "7") for when in owners),
        first_replies=answers,
        agent_messages=tuple(sorted((*answers, *told), key=lambda said: said.at)),
        customer_messages=tuple(Message(at(when), "test") for when in customers),
        **rest,
    )


def _stage(when: str, role: Role | str | None) -> StageChange:
    if role is None:
        return StageChange(at(when), None, "Odd")
    if isinstance(role, Role):
        return StageChange(at(when), role, role.value)
    return StageChange(at(when), Role.OPEN, role, holder=f"{role} team")


def judged(timeline: Timeline, changes: list[PromiseChange], now: str | int) -> Verdict:
    """The verdict on the clock these promises speak of."""
    clock = next((change.promise.clock for change in changes if change.promise), Clock(Kind.SLA, Metric.RESOLUTION))
    return judge(timeline, clock, changes, at(now) if isinstance(now, str) else now)
