"""A slow, obviously right machine: it walks through the quarter hours in which anything happens and does what the
rules say.

It shares no code with the clock. Instants are step numbers; every fact lies on a step. Business time is asked of
the wall clock of the zone, step by step.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

NEVER = 10**9
COUNTED: dict[int, list[int]] = {}
"""How many steps are business time before each step, by the identity of the hours."""
Condition = tuple[str, str, str]
"""("in", place, ""), ("role", role, ""), ("is", property, value) or ("owned", "", "")."""


@dataclass(frozen=True)
class Event:
    """`kind` and `what` are: created, closed, reopened, owner_set, customer, agent, reply, first_reply, note, each
    with ""; entered and left with a place; became with (property, value); date with a property; or "holds" with a
    condition."""

    kind: str
    what: str | tuple[str, ...] = ""
    while_: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Definition:
    """What a metric times."""

    starts: tuple[Event, ...]
    stops: tuple[Event, ...] = ()
    resets: tuple[Event, ...] = ()
    after: tuple[Event, ...] = ()
    each: bool = False
    runs_on: bool = False
    adds_up: bool = False
    """All stays in the place of its start are one run; the time elsewhere does not count."""

    @property
    def closing_stops(self) -> bool:
        return any(stop.kind == "closed" for stop in self.stops)

    @property
    def waits_for_a_reply(self) -> bool:
        return any(stop.kind in ("agent", "reply", "first_reply") for stop in self.stops)


def built_in(metric: str, starts_in: str = "") -> Definition:
    created = (Event("created"),)
    match metric:
        case "assignment":
            return Definition(created, (Event("holds", ("owned", "", "")),))
        case "first_response":
            return Definition((Event("entered", starts_in),) if starts_in else created, (Event("first_reply"),))
        case "next_response":
            return Definition((Event("customer"),), (Event("reply"),), after=(Event("reply"),), each=True)
        case "update":
            return Definition(created, resets=(Event("agent"),))
        case "resolution":
            return Definition(created, (Event("closed"),))
    total = metric == "stage_total"
    return Definition((Event("entered", "Bank"),), (Event("left", "Bank"),), each=True, runs_on=True, adds_up=total)


@dataclass(frozen=True)
class Wait:
    """A pause rule: the clock stands still while the condition holds, from `least` steps of business time of each wait
    on, up to `greatest`."""

    condition: Condition
    least: int = 0
    greatest: int | None = None


IN_WAITING = (Wait(("role", "waiting", "")),)


@dataclass
class Terms:
    """A promise: `budget` in steps; `open[step]` says whether the step that begins there is business time."""

    name: str
    budget: int
    open: tuple[bool, ...] = field(repr=False)
    pauses: tuple[Wait, ...] = ()
    resume: bool = True
    on_change: str = field(default="recalculate", compare=False)
    reopen: str = "resume"
    window: int = 0
    """Of `reopen: within`: how long it resumes, in steps of business time; afterwards `then` counts."""
    then: str = "ignore"
    missed_unanswered: bool = False
    late_in_business_time: bool = False
    at_risk: int | None = None
    definition: Definition = field(default_factory=lambda: built_in("resolution"))

    def business(self, start: int, end: int) -> int:
        """How many steps of business time there are from one step to another."""
        counted = COUNTED.setdefault(id(self.open), [])
        if not counted:
            counted += itertools.accumulate(self.open, initial=0)
        return counted[end] - counted[start]

    def after_business(self, start: int, length: int) -> int:
        """The first step at which `length` steps of business time have run since `start`."""
        step, count = start, 0
        while count < length:
            count += self.open[step]
            step += 1
        return step

    def reopening(self, closed: int, reopened: int) -> str:
        if self.reopen != "within":
            return self.reopen
        return "resume" if reopened <= self.after_business(closed, self.window) else self.then

    def late_after(self, due: int) -> int:
        """The last step at which a stop is in time."""
        while self.late_in_business_time and not self.open[due]:
            due += 1
        return due


Changes = list[tuple[int, Terms | None]]


@dataclass
class Ticket:
    """What happened: stages are (step, role, place); the first is the creation. `values` are the changes of properties;
    a value of a property that holds a date is the step as text. `closing` says why it was closed, if it is."""

    stages: list[tuple[int, str, str]]
    owners: list[tuple[int, bool]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    values: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    closing: str = "ordinary"
    known: dict[tuple[Condition, int], bool] = field(init=False, repr=False, default_factory=dict)
    """What `holds` has answered before."""
    created: int = field(init=False, repr=False)
    shown: list[tuple[str, str, int]] = field(init=False, repr=False)
    """For each step: the role and the place of the stage, and when the stay began."""

    def __post_init__(self) -> None:
        self.created = self.stages[0][0]
        self.shown = []
        for at, role, place in self.stages:  # moves within one step leave only the last
            del self.shown[at:]
            self.shown += [self.shown[-1] if self.shown else (role, place, at)] * (at - len(self.shown))
            stays_there = at > self.created and self.shown[at - 1][:2] == (role, place)
            self.shown.append((role, place, self.shown[at - 1][2] if stays_there else at))

    def until(self, now: int) -> Ticket:
        """The ticket as it is known at `now`."""
        return Ticket(
            [stage for stage in self.stages if stage[0] <= now],
            [change for change in self.owners if change[0] <= now],
            [at for at in self.replies if at <= now],
            [at for at in self.notes if at <= now],
            [at for at in self.customers if at <= now],
            {name: [change for change in changes if change[0] <= now] for name, changes in self.values.items()},
            self.closing,
        )

    def busy(self, changes: Changes, now: int) -> list[int]:
        """The steps up to `now` in which anything happens, the creation first: what holds after one holds up to the
        next, so nothing starts or stops in between."""
        dates = (max(int(value), at) for changes in self.values.values() for at, value in changes if value.isdigit())
        told = (at for facts in (self.stages, self.owners, *self.values.values(), changes) for at, *_ in facts)
        steps = {*told, *dates, *self.replies, *self.notes, *self.customers}
        return [self.created, *sorted(step for step in steps if self.created < step <= now)]

    def stage_at(self, step: int) -> tuple[str, str, int]:
        return self.shown[min(step, len(self.shown) - 1)]

    def is_closed(self, step: int) -> bool:
        return step >= self.created and self.stage_at(step)[0] == "closed"

    def value(self, name: str, step: int) -> str:
        return ([value for at, value in self.values.get(name, []) if at <= step] or [""])[-1]

    def owned(self, step: int) -> bool:
        return ([owned for at, owned in self.owners if at <= step] or [False])[-1]

    def holds(self, condition: Condition, step: int) -> bool:
        """Whether it is so after everything that happened in the step."""
        key = (condition, step)
        if key not in self.known:
            self.known[key] = step >= self.created and self._holds(condition, step)
        return self.known[key]

    def _holds(self, condition: Condition, step: int) -> bool:
        kind, what, value = condition
        match kind:
            case "in":
                return self.stage_at(step)[1] == what
            case "role":
                return self.stage_at(step)[0] == what
            case "is":
                return self.value(what, step) == value
        return self.owned(step)

    def reached(self, name: str, step: int) -> bool:
        """Whether a date that the property holds is reached in this step: now, or it was past when it was set."""
        changes = self.values.get(name, [])
        for place, (at, value) in enumerate(changes):
            if value and max(int(value), at) == step:
                later = changes[place + 1][0] if place + 1 < len(changes) else NEVER
                if later > step:
                    return True
        return False

    def closings(self, now: int) -> list[tuple[int, int | None]]:
        """(closed, reopened) as of `now`; the last may still last."""
        found: list[tuple[int, int | None]] = []
        for step in range(self.created, now + 1):
            was, is_ = step > self.created and self.is_closed(step - 1), self.is_closed(step)
            if is_ and not was:
                found.append((step, None))
            if was and not is_:
                found[-1] = (found[-1][0], step)
        return found


@dataclass
class Run:
    start: int
    stop: int | None = None
    end: int | None = None
    suspended: int | None = None
    answered: int | None = None

    @property
    def over(self) -> int:
        return min(at if at is not None else NEVER for at in (self.stop, self.end))


def terms_at(changes: Changes, step: int) -> Terms:
    """What was promised, or else was promised before, or else first."""
    promised = [(at, terms) for at, terms in changes if terms is not None]
    before = [terms for at, terms in promised if at <= step]
    return (before or [promised[0][1]])[-1]


def redefined(ticket: Ticket, changes: Changes, now: int) -> dict[int, Terms]:
    """The steps in which a definition takes effect, in order. While the ticket is closed none does: the newest waits
    for the reopening. Where the definition in force ignores a reopening that has been, nothing takes effect any more.
    """
    found: dict[int, Terms] = {}
    waiting: Terms | None = None
    current = terms_at(changes, ticket.created).definition
    for step in ticket.busy(changes, now)[1:]:
        waiting = ([waiting] + [terms for at, terms in changes if at == step and terms is not None])[-1]
        if waiting is None or ticket.is_closed(step):
            continue
        closings = [] if current.runs_on else ticket.closings(step)
        rules = [terms_at(changes, end).reopening(start, end) for start, end in closings if end is not None]
        if "ignore" in rules:
            break
        found[step], current, waiting = waiting, waiting.definition, None
    return found


class Machine:
    """Walks through one ticket for one metric and leaves its runs behind. `changes` are those known at `now`."""

    def __init__(self, ticket: Ticket, changes: Changes, now: int) -> None:
        self.ticket, self.changes, self.now = ticket, changes, now
        self.redefined = redefined(ticket, changes, now)
        self.newest = ([terms_at(changes, ticket.created), *self.redefined.values()])[-1].definition
        closings = [] if self.newest.runs_on else ticket.closings(now)
        rules = {end: terms_at(changes, end).reopening(start, end) for start, end in closings if end is not None}
        self.rules = rules
        self.closings = [(start, end) for start, end in closings if end is None or rules[end] != "count"]
        self.begin_again(terms_at(changes, ticket.created).definition)
        for step in ticket.busy(changes, now):
            self.change(step)
            self.step(step)
        if self.newest.adds_up and self.runs:
            self.runs = [Run(self.runs[0].start, self.runs[-1].stop)]
        if self.live is not None and self.live.suspended is not None:
            self.leave(self.live, self.live.suspended, goal=self.newest.closing_stops and ticket.closing == "ordinary")

    def begin_again(self, definition: Definition) -> None:
        self.definition = self.running = definition
        self.runs: list[Run] = []
        self.live: Run | None = None
        self.wanted = self.finished = self.armed = False

    def change(self, step: int) -> None:
        """A change of the mappings may define the metric anew: then a run that goes on ends by the new definition, or
        by the old one where it is kept; where none has begun, it is as if the new one had always been so."""
        new = self.redefined.get(step)
        if new is None or new.definition == self.definition:
            return
        if self.runs:
            self.definition = new.definition
            if new.on_change != "keep" or self.live is None:
                self.running = self.definition
            self.armed = any(self.happened(event, at) for event in self.definition.after for at in range(step))
        else:
            self.begin_again(new.definition)
            for before in self.ticket.busy(self.changes, step - 1):
                self.step(before)

    def held_back(self, step: int) -> bool:
        """Whether a run has stopped in this step and may be resumed: closed, or elsewhere where stays are added up."""
        if self.newest.adds_up:
            return not self.ticket.holds(("in", str(self.newest.starts[0].what), ""), step)
        return self.closed(step)

    def closed(self, step: int) -> bool:
        return any(start <= step and (end is None or step < end) for start, end in self.closings)

    def step(self, step: int) -> None:
        ticket, definition = self.ticket, self.definition
        creation = step == ticket.created
        self.armed = self.armed or any(self.happened(event, step) for event in definition.after)
        may_start = self.armed or not definition.after
        if creation and may_start and Event("created") in [Event(event.kind) for event in definition.starts]:
            self.begin(step)
        reset = False
        if self.stops(step):
            self.stop(step)
        elif any(self.happens(event, step) for event in self.running.resets) and not creation:
            # One that was stopped while the ticket was closed is no longer running.
            reset = (self.live is not None and self.live.answered is None) or self.wanted
            self.stop(step, reset=True)
        was, is_ = (not creation and self.closed(step - 1)), self.closed(step)
        if is_ and not was and self.live is not None:
            self.live.suspended = step
        if was and not is_ and not self.finished:
            self.reopen(step)
        starts = may_start and any(self.happened(event, step) for event in definition.starts if event.kind != "created")
        if creation and self.runs:  # several starts in one instant are one
            starts = False
        if (reset or (starts and (definition.each or not self.runs))) and not self.finished:
            if is_ and not self.level(step):  # what is over before the reopening does not begin with it
                self.wanted = self.wanted or self.live is None or self.live.answered is not None
            elif not is_ and self.live is None:
                self.begin(step)

    def begin(self, step: int) -> None:
        self.live, self.wanted = Run(step), False
        self.running = self.definition
        self.runs.append(self.live)
        if self.level(step):
            self.live.stop, self.live = step, None

    def level(self, step: int) -> bool:
        return any(stop.kind == "holds" and self.ticket.holds(stop.what, step) for stop in self.running.stops)  # type: ignore[arg-type]

    def stops(self, step: int) -> bool:
        """Whether anything stops a run in this step: before whatever else happens in it, but for the creation."""
        if self.level(step):
            return True
        events = [stop for stop in self.running.stops if stop.kind not in ("holds", "closed")]
        return step > self.ticket.created and any(self.happens(stop, step) for stop in events)

    def happens(self, event: Event, step: int) -> bool:
        """In this step, under conditions that held before it."""
        return self.occurs(event, step) and all(self.ticket.holds(each, step - 1) for each in event.while_)

    def happened(self, event: Event, step: int) -> bool:
        """In this step, under conditions that hold after it."""
        return self.occurs(event, step) and all(self.ticket.holds(each, step) for each in event.while_)

    def occurs(self, event: Event, step: int) -> bool:
        ticket, kind, what = self.ticket, event.kind, event.what
        creation = step == ticket.created
        match kind:
            case "created":
                return creation
            case "customer":
                return step in ticket.customers
            case "agent":
                return step in ticket.replies or step in ticket.notes
            case "reply" | "first_reply":
                return step in ticket.replies
            case "note":
                return step in ticket.notes
            case "owner_set":
                return [owned for at, owned in ticket.owners if at == step][-1:] == [True]
            case "date":
                return ticket.reached(str(what), step)
            case "reopened":
                return step > ticket.created and ticket.is_closed(step - 1) and not ticket.is_closed(step)
        return self.turns(kind, what, step)

    def turns(self, kind: str, what: str | tuple[str, ...], step: int) -> bool:
        """Whether a condition begins or ceases to hold in this step."""
        condition = ("in", what, "") if kind in ("entered", "left") else ("is", *what) if kind == "became" else what
        before, after = (self.ticket.holds(condition, at) for at in (step - 1, step))  # type: ignore[arg-type]
        if kind == "left":
            return before and not after
        return after and not before and not (kind == "became" and step == self.ticket.created)

    def stop(self, step: int, *, reset: bool = False) -> None:
        if not reset:
            self.wanted = False
        run = self.live
        if run is None:
            return
        if run.suspended is None:
            run.stop, self.live = step, None
            self.running = self.definition  # a definition that was kept is kept for its run only
        elif run.answered is None:
            run.answered = step

    def leave(self, run: Run, at: int, *, goal: bool) -> None:
        if goal:
            run.stop = at
        else:
            run.end = at
        self.live = None

    def reopen(self, step: int) -> None:
        rule, run, goal = self.rules[step], self.live, self.newest.closing_stops
        if rule == "ignore":
            self.finished = True
            if run is not None and run.suspended is not None:
                self.leave(run, run.suspended, goal=goal)
            return
        if run is not None and run.suspended is not None:
            at, answered = run.suspended, run.answered
            run.suspended = run.answered = None
            if rule == "restart":
                self.leave(run, at, goal=goal)
                if answered is None:
                    self.begin_anew(step)
            elif answered is not None:
                run.stop, self.live = answered, None
        if self.wanted and self.live is None:
            self.begin(step)
        self.wanted = False

    def begin_anew(self, step: int) -> None:
        self.live = Run(step)
        self.runs.append(self.live)
