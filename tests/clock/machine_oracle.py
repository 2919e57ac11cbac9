"""A slow, obviously right machine: it walks from quarter hour to quarter hour and does what the rules say.

It shares no code with the clock. Instants are step numbers; every fact lies on a step. Business time is asked of
the wall clock of the zone, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

NEVER = 10**9


@dataclass
class Terms:
    """A promise: `budget` in steps; `open_at(step)` says whether the step that begins there is business time."""

    name: str
    budget: int
    open: tuple[bool, ...] = field(repr=False)
    pauses: bool = False
    resume: bool = True
    on_change: str = "recalculate"
    reopen: str = "resume"
    missed_unanswered: bool = False
    starts_in: str = ""
    at_risk: int | None = None


@dataclass
class Ticket:
    """What happened: stages are (step, role, place); the first is the creation."""

    stages: list[tuple[int, str, str]]
    owners: list[tuple[int, bool]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    notes: list[int] = field(default_factory=list)
    customers: list[int] = field(default_factory=list)
    shown: list[tuple[str, str, int]] = field(init=False, repr=False)
    """For each step: the role and the place of the stage, and when the stay began."""

    def __post_init__(self) -> None:
        self.shown = []
        for at, role, place in self.stages:  # moves within one step leave only the last
            del self.shown[at:]
            self.shown += [self.shown[-1] if self.shown else (role, place, at)] * (at - len(self.shown))
            self.shown.append((role, place, at))

    @property
    def created(self) -> int:
        return self.stages[0][0]

    def stage_at(self, step: int) -> tuple[str, str, int]:
        return self.shown[min(step, len(self.shown) - 1)]

    def is_closed(self, step: int) -> bool:
        return step >= self.created and self.stage_at(step)[0] == "closed"


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


def terms_at(changes: list[tuple[int, Terms | None]], step: int) -> Terms:
    """What was promised, or else was promised before, or else first."""
    promised = [(at, terms) for at, terms in changes if terms is not None]
    before = [terms for at, terms in promised if at <= step]
    return (before or [promised[0][1]])[-1]


class Machine:
    """Walks through one ticket for one metric and leaves its runs behind."""

    def __init__(self, ticket: Ticket, metric: str, changes: list[tuple[int, Terms | None]], now: int) -> None:
        self.ticket, self.metric, self.changes, self.now = ticket, metric, changes, now
        self.runs: list[Run] = []
        self.live: Run | None = None
        self.wanted = self.finished = self.answered_once = False
        for step in range(ticket.created, now + 1):
            self.step(step)
        if self.live is not None and self.live.suspended is not None:
            self.leave(self.live, self.live.suspended)

    def step(self, step: int) -> None:
        ticket = self.ticket
        creation = step == ticket.created
        if creation and self.metric in ("assignment", "first_response", "update", "resolution") and not self.handed():
            self.begin(step)
        if self.stops(step):
            self.stop(step, creation=creation)
        was, is_ = (not creation and ticket.is_closed(step - 1)), ticket.is_closed(step)
        if is_ and not was and self.live is not None:
            self.live.suspended = step
        if was and not is_ and not self.finished:
            self.reopen(step)
        if self.starts(step) and not self.finished:
            if is_:
                self.wanted = True
            elif self.live is None:
                self.begin(step)

    def handed(self) -> bool:
        replies = [at for at in self.ticket.replies if at <= self.now]
        return self.metric == "first_response" and bool(
            terms_at(self.changes, replies[0] if replies else self.now).starts_in
        )

    def begin(self, step: int) -> None:
        if self.metric in ("assignment", "first_response") and any(run.stop is not None for run in self.runs):
            return
        self.live = Run(step)
        self.runs.append(self.live)

    def stops(self, step: int) -> bool:
        ticket = self.ticket
        match self.metric:
            case "assignment":
                return any(at == step and owned for at, owned in ticket.owners)
            case "first_response" | "next_response":
                return step in ticket.replies
            case "update":
                return step in ticket.replies or step in ticket.notes
        return False

    def starts(self, step: int) -> bool:
        match self.metric:
            case "next_response":
                return self.answered_once and step in self.ticket.customers
            case "update":
                return step > self.ticket.created and self.stops(step)
            case "first_response" if self.handed() and not self.runs:
                return self.ticket.stage_at(step)[1] == terms_at(self.changes, self.now).starts_in
        return False

    def stop(self, step: int, *, creation: bool) -> None:
        if self.metric in ("first_response", "next_response"):
            self.answered_once = True
        if self.metric == "next_response":
            self.wanted = False
        run = self.live
        if run is None or (creation and self.metric == "update"):
            return
        if run.suspended is None:
            run.stop, self.live = step, None
        elif run.answered is None:
            run.answered = step

    def leave(self, run: Run, at: int) -> None:
        if self.metric == "resolution":
            run.stop = at
        else:
            run.end = at
        self.live = None

    def reopen(self, step: int) -> None:
        rule, run = terms_at(self.changes, step).reopen, self.live
        if rule == "ignore":
            self.finished = True
            if run is not None and run.suspended is not None:
                self.leave(run, run.suspended)
            return
        if run is not None and run.suspended is not None:
            at, answered = run.suspended, run.answered
            run.suspended = None
            if rule == "restart":
                self.leave(run, at)
                if answered is None:
                    self.begin(step)
            elif answered is not None:
                run.stop, self.live = answered, None
        if self.wanted and self.live is None:
            self.begin(step)
        self.wanted = False


def stays(ticket: Ticket, place: str, now: int) -> list[Run]:
    runs: list[Run] = []
    inside = False
    for step in range(ticket.created, now + 1):
        here = ticket.stage_at(step)[1] == place
        if here and not inside:
            runs.append(Run(step))
        if inside and not here:
            runs[-1].stop = step
        inside = here
    return runs


def total(ticket: Ticket, place: str, now: int) -> list[Run]:
    """All stays as one: from the first to the last."""
    runs = stays(ticket, place, now)
    return [Run(runs[0].start, runs[-1].stop)] if runs else []


@dataclass(frozen=True)
class Standing:
    """When a clock stands still whatever was promised: while closed; one of a stage never, its total elsewhere."""

    ticket: Ticket
    stage: bool = False
    total_of: str = ""

    def suspended(self, step: int) -> bool:
        if self.total_of:
            return self.ticket.stage_at(step)[1] != self.total_of
        return not self.stage and self.ticket.is_closed(step)


@dataclass
class Told:
    status: str
    start: int
    due: int | None
    breached: int | None
    withdrawn: list[tuple[int, int]]
    at_risk: int | None
    terms: Terms | None = None
    promised: int = 0
    """Since when these terms have counted for the run."""


class Counter:
    """How much has run under one promise since `start`, and when its budget was used up."""

    def __init__(self, terms: Terms, run: Run, start: int, standing: Standing) -> None:
        self.terms, self.ticket, self.run, self.start, self.standing = terms, standing.ticket, run, start, standing

    def held(self, step: int) -> bool:
        if step >= self.run.over:
            return False
        if self.standing.suspended(step):
            return True
        role, _, since = self.ticket.stage_at(step)
        if self.standing.stage or role != "waiting" or not self.terms.pauses:
            return False
        return not (self.terms.resume and any(since < at <= step for at in self.ticket.customers))

    def reached(self, budget: int, last: int) -> int | None:
        """The first step at which `budget` has run; None where a hold lasts at `last`, the newest step known."""
        count, step = 0, self.start
        while count < budget:
            if step >= last and self.held(last):
                return None
            if self.terms.open[step] and not self.held(min(step, last)):
                count += 1
            step += 1
        return step


def judge_run(run: Run, standing: Standing, changes: list[tuple[int, Terms | None]], now: int) -> Told:
    """What is to be said of one run as of `now`."""
    over = run.over
    last = min(over, now)
    start, breached = run.start, None
    withdrawn: list[tuple[int, int]] = []
    terms: Terms | None = None
    ever: Terms | None = None
    promised = run.start
    due: int | None = None
    pending: list[tuple[int, Terms | None]] = []
    for step in range(run.start, last + 1):
        first = step == run.start
        pending += [(at, new) for at, new in changes if at == step] if not first else []
        if first:
            pending = [(at, new) for at, new in changes if at <= step][-1:] or [changes[0]]
        held_back = standing.suspended(step) and not first
        if pending and not held_back and step <= now and (first or step < over):
            new = pending[-1][1]
            pending = []
            rule = (new or terms).on_change if (new or terms) is not None else "recalculate"
            if first or terms is None or rule != "keep":
                terms = new
                if new is not None:
                    if not first and ever is not None and rule == "restart":
                        start = step
                    ever, promised = new, step
                    due = Counter(new, run, start, standing).reached(new.budget, last)
                    if breached is not None and (due is None or due >= step):
                        withdrawn.append((breached, step))
                        breached = None
        alive = (step < last or over > now) and not standing.suspended(step)
        if alive or step == over:
            overdue = due is not None and (due < step or (due == step and step < last))
            if terms is not None and breached is None and overdue:
                breached = step
    told = conclude(run, standing, terms, ever, (start, due, breached), withdrawn, last, now)
    told.terms, told.promised = ever, promised
    return told


def conclude(
    run: Run,
    standing: Standing,
    terms: Terms | None,
    ever: Terms | None,
    found: tuple[int, int | None, int | None],
    withdrawn: list[tuple[int, int]],
    last: int,
    now: int,
) -> Told:
    start, due, breached = found
    late = breached is not None
    at_risk = None
    if ever is None:
        status = "no_sla"
    elif terms is None:
        status = "missed" if late else "not_applicable"
    elif run.stop is not None:
        status = "missed" if late else "met"
    elif run.end is not None:
        if not late and terms.missed_unanswered:
            late, breached = True, run.end
        status = "missed" if late else "not_applicable"
    else:
        counter = Counter(terms, run, start, standing)
        if terms.at_risk is not None:
            at_risk = counter.reached(terms.at_risk, last)
        if late:
            status = "breached"
        elif due is None:
            status = "paused"
        else:
            status = "at_risk" if at_risk is not None and at_risk <= now else "running"
    return Told(status, start, due, breached, withdrawn, at_risk)
