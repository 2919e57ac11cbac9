"""Generated tickets and promises, told twice: to the oracle in steps, to the clock in milliseconds.

A scene is made by a `Pick`, which chooses a number: Hypothesis does it where a failure must shrink, a random generator
where there must be many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from clock import machine_oracle as oracle
from clock.verdict_oracle import told
from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import (
    IN_WAITING,
    Condition,
    Definition,
    Event,
    EventKind,
    InPlace,
    Metric,
    Owned,
    PauseRule,
    Place,
    PlaceKind,
    PropertyIs,
)
from hubspot_sla.clock.promise import (
    ChangeRules,
    Clock,
    Kind,
    Late,
    OnChange,
    Promise,
    PromiseChange,
    Reopen,
    ReopenWithin,
    Threshold,
    Unanswered,
)
from hubspot_sla.clock.timeline import (
    ClosingKind,
    Message,
    OwnerChange,
    PropertyChange,
    Role,
    StageChange,
    Timeline,
)

if TYPE_CHECKING:
    from clock.verdict_oracle import Told
    from hubspot_sla.clock.verdict import Verdict

Pick = Callable[[int, int], int]
"""A number from the first to the second, both included."""

STEP_MS = 15 * 60_000
STEPS = 4 * 96
AHEAD = 40 * 96
ZONES = [
    ("Europe/Berlin", "2026-03-28"),
    ("Europe/Berlin", "2026-10-24"),
    ("America/New_York", "2026-10-31"),
    ("America/St_Johns", "2026-03-07"),  # half an hour beside the others
    ("Australia/Lord_Howe", "2026-04-04"),  # half an hour of summer time
    ("Australia/Adelaide", "2026-10-03"),
    ("America/Santiago", "2026-09-05"),  # southern, at midnight
    ("Asia/Kolkata", "2026-11-20"),
    ("Pacific/Auckland", "2026-09-26"),
    ("UTC", "2026-11-20"),
]
HOURS = ((8 * 60, 12 * 60), (13 * 60, 18 * 60))
SATURDAY = ((10 * 60, 14 * 60),)
ROLES = {"New": "open", "Desk": "open", "Bank": "waiting", "Done": "closed", "Gone": "closed", "Wait": "waiting"}
NAMES = sorted(ROLES)
DEFINED = "defined"
METRICS = [*(metric.value for metric in Metric), "stage_total", DEFINED, DEFINED, DEFINED, DEFINED]


class Steps(tuple[bool, ...]):
    """Open or not, step by step; too long to print."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "always" if all(self) else "office hours"


@dataclass(frozen=True)
class World:
    """One zone around a day on which its clocks change: a calendar of ours, and the same step by step."""

    calendar: Calendar
    base: int
    open: Steps


def _world(name: str, day: str) -> World:
    zone = ZoneInfo(name)
    first = datetime.fromisoformat(day).replace(tzinfo=zone)
    base = int(first.timestamp()) * 1000
    calendar = Calendar(
        name,
        zone,
        {**{weekday: tuple(Hours(*span) for span in HOURS) for weekday in range(5)}, 5: (Hours(*SATURDAY[0]),)},
    )
    shown = (datetime.fromtimestamp((base + step * STEP_MS) / 1000, zone) for step in range(STEPS + AHEAD))
    return World(calendar, base, Steps(_is_open(at) for at in shown))


def _is_open(at: datetime) -> bool:
    spans = HOURS if at.weekday() < 5 else SATURDAY if at.weekday() == 5 else ()
    return any(start <= at.hour * 60 + at.minute < end for start, end in spans)


WORLDS = [_world(*zone) for zone in ZONES]
ALWAYS_OPEN = Steps([True] * (STEPS + AHEAD))

