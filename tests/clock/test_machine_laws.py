"""The whole machine against an oracle that walks through time, and the laws no verdict may break."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import machine_oracle as oracle
from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.promise import (
    ChangeRules,
    Clock,
    Kind,
    Metric,
    OnChange,
    Promise,
    PromiseChange,
    Reopen,
    Threshold,
    Unanswered,
)
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Message, OwnerChange, Role, StageChange, Timeline
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.clock.verdict import Cycle, Verdict

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
REOPENINGS = ("resume", "resume", "restart", "ignore")
chance = st.integers(0, 3)
budgets = st.integers(1, 120)


def terms_of(draw: st.DrawFn, world: World, metric: str) -> oracle.Terms:
    budget = draw(budgets) // (1 + draw(chance)) + 1
    return oracle.Terms(
        ("gold", "silver")[draw(chance) % 2],
        budget,
        world.open if draw(chance) else ALWAYS_OPEN,
        pauses=draw(chance) > 1,
        resume=draw(chance) > 1,
        on_change=RULES[draw(chance)],
        reopen=REOPENINGS[draw(chance)],
        missed_unanswered=metric in ("first_response", "next_response") and draw(chance) > 1,
        at_risk=budget * draw(chance) // 3 if draw(chance) else None,
    )


@st.composite
def tickets(draw: st.DrawFn) -> oracle.Ticket:
    created = draw(st.integers(0, STEPS // 2))
    later = st.integers(created, STEPS - 1)
    moves = sorted(draw(st.lists(later, max_size=6)))
    stages = [(created, "open", "New")]
    for at in moves:
        place = NAMES[draw(st.integers(0, len(NAMES) - 1))]
        stages.append((at, ROLES[place], place))
    if len(stages) > 1 and stages[1][0] == created:
        stages = [stages[0], *(stage for stage in stages[1:] if stage[0] > created)]

    def several() -> list[int]:
        """Often in one instant with a move."""
        drawn = draw(st.lists(st.tuples(later, st.integers(0, 12)), max_size=4))
        return sorted(stages[pick][0] if pick < len(stages) else at for at, pick in drawn)

    return oracle.Ticket(
        stages,
        owners=[(at, draw(chance) > 0) for at in several()],
        replies=several(),
        notes=several(),
        customers=several(),
    )


@dataclass
class Scene:
    world: World
    ticket: oracle.Ticket
    metric: str
    changes: list[tuple[int, oracle.Terms | None]]
    starts_in: str = ""
    total: bool = False

    @property
    def clock(self) -> Clock:
        return Clock(Kind.SLA, Metric(self.metric), "Bank" if self.metric == "stage" else "", self.total)

    def at(self, step: int) -> int:
        return self.world.base + step * STEP_MS

    def timeline(self, now: int) -> Timeline:
        """The facts up to `now`, given to the clock."""
        ticket = self.ticket
        replies = tuple(Message(self.at(step)) for step in dict.fromkeys(ticket.replies) if step <= now)
        notes = [Message(self.at(step), answers=False) for step in ticket.notes if step <= now]
        return Timeline(
            self.at(ticket.created),
            tuple(
                StageChange(self.at(step), Role(role), place, name=place)
                for step, role, place in ticket.stages
                if step <= now
            ),
            owners=tuple(OwnerChange(self.at(at), "7" if owned else "") for at, owned in ticket.owners if at <= now),
            first_replies=replies,
            agent_messages=tuple(sorted((*notes, *replies), key=lambda said: said.at)),
            customer_messages=tuple(Message(self.at(step)) for step in ticket.customers if step <= now),
        )

    def promises(self) -> list[PromiseChange]:
        return [PromiseChange(self.at(step), self._promise(terms), "because") for step, terms in self.changes]

    def _promise(self, terms: oracle.Terms | None) -> Promise | None:
        if terms is None:
            return None
        calendar = ALWAYS if terms.open is ALWAYS_OPEN else self.world.calendar
        risk = () if terms.at_risk is None else (Threshold("", terms.at_risk * STEP_MS),)
        return Promise(
            Metric(self.metric),
            terms.name,
            f"{terms.budget} steps",
            terms.budget * STEP_MS,
            calendar,
            terms.pauses,
            terms.resume,
            place=self.clock.place,
            total=self.total,
            starts_in=terms.starts_in,
            at_risk=risk,
            on_change=ChangeRules(policy=OnChange(terms.on_change)),
            reopen=Reopen(terms.reopen),
            close_without_reply=Unanswered.MISSED if terms.missed_unanswered else Unanswered.NOT_APPLICABLE,
        )

    def judged(self, now: int) -> Verdict:
        return judge(self.timeline(now), self.clock, self.promises(), self.at(now))

    def expected(self, now: int) -> list[oracle.Told]:
        known = [(at, terms) for at, terms in self.changes if at <= now] or self.changes[:1]
        changes = self.changes if self.metric == "first_response" else known
        stage = self.metric == "stage"
        ticket = replace(
            self.ticket,
            stages=[stage_ for stage_ in self.ticket.stages if stage_[0] <= now],
            customers=[at for at in self.ticket.customers if at <= now],
        )
        visits = oracle.total if self.total else oracle.stays
        runs = (
            visits(ticket, "Bank", now)
            if stage
            else oracle.Machine(self.ticket, self.metric, [one for one in changes if one[0] <= now] or known, now).runs
        )
        standing = oracle.Standing(ticket, stage, "Bank" if self.total else "")
        told = [oracle.judge_run(run, standing, known, now) for run in runs]
        return [one for one in told if one.status != "no_sla"]


@st.composite
def scenes(draw: st.DrawFn, metrics: list[str] | None = None) -> Scene:
    world = WORLDS[draw(st.integers(0, len(WORLDS) - 1))]
    names = metrics or [metric.value for metric in Metric]
    metric = names[draw(st.integers(0, len(names) - 1))]
    ticket = draw(tickets())
    turns = sorted(set(draw(st.lists(st.integers(ticket.created + 1, STEPS - 1), max_size=3))))
    changes: list[tuple[int, oracle.Terms | None]] = [(ticket.created, terms_of(draw, world, metric))]
    changes += [(turn, terms_of(draw, world, metric) if draw(chance) else None) for turn in turns]
    starts_in = "Desk" if metric == "first_response" and draw(chance) == 0 else ""
    for _, terms in changes:
        if terms is not None:
            terms.starts_in = starts_in
    return Scene(world, ticket, metric, changes, total=metric == "stage" and draw(chance) > 1)


def _shown(cycle: Cycle) -> tuple[object, ...]:
    return (cycle.status.value, cycle.started_at, cycle.due_at, cycle.breached_at, cycle.at_risk_at)


@examples(400)
@given(scene=scenes(), nows=st.lists(st.integers(0, STEPS - 1), min_size=5, max_size=5))
def test_every_cycle_is_what_walking_through_time_says(scene: Scene, nows: list[int]) -> None:
    for now in (max(at, scene.ticket.created) for at in nows):
        verdict, expected = scene.judged(now), scene.expected(now)
        found = [cycle for cycle in verdict.cycles if cycle.started_at is not None]
        wanted = [
            (
                told.status,
                scene.at(told.start),
                None if told.due is None else scene.at(told.due),
                None if told.breached is None else scene.at(told.breached),
                None if told.at_risk is None else scene.at(told.at_risk),
            )
            for told in expected
        ]
        assert [_shown(cycle) for cycle in found] == wanted
        undone = [[(one.breached_at, one.withdrawn_at) for one in cycle.withdrawn] for cycle in found]
        assert undone == [[(scene.at(was), scene.at(at)) for was, at in told.withdrawn] for told in expected]


def _facts_shuffled(timeline: Timeline, turn: int) -> Timeline:
    """The same facts as another order of arrival would leave them, put in order again as whoever builds one does."""

    def again(facts: tuple[Message, ...]) -> tuple[Message, ...]:
        cut = turn % (len(facts) + 1)
        return tuple(sorted((*facts[cut:], *facts[:cut]), key=lambda said: said.at))

    return replace(
        timeline,
        first_replies=again(timeline.first_replies),
        agent_messages=again(timeline.agent_messages),
        customer_messages=again(timeline.customer_messages),
    )


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1), turn=st.integers(0, 9))
def test_judging_twice_or_facts_in_another_order_of_arrival_changes_nothing(scene: Scene, now: int, turn: int) -> None:
    now = max(now, scene.ticket.created)
    assert scene.judged(now) == scene.judged(now)
    shuffled = judge(_facts_shuffled(scene.timeline(now), turn), scene.clock, scene.promises(), scene.at(now))
    assert shuffled == scene.judged(now)


@examples(150)
@given(scene=scenes(), first=st.integers(0, STEPS - 1), later=st.integers(0, STEPS - 1))
def test_elapsed_never_decreases_with_now(scene: Scene, first: int, later: int) -> None:
    first, later = sorted((max(first, scene.ticket.created), max(later, scene.ticket.created)))
    timeline, promises = scene.timeline(first), scene.promises()
    before, after = (judge(timeline, scene.clock, promises, scene.at(now)) for now in (first, later))
    restarted = {cycle.number: cycle.started_at for cycle in before.cycles}
    for cycle in after.cycles:
        old = next((one for one in before.cycles if one.number == cycle.number), None)
        same = old is not None and restarted[cycle.number] == cycle.started_at
        if old is not None and same and old.promise == cycle.promise:
            assert _elapsed(timeline, old, scene.at(first)) <= _elapsed(timeline, cycle, scene.at(later))


def _elapsed(timeline: Timeline, cycle: Cycle, now: int) -> int:
    return spent(cycle, segments(timeline, cycle, now), now).elapsed_ms


@examples(150)
@given(scene=scenes(["resolution", "update"]), now=st.integers(0, STEPS - 1))
def test_a_pause_never_increases_elapsed_and_never_makes_it_due_earlier(scene: Scene, now: int) -> None:
    now = max(now, scene.ticket.created)
    timeline = scene.timeline(now)
    (change, *_) = scene.promises()
    assert change.promise is not None
    with_pause = [replace(change, promise=replace(change.promise, pauses=True))]
    without = [replace(change, promise=replace(change.promise, pauses=False))]
    paused, plain = (judge(timeline, scene.clock, promises, scene.at(now)) for promises in (with_pause, without))
    for one, other in zip(paused.cycles, plain.cycles, strict=True):
        if one.started_at is not None:
            assert _elapsed(timeline, one, scene.at(now)) <= _elapsed(timeline, other, scene.at(now))
            assert other.due_at is None or one.due_at is None or one.due_at >= other.due_at


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_what_has_stopped_never_changes_again(scene: Scene, now: int) -> None:
    """Whatever comes to pass later, as long as the ticket stays closed or the clock has a stop."""
    now = max(now, scene.ticket.created)
    if scene.metric in ("first_response", "assignment") and not scene.starts_in and not _reopened(scene.ticket):
        early, late = scene.judged(now), scene.judged(STEPS - 1)
        if early.cycle.stopped_at is not None:
            assert replace(early.cycle, next_at=None) == replace(late.cycle, next_at=None)


def _reopened(ticket: oracle.Ticket) -> bool:
    return any(role == "closed" for _, role, _ in ticket.stages)


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_nothing_changes_by_itself_before_next_at_and_something_does_then(scene: Scene, now: int) -> None:
    now = max(now, scene.ticket.created)
    timeline, promises = scene.timeline(now), scene.promises()
    verdict = judge(timeline, scene.clock, promises, scene.at(now))
    end = scene.at(STEPS) if verdict.cycle.next_at is None else verdict.cycle.next_at - 1
    if end > scene.at(now):
        later = judge(timeline, scene.clock, promises, end)
        assert _still(later) == _still(verdict)
    if verdict.cycle.next_at is not None and verdict.cycle.next_at not in {change.at for change in promises}:
        assert judge(timeline, scene.clock, promises, verdict.cycle.next_at) != verdict


def _still(verdict: Verdict) -> tuple[object, ...]:
    cycle = verdict.cycle
    return (cycle.status, cycle.due_at, cycle.breached_at, cycle.stopped_at, cycle.next_at, cycle.withdrawn)


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_segments_lie_end_to_end_and_add_up(scene: Scene, now: int) -> None:
    now = max(now, scene.ticket.created)
    timeline = scene.timeline(now)
    for cycle in scene.judged(now).cycles:
        plain = segments(timeline, cycle, scene.at(now))
        by_the_hour = segments(timeline, cycle, scene.at(now), hours=True)
        for told in (plain, by_the_hour):
            assert all(one.end == other.start for one, other in itertools.pairwise(told))
            assert all(segment.start < segment.end for segment in told)
        if plain:
            over = cycle.stopped_at or cycle.ended_at or scene.at(now)
            assert (plain[0].start, plain[-1].end) == (cycle.started_at, over)
        counted = sum(segment.counted_ms for segment in plain)
        assert counted == sum(segment.end - segment.start for segment in by_the_hour if segment.state == "running")
        if cycle.due_at is not None and cycle.promise is not None and plain and plain[-1].late:
            assert sum(segment.counted_ms for segment in plain if not segment.late) == cycle.promise.budget_ms


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Santiago"])
def test_the_zone_of_the_server_changes_nothing(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = WORLDS[0]
    ticket = oracle.Ticket([(0, "open", "New"), (40, "waiting", "Bank"), (90, "open", "Desk")], replies=[50])
    terms = oracle.Terms("gold", 60, world.open, pauses=True)
    scene = Scene(world, ticket, "resolution", [(0, terms)])
    here = scene.judged(120)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert scene.judged(120) == here
    finally:
        monkeypatch.undo()
        time.tzset()
