"""Which rungs must have fired on a ticket, from nothing but its history in HubSpot and when the worker looked at it.

Written down a second time from docs/reference/clock.md and docs/reference/mappings.md; it shares no code with the
product, its calendar included. All instants are epoch ms.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from proofs.rung_promises import ANY_LEAD, EVERY, LEADS, SHIFTS, SHUT, ZONE, Promises

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from proofs.rung_promises import Goal, Ladder, Rung

FIRST_DAY, LAST_DAY = date(2016, 2, 1), date(2018, 1, 1)
Span = tuple[int, int | None]


# The calendar.


@cache
def shifts() -> tuple[list[int], list[int], list[int]]:
    """Begin and end of every shift, and how much time all before it had."""
    zone, spans, day = ZoneInfo(ZONE), [], FIRST_DAY
    while day < LAST_DAY:
        for opens, shuts in SHIFTS.get(day.weekday(), ()) if day not in SHUT else ():
            spans.append((_wall(day, opens, zone), _wall(day, shuts, zone)))
            if shuts > 24 and day + timedelta(1) in SHUT:
                spans[-1] = (spans[-1][0], _wall(day, 24, zone))
        day += timedelta(1)
    begins, ends = [one for one, _ in spans], [two for _, two in spans]
    return begins, ends, [0, *accumulate(two - one for one, two in spans)]


def _wall(day: date, hour: int, zone: ZoneInfo) -> int:
    day += timedelta(hour // 24)
    return int(datetime(day.year, day.month, day.day, hour % 24, tzinfo=zone).astimezone(UTC).timestamp() * 1000)


def passed(at: int) -> int:
    """Business time from the beginning of the world to an instant."""
    begins, ends, before = shifts()
    place = bisect_right(begins, at) - 1
    return 0 if place < 0 else before[place] + min(at, ends[place]) - begins[place]


def is_on(at: int) -> bool:
    begins, ends, _ = shifts()
    place = bisect_right(begins, at) - 1
    return place >= 0 and at < ends[place]


def after(at: int, amount: int, *, always: bool) -> int:
    """The first instant by which so much business time has passed."""
    if always or not amount:
        return at + amount
    begins, _, before = shifts()
    wanted = passed(at) + amount
    place = next(n for n in range(max(bisect_right(begins, at) - 1, 0), len(begins)) if before[n + 1] >= wanted)
    return begins[place] + wanted - before[place]


def between(begin: int, end: int, *, always: bool) -> int:
    return end - begin if always else passed(end) - passed(begin)


# The ticket.


@dataclass(frozen=True)
class Said:
    """One entry of a history; `ours` was written by the worker: the look that asked for it had not seen it."""

    at: int
    value: str
    ours: bool = False

    def seen(self, now: int) -> bool:
        return self.at < now or (self.at == now and not self.ours)


@dataclass(frozen=True)
class Ticket:
    """Histories oldest first; stages by label."""

    id: str
    created: int
    stages: Sequence[Said]
    priorities: Sequence[Said]
    owners: Sequence[Said]
    tier: str | None

    def seen(self, now: int) -> Ticket:
        kept = ([one for one in all_ if one.seen(now)] for all_ in (self.stages, self.priorities, self.owners))
        return Ticket(self.id, self.created, *kept, self.tier)

    def priority(self, at: int) -> str:
        return _held(self.priorities, at, self.created)

    def owner(self, at: int) -> str:
        return _held(self.owners, at, None)


def _held(course: Sequence[Said], at: int, since: int | None) -> str:
    """What a history said at an instant; what came within a minute of the creation came with it."""
    value = ""
    for place, one in enumerate(course):
        with_it = place == 0 and since is not None and one.at <= since + 60_000
        if one.at <= at or (with_it and since <= at):
            value = one.value
    return value


def stays(ticket: Ticket, labels: Iterable[str]) -> list[Span]:
    """When the ticket was in one of these stages; from one to the other is one stay, and an instant is none."""
    wanted, found = set(labels), []
    times = [max(one.at, ticket.created) if n else ticket.created for n, one in enumerate(ticket.stages)]
    spans = [(one.value, begin, end) for one, (begin, end) in zip(ticket.stages, pairwise([*times, None]), strict=True)]
    for label, begin, end in spans:
        if label not in wanted or begin == end:
            continue
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


CLOSED = ("Resolved", "Closed")
WAITING = ("Awaiting User Info", "Awaiting Problem", "Awaiting Vendor", "Awaiting Evidence")


# One clock.


@dataclass(frozen=True)
class Course:
    """One cycle of a clock. `since`: from when on what is promised now has been; `stop` None while it runs."""

    number: int
    start: int
    stop: int | None
    budget: int
    since: int
    breached: int | None
    holds: Sequence[Span]

    @property
    def missed(self) -> bool:
        return self.stop is not None and self.breached is not None


def courses(ticket: Ticket, goal: Goal, now: int) -> list[Course]:
    """Those that still matter: running, or ended too late. The ticket is open."""
    closed = [(begin, end) for begin, end in stays(ticket, CLOSED)]
    if goal.stage:
        runs = [(*stay, []) for stay in stays(ticket, [goal.stage])]
    elif goal.clock == "assignment":
        first = next((max(owner.at, ticket.created) for owner in ticket.owners if owner.value), None)
        runs = [(ticket.created, first, closed)]
    else:
        runs = [(ticket.created, None, sorted([*closed, *stays(ticket, WAITING)]))]
    return [_course(ticket, goal, n, begin, stop, holds, now) for n, (begin, stop, holds) in enumerate(runs, 1)]


def _course(
    ticket: Ticket, goal: Goal, number: int, start: int, stop: int | None, holds: list[Span], now: int
) -> Course:
    until = now if stop is None else stop
    holds = _ended_with(holds, stop)
    turns = _turns(ticket, goal, start, stop, now)
    breached: int | None = None
    for (since, budget), (end, _) in pairwise([*turns, (until, 0)]):
        due = ran(start, budget, holds, always=goal.always)
        if breached is not None and (due is None or due >= since):
            breached = None
        if breached is None and due is not None and due < end:
            late = _late_from(ticket, max(due, since), stop)
            breached = late if late < end or since == turns[-1][0] else None
    since, budget = turns[-1]
    return Course(number, start, stop, budget, since, breached, holds)


def _ended_with(holds: list[Span], stop: int | None) -> list[Span]:
    if stop is None:
        return holds
    return [(begin, stop if end is None else min(end, stop)) for begin, end in holds if begin < stop]


def _turns(ticket: Ticket, goal: Goal, start: int, stop: int | None, now: int) -> list[tuple[int, int]]:
    """From when on which budget held; a change made while the ticket was closed counts from its reopening."""
    found = [(start, goal.budget(ticket.priority(start)))]
    for priority in ticket.priorities:
        at = next(
            (end for begin, end in stays(ticket, CLOSED) if begin <= priority.at and (end or now) > priority.at),
            priority.at,
        )
        if at is None or at <= start or at > now or (stop is not None and at >= stop):
            continue
        budget = goal.budget(ticket.priority(priority.at))
        if found[-1][0] == at:
            found[-1] = (at, budget)
        elif budget != found[-1][1]:
            found.append((at, budget))
    return found


def _late_from(ticket: Ticket, at: int, stop: int | None) -> int:
    """Whatever is used up while the ticket is closed is late from its reopening on."""
    for begin, end in stays(ticket, CLOSED):
        if begin <= at and end is not None and at < end:
            return end if stop is None or end <= stop else stop
    return at


def ran(start: int, budget: int, holds: Sequence[Span], *, always: bool) -> int | None:
    """When so much business time has run outside the holds; None: it stands still before that."""
    at, left = start, budget
    if not left:
        return at
    for begin, end in holds:
        if begin > at:
            done = between(at, begin, always=always)
            if done >= left:
                break
            left -= done
        if end is None:
            return None
        at = max(at, end)
    return after(at, left, always=always)


# The rungs.


@dataclass(frozen=True)
class Hit:
    """One rung that was reached `at` and settled at the look `seen`; `why` is "" where it fired."""

    ticket: str
    clock: str
    cycle: int
    ladder: str
    rung: str
    at: int
    seen: int
    why: str
    deeds: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"rung:{self.ticket}:{self.clock}:{self.cycle}:{self.ladder}:{self.rung}"


def expected(ticket: Ticket, looks: Sequence[int], promises: Promises) -> dict[str, Hit]:
    """What must have become of each rung after these looks, by key."""
    found: dict[str, Hit] = {}
    for now in looks:
        seen = ticket.seen(now)
        if now < ticket.created or not seen.stages or _is_closed(seen):
            continue
        for goal in promises.of(ticket.tier):
            for course in courses(seen, goal, now):
                if course.stop is None or course.missed:
                    new = list(_reached(seen, goal, course, now, found))
                    found |= {one.key: one for one in _settled(seen, goal, course, new, now)}
    return found


def _is_closed(seen: Ticket) -> bool:
    spans = stays(seen, CLOSED)
    return bool(spans) and spans[-1][1] is None


Place = tuple[int, int, str, "Rung"]


def _reached(ticket: Ticket, goal: Goal, course: Course, now: int, known: dict[str, Hit]) -> Iterator[Place]:
    for level, rung in enumerate(goal.ladder.rungs):
        for nth in range(1, rung.times + 1):
            at = _instant(goal, course, rung, nth)
            if at is None or at > now or not _counts(course, rung, at):
                break
            name = rung.name if nth == 1 else f"{rung.name}:{nth}"
            before = known.get(Hit(ticket.id, goal.clock, course.number, goal.ladder.name, name, 0, 0, "").key)
            if before is None or (before.why and at > before.seen):
                yield at, level, name, rung


def _instant(goal: Goal, course: Course, rung: Rung, nth: int) -> int | None:
    if rung.side in ("share", "before"):
        run = -(-course.budget * rung.at // 100) if rung.side == "share" else max(course.budget - rung.at, 0)
        at = ran(course.start, run, course.holds, always=goal.always)
        return None if at is None else max(at, course.since)
    if course.breached is None:
        return None
    return after(course.breached, rung.at + EVERY * (nth - 1), always=goal.always)


def _counts(course: Course, rung: Rung, at: int) -> bool:
    if rung.side in ("share", "before"):
        return not course.missed
    return rung.side == "breach" or course.stop is None or at < course.stop


def _settled(ticket: Ticket, goal: Goal, course: Course, new: list[Place], now: int) -> Iterator[Hit]:
    ladder = goal.ladder
    judged = [(place, _against(ticket, ladder, course, place, now)) for place in sorted(new, key=lambda one: one[:2])]
    able = [place for place, why in judged if not why]
    for place, reason in judged:
        at, _, name, rung = place
        gives_way = not reason and place != able[-1] and ladder.late == "once" and now - at > ladder.patience
        why = "a higher one fires" if gives_way else reason
        deeds = () if why else tuple(_deeds(ticket, goal, course, name, rung, now))
        yield Hit(ticket.id, goal.clock, course.number, ladder.name, name, at, now, why, deeds)


def _against(ticket: Ticket, ladder: Ladder, course: Course, place: Place, now: int) -> str:
    at, _, _, rung = place
    if course.breached is not None and rung.side in ("share", "before") and ladder.late != "fire":
        return "late already"
    if ladder.late == "skip" and now - at > ladder.patience:
        return "nobody looked"
    if rung.priorities and ticket.priority(at) not in rung.priorities:
        return "another priority"
    if rung.open_ is not None and is_on(at) is not rung.open_:
        return "other hours"
    return ""


def _deeds(ticket: Ticket, goal: Goal, course: Course, name: str, rung: Rung, now: int) -> Iterator[tuple[str, str]]:
    """The key of each thing to be done, and for whom or what."""
    owner = ticket.owner(now)
    lead = LEADS.get(owner, ANY_LEAD)
    place = f"{ticket.id}:{goal.clock}:{course.number}"
    rest = f"{place}:{goal.ladder.name}:{name}"
    for deed in rung.deeds:
        kind, _, what = deed.partition(":")
        if kind == "task":
            yield f"task:{place}:{name}", {"owner": owner or ANY_LEAD, "lead": lead}.get(what, what)
        elif kind == "set":
            yield f"fields:{rest}:set", what
        elif kind == "reassign" and lead != owner:
            yield f"fields:{rest}:owner", lead
        elif kind == "note":
            yield f"note:{rest}", ""
        elif kind == "notify":
            yield f"notification:{rest}:{what}", what