RULES = ("recalculate", "recalculate", "keep", "restart")
REOPENINGS = ("resume", "resume", "restart", "ignore", "count", "within")
CLOSINGS = ("ordinary", "ordinary", "ordinary", "spam", "duplicate", "cancelled")
CONDITIONS: tuple[oracle.Condition, ...] = (
    ("in", "Desk", ""),
    ("in", "Bank", ""),
    ("role", "waiting", ""),
    ("is", "flag", "yes"),
    ("owned", "", ""),
)
EVENTS = (
    *(oracle.Event(kind) for kind in ("owner_set", "customer", "agent", "reply", "first_reply", "note", "reopened")),
    *(oracle.Event(kind, place) for kind in ("entered", "left") for place in ("Desk", "Bank")),
    oracle.Event("became", ("flag", "yes")),
    oracle.Event("date", "planned"),
)
STARTS = (oracle.Event("created"), *EVENTS)
STOPS = (oracle.Event("closed"), *EVENTS)


# drawing


def one_in(pick: Pick, count: int) -> bool:
    return pick(1, count) == 1


def pick_events(pick: Pick, pool: tuple[oracle.Event, ...], least: int, most: int) -> tuple[oracle.Event, ...]:
    events = []
    for _ in range(pick(least, most)):
        if one_in(pick, 6):
            events.append(oracle.Event("holds", CONDITIONS[pick(0, len(CONDITIONS) - 1)]))
            continue
        event = pool[pick(0, len(pool) - 1)]
        conditional = event.kind not in ("created", "closed") and one_in(pick, 5)
        events.append(replace(event, while_=(CONDITIONS[pick(0, len(CONDITIONS) - 1)],)) if conditional else event)
    return tuple(dict.fromkeys(events))


def pick_definition(pick: Pick, metric: str) -> oracle.Definition:
    if metric != DEFINED:
        return oracle.built_in(metric, "Desk" if metric == "first_response" and one_in(pick, 4) else "")
    return oracle.Definition(
        pick_events(pick, STARTS, 1, 2),
        pick_events(pick, STOPS, 0, 2),
        pick_events(pick, EVENTS, 0, 1),
        pick_events(pick, EVENTS, 1, 1) if one_in(pick, 4) else (),
        each=one_in(pick, 2),
        runs_on=one_in(pick, 5),
    )


def pick_pauses(pick: Pick) -> tuple[oracle.Wait, ...]:
    if one_in(pick, 2):
        return oracle.IN_WAITING if one_in(pick, 2) else ()
    waits = []
    for _ in range(pick(1, 2)):
        least = pick(1, 20) if one_in(pick, 2) else 0
        greatest = least + pick(1, 30) if one_in(pick, 2) else None
        waits.append(oracle.Wait(CONDITIONS[pick(0, len(CONDITIONS) - 1)], least, greatest))
    return tuple(waits)


def pick_terms(pick: Pick, world: World, metric: str, definition: oracle.Definition) -> oracle.Terms:
    budget = pick(1, 120) // pick(1, 4) + 1
    reopen = REOPENINGS[pick(0, len(REOPENINGS) - 1)]
    within = reopen == "within"
    return oracle.Terms(
        ("gold", "silver")[pick(0, 1)],
        budget,
        ALWAYS_OPEN if one_in(pick, 4) else world.open,
        pauses=() if metric.startswith("stage") else pick_pauses(pick),
        resume=one_in(pick, 2),
        on_change=RULES[pick(0, 3)],
        reopen=reopen,
        window=pick(1, 60) if within else 0,
        then=("restart", "ignore")[pick(0, 1)] if within else "ignore",
        missed_unanswered=one_in(pick, 2),
        late_in_business_time=one_in(pick, 4),
        at_risk=budget * pick(0, 3) // 3 if pick(0, 3) else None,
        definition=definition,
    )


