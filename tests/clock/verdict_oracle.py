"""What is to be said of a run of `machine_oracle` under its promises: counted out step by step.

It shares no code with the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from clock.machine_oracle import Changes, Condition, Machine, Run, Terms, Ticket


@dataclass
class Told:
    status: str
    start: int
    due: int | None
    breached: int | None
    withdrawn: list[tuple[int, int]]
    at_risk: int | None
    stopped: int | None = None
    ended: int | None = None
    terms: Terms | None = None
    promised: int = 0
    """Since when these terms have counted for the run."""


def told(ticket: Ticket, changes: Changes, now: int) -> list[tuple[Run, Told]]:
    """Every run of one clock as of `now`, without those for which nothing was ever promised. Both the ticket and the
    changes are as they are known at `now`."""
    machine = Machine(ticket, changes, now)
    marked_at = ticket.stage_at(now)[2]
    is_over = ticket.closing != "ordinary" and ticket.is_closed(now) and machine.newest.runs_on
    if is_over and marked_at < now:  # what does not notice closings is told as of this one
        known = [change for change in changes if change[0] <= marked_at] or changes[:1]
        return told(ticket.until(marked_at), known, marked_at)
    runs = [(run, judge_run(run, machine)) for run in machine.runs]
    return [(run, one) for run, one in runs if one.status != "no_sla"]


class Counter:
    """How much has run under one promise since `start`, and when its budget was used up."""

    def __init__(self, terms: Terms, ticket: Ticket, run: Run, start: int) -> None:
        self.terms, self.ticket, self.run, self.start = terms, ticket, run, start
        self.stands_still_when_closed = not terms.definition.runs_on and terms.reopen != "count"

    def held(self, step: int) -> bool:
        if step >= self.run.over:
            return False
        definition = self.terms.definition
        if definition.adds_up:
            return not self.ticket.holds(("in", str(definition.starts[0].what), ""), step)
        if self.ticket.is_closed(step) and self.stands_still_when_closed:
            return True
        return any(self.pauses(step, wait.condition, wait.least, wait.greatest) for wait in self.terms.pauses)

    def pauses(self, step: int, condition: Condition, least: int, greatest: int | None) -> bool:
        if not self.ticket.holds(condition, step):
            return False
        since = step
        if condition[0] in ("in", "role"):
            since = self.ticket.stage_at(step)[2]
            waiting = self.ticket.stage_at(step)[0] == "waiting"
            if waiting and self.terms.resume and any(since < at <= step for at in self.ticket.customers):
                return False
        else:
            while self.ticket.holds(condition, since - 1):
                since -= 1
        lasted = self.terms.business(since, step)
        return lasted >= least and (greatest is None or lasted < greatest)

    def reached(self, budget: int, last: int) -> int | None:
        """The first step at which `budget` has run; None where a hold lasts at `last`, the newest step known."""
        count, step = 0, self.start
        held_at_last = self.held(last)
        while count < budget:
            held = held_at_last if step >= last else self.held(step)
            if step >= last and held:
                return None
            if self.terms.open[step] and not held:
                count += 1
            step += 1
        return step


def judge_run(run: Run, machine: Machine) -> Told:
    """What is to be said of one run."""
    ticket, changes, now = machine.ticket, machine.changes, machine.now
    over = run.over
    last = min(over, now)
    start, breached = run.start, None
    withdrawn: list[tuple[int, int]] = []
    terms: Terms | None = None
    ever: Terms | None = None
    promised, ended = run.start, None
    due: int | None = None
    pending: list[Terms | None] = []
    for step in range(run.start, last + 1):
        first = step == run.start
        pending += [] if first else [new for at, new in changes if at == step]
        if first:
            pending = [new for at, new in changes if at <= step][-1:] or [changes[0][1]]
        if pending and (first or (not machine.held_back(step) and step < over)):
            new = pending[-1]
            pending = []
            rule = (new or terms).on_change if (new or terms) is not None else "recalculate"  # type: ignore[union-attr]
            if not first and terms is not None and new == terms:
                terms = ever = new
            elif first or terms is None or rule != "keep":
                terms, ended = new, step if new is None else None
                if new is not None:
                    if not first and ever is not None and rule == "restart":
                        start = step
                    ever, promised = new, step
                    due = Counter(new, ticket, run, start).reached(new.budget, last)
                    if breached is not None and (due is None or new.late_after(due) >= step):
                        withdrawn.append((breached, step))
                        breached = None
        alive = (step < last or over > now) and not machine.held_back(step)
        if alive and terms is not None and breached is None and due is not None:
            late_after = terms.late_after(due)
            if late_after < step or (late_after == step and step < last):
                breached = step
    found = conclude(run, ticket, terms, ever, (start, due, breached), withdrawn, last, now)
    found.terms, found.promised = ever, promised
    if terms is None and ever is not None:
        found.ended = ended
    elif found.status != "no_sla":
        found.stopped, found.ended = run.stop, run.end
    if found.status == "not_applicable":
        found.due = None
    if ticket.closing != "ordinary" and ticket.is_closed(now) and found.status != "no_sla":
        close(found, ticket, now)
    return found


def conclude(
    run: Run,
    ticket: Ticket,
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
        if not late and terms.missed_unanswered and terms.definition.waits_for_a_reply:
            late, breached = True, run.end
        status = "missed" if late else "not_applicable"
    else:
        counter = Counter(terms, ticket, run, start)
        if terms.at_risk is not None:
            at_risk = counter.reached(terms.at_risk, last)
        if late:
            status = "breached"
        elif due is None:
            status = "paused"
        else:
            status = "at_risk" if at_risk is not None and at_risk <= now else "running"
    return Told(status, start, due, breached, withdrawn, at_risk)


def close(found: Told, ticket: Ticket, now: int) -> None:
    """The ticket is closed as spam, as a duplicate, or because it was cancelled."""
    closed_at = ticket.closings(now)[-1][0]
    marked_at = ticket.stage_at(now)[2]
    at_closing = found.ended == closed_at
    alive = found.status in ("breached", "at_risk", "running", "paused")
    if ticket.closing == "cancelled":
        if found.status == "breached":
            found.status, found.ended = "missed", marked_at
            return
        if not alive and not (at_closing and (found.status == "not_applicable" or found.breached == closed_at)):
            return
    elif found.breached is not None:
        found.withdrawn.append((found.breached, marked_at))
    found.status, found.due, found.breached, found.at_risk = "not_applicable", None, None, None
    found.ended = marked_at if found.ended is None else found.ended