def pick_ticket(pick: Pick) -> oracle.Ticket:
    created = pick(0, STEPS // 2)
    stages = [(created, "open", "New")]
    for at in sorted(pick(created, STEPS - 1) for _ in range(pick(0, 6))):
        place = NAMES[pick(0, len(NAMES) - 1)]
        stages.append((at, ROLES[place], place))
    if len(stages) > 1 and stages[1][0] == created:
        stages = [stages[0], *(stage for stage in stages[1:] if stage[0] > created)]

    def several() -> list[int]:
        """Often in one instant with a move."""
        count = pick(0, 3)
        places = [pick(0, 12) for _ in range(count)]
        return sorted(stages[place][0] if place < len(stages) else pick(created, STEPS - 1) for place in places)

    return oracle.Ticket(
        stages,
        owners=[(at, pick(0, 3) > 0) for at in several()],
        replies=several(),
        notes=several(),
        customers=several(),
        values={
            "flag": [(at, ("yes", "no", "")[pick(0, 2)]) for at in several()],
            "planned": [(at, str(pick(0, STEPS - 1)) if pick(0, 3) else "") for at in several()],
        },
        closing=CLOSINGS[pick(0, len(CLOSINGS) - 1)],
    )


def pick_scene(pick: Pick, metrics: list[str] | None = None) -> Scene:
    world = WORLDS[pick(0, len(WORLDS) - 1)]
    names = metrics or METRICS
    metric = names[pick(0, len(names) - 1)]
    ticket = pick_ticket(pick)
    definition = pick_definition(pick, metric)
    changes: list[tuple[int, oracle.Terms | None]] = [(ticket.created, pick_terms(pick, world, metric, definition))]
    for turn in sorted({pick(ticket.created + 1, STEPS - 1) for _ in range(pick(0, 3))}):
        if one_in(pick, 6):
            definition = pick_definition(pick, metric)
        changes.append((turn, pick_terms(pick, world, metric, definition) if pick(0, 3) else None))
    return Scene(world, ticket, metric, changes)


@st.composite
def scenes(draw: st.DrawFn, metrics: list[str] | None = None) -> Scene:
    return pick_scene(lambda least, most: draw(st.integers(least, most)), metrics)


def random_scene(seed: int) -> Scene:
    return pick_scene(Random(seed).randint)  # noqa: S311 - nothing here is secret


# the same for the clock


@dataclass(frozen=True)
class Equals:
    """A matcher for one value."""

    value: str

    def accepts(self, value: str | None) -> bool:
        return value == self.value


def condition_of(condition: oracle.Condition) -> Condition:
    kind, what, value = condition
    if kind == "is":
        return PropertyIs(what, Equals(value))
    if kind == "owned":
        return Owned()
    return InPlace(Place(what, PlaceKind.ROLE if kind == "role" else PlaceKind.ANY))


KINDS = {
    "customer": EventKind.CUSTOMER_MESSAGE,
    "agent": EventKind.AGENT_MESSAGE,
    "reply": EventKind.AGENT_REPLY,
    "date": EventKind.DATE_REACHED,
    "holds": EventKind.CONDITION,
}


def event_of(event: oracle.Event) -> Event:
    kind = KINDS.get(event.kind) or EventKind(event.kind)
    while_ = tuple(map(condition_of, event.while_))
    match event.kind:
        case "entered" | "left":
            return Event(kind, Place(str(event.what)), while_=while_)
        case "date":
            return Event(kind, property=str(event.what), while_=while_)
        case "became":
            return Event(kind, condition=PropertyIs(event.what[0], Equals(event.what[1])), while_=while_)
        case "holds":
            return Event(kind, condition=condition_of(event.what))  # type: ignore[arg-type]
    return Event(kind, while_=while_)


def definition_of(definition: oracle.Definition) -> Definition:
    return Definition(
        tuple(map(event_of, definition.starts)),
        tuple(map(event_of, definition.stops)),
        tuple(map(event_of, definition.resets)),
        tuple(map(event_of, definition.after)),
        first_only=not definition.each,
        notices_closing=not definition.runs_on,
        adds_up=definition.adds_up,
    )


def pauses_of(pauses: tuple[oracle.Wait, ...]) -> tuple[PauseRule, ...]:
    if pauses == oracle.IN_WAITING:
        return IN_WAITING
    return tuple(
        PauseRule(
            condition_of(wait.condition),
            wait.least * STEP_MS,
            None if wait.greatest is None else wait.greatest * STEP_MS,
        )
        for wait in pauses
    )


@dataclass
class Scene:
    world: World
    ticket: oracle.Ticket
    metric: str
    changes: oracle.Changes

    @property
    def clock(self) -> Clock:
        metric = self.metric.removesuffix("_total")
        return Clock(Kind.SLA, metric, "Bank" if metric == "stage" else "", total=metric != self.metric)

    def at(self, step: int) -> int:
        return self.world.base + step * STEP_MS

    def timeline(self, now: int) -> Timeline:
        """The facts up to `now`, given to the clock."""
        ticket = self.ticket.until(now)
        replies = tuple(Message(self.at(step)) for step in dict.fromkeys(ticket.replies))
        notes = [Message(self.at(step), answers=False) for step in ticket.notes]
        return Timeline(
            self.at(ticket.created),
            tuple(self._stage(*stage) for stage in ticket.stages),
            owners=tuple(OwnerChange(self.at(at), "7" if owned else "") for at, owned in ticket.owners),
            first_replies=replies[:1],
            agent_messages=tuple(sorted((*notes, *replies), key=lambda message: message.at)),
            customer_messages=tuple(Message(self.at(step)) for step in ticket.customers),
            properties={
                "flag": tuple(
                    PropertyChange(self.at(at), value or None) for at, value in ticket.values.get("flag", ())
                ),
                "planned": tuple(
                    PropertyChange(self.at(at), str(self.at(int(value))) if value else None)
                    for at, value in ticket.values.get("planned", ())
                ),
            },
        )

    def _stage(self, step: int, role: str, place: str) -> StageChange:
        closing = ClosingKind(self.ticket.closing if role == "closed" else "ordinary")
        return StageChange(self.at(step), Role(role), place, name=place, closing=closing)

    def promises(self) -> list[PromiseChange]:
        return [PromiseChange(self.at(step), self._promise(terms), "because") for step, terms in self.changes]

    def _promise(self, terms: oracle.Terms | None) -> Promise | None:
        if terms is None:
            return None
        within = ReopenWithin(terms.window * STEP_MS, Reopen(terms.then))
        return Promise(
            self.clock.metric,
            terms.name,
            f"{terms.budget} steps",
            terms.budget * STEP_MS,
            ALWAYS if terms.open is ALWAYS_OPEN else self.world.calendar,
            pauses_of(terms.pauses),
            terms.resume,
            place=self.clock.place,
            total=self.clock.total,
            at_risk=() if terms.at_risk is None else (Threshold("", terms.at_risk * STEP_MS),),
            on_change=ChangeRules(policy=OnChange(terms.on_change)),
            reopen=within if terms.reopen == "within" else Reopen(terms.reopen),
            close_without_reply=Unanswered.MISSED if terms.missed_unanswered else Unanswered.NOT_APPLICABLE,
            late=Late.BUSINESS_TIME if terms.late_in_business_time else Late.INSTANT,
            definition=definition_of(terms.definition),
        )

    def judged(self, now: int) -> Verdict:
        return judge(self.timeline(now), self.clock, self.promises(), self.at(now))

    def expected(self, now: int) -> list[Told]:
        """What the oracle says of the clock's cycles as of `now`."""
        return [one for _, one in told(self.ticket.until(now), self.known(now), now)]

    def known(self, now: int) -> oracle.Changes:
        """The changes that have come by `now`."""
        return [(at, terms) for at, terms in self.changes if at <= now] or self.changes[:1]
