"""The whole machine against an oracle that walks through time, and the laws no verdict may break."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import machine_oracle as oracle
from clock.scenes import DEFINED, STEP_MS, STEPS, WORLDS, Scene, random_scene, scenes
from hubspot_sla.clock.judge import judge
from hubspot_sla.clock.metrics import IN_WAITING
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.verdict import Cycle, Verdict
from proof import SCALE, examples

if TYPE_CHECKING:
    from hubspot_sla.clock.timeline import Message, Timeline


def _shown(scene: Scene, verdict: Verdict) -> list[tuple[object, ...]]:
    """What is compared of each cycle that has begun, instants in steps."""

    def step(at: int | None) -> int | None:
        return None if at is None else (at - scene.world.base) // STEP_MS

    return [
        (
            cycle.status.value,
            *map(step, (cycle.started_at, cycle.due_at, cycle.stopped_at, cycle.ended_at)),
            *map(step, (cycle.breached_at, cycle.at_risk_at)),
            [(step(withdrawal.breached_at), step(withdrawal.withdrawn_at)) for withdrawal in cycle.withdrawn],
        )
        for cycle in verdict.cycles
        if cycle.started_at is not None
    ]


def _expected(scene: Scene, now: int) -> list[tuple[object, ...]]:
    return [
        (one.status, one.start, one.due, one.stopped, one.ended, one.breached, one.at_risk, one.withdrawn)
        for one in scene.expected(now)
    ]


@examples(300)
@given(scene=scenes(), nows=st.lists(st.integers(0, STEPS - 1), min_size=3, max_size=3))
def test_every_cycle_is_what_walking_through_time_says(scene: Scene, nows: list[int]) -> None:
    for now in (max(at, scene.ticket.created) for at in nows):
        assert _shown(scene, scene.judged(now)) == _expected(scene, now)


@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_scenes_are_what_walking_through_time_says(part: int) -> None:
    """As above, with many more scenes: all that the language can say, drawn at random from a seed each."""
    for seed in range(part * 1000 * SCALE, (part + 1) * 1000 * SCALE):
        scene = random_scene(seed)
        now = max(seed * 7919 % STEPS, scene.ticket.created)
        assert _shown(scene, scene.judged(now)) == _expected(scene, now), f"random_scene({seed}) at step {now}"


@pytest.mark.parametrize("seed", [118400, 206595, 301541, 602976, 703150, 829585, 909835, 85969, 298437])
def test_of_several_conditions_that_stop_a_clock_the_first_to_hold_counts(seed: int) -> None:
    _is_as_expected(seed)


def test_a_closing_that_counts_stays_so_though_a_later_one_is_final() -> None:
    _is_as_expected(58429)


@pytest.mark.parametrize("seed", [408579, 506462])
def test_two_starts_in_one_instant_are_one_and_a_reset_of_a_stopped_clock_means_nothing(seed: int) -> None:
    _is_as_expected(seed)


def test_what_a_kept_definition_resets_while_closed_and_the_new_one_stops_at_the_reopening_was_no_cycle() -> None:
    kept = oracle.Definition(
        (oracle.Event("holds", ("in", "Bank", "")),), resets=(oracle.Event("customer"),), each=True, runs_on=True
    )
    new = oracle.Definition(
        (oracle.Event("holds", ("in", "Desk", "")),), (oracle.Event("holds", ("in", "Bank", "")),), each=True
    )
    stages = [(0, "open", "New"), (1, "waiting", "Bank"), (3, "closed", "Done"), (4, "waiting", "Bank")]
    first = oracle.Terms("gold", 2, WORLDS[0].open, definition=kept)
    then = oracle.Terms("gold", 2, WORLDS[0].open, on_change="keep", definition=new)
    scene = Scene(WORLDS[0], oracle.Ticket(stages, customers=[3]), DEFINED, [(0, first), (2, then)])
    shown = _shown(scene, scene.judged(4))
    assert [cycle[:5:3] for cycle in shown] == [("met", 3)]
    assert shown == _expected(scene, 4)


def _is_as_expected(seed: int) -> None:
    scene = random_scene(seed)
    now = max(seed * 7919 % STEPS, scene.ticket.created)
    assert _shown(scene, scene.judged(now)) == _expected(scene, now)


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_a_change_of_the_promise_to_itself_changes_no_verdict(scene: Scene, now: int) -> None:
    """A clock under one promise is judged in fewer steps than one whose promise changed; both come to the same."""
    now = max(now, scene.ticket.created)
    only, timeline = scene.promises()[0], scene.timeline(now)
    repeated = [only, replace(only, at=scene.at((scene.ticket.created + now) // 2))]
    verdict = judge(timeline, scene.clock, [only], scene.at(now))
    assert verdict == judge(timeline, scene.clock, repeated, scene.at(now))
    assert len(verdict) == len(Verdict._fields)
    assert {len(cycle) for cycle in verdict.cycles} == {len(Cycle._fields)}


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


@examples(100)
@given(scene=scenes(), other=scenes(), now=st.integers(0, STEPS - 1), before=st.integers(0, STEPS - 1))
def test_a_timeline_judged_before_at_another_hour_and_for_another_clock_is_judged_the_same(
    scene: Scene, other: Scene, now: int, before: int
) -> None:
    now = max(now, scene.ticket.created)
    timeline = scene.timeline(now)
    judge(timeline, other.clock, other.promises(), scene.at(before))
    assert judge(timeline, scene.clock, scene.promises(), scene.at(now)) == scene.judged(now)


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
    with_pause = [replace(change, promise=replace(change.promise, pauses=IN_WAITING))]
    without = [replace(change, promise=replace(change.promise, pauses=()))]
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
    if scene.metric in ("first_response", "assignment") and _starts_at_creation(scene) and not _reopened(scene.ticket):
        early, late = scene.judged(now), scene.judged(STEPS - 1)
        if early.cycle.stopped_at is not None:
            assert early.cycle._replace(next_at=None) == late.cycle._replace(next_at=None)


def _starts_at_creation(scene: Scene) -> bool:
    return all(terms is None or terms.definition == oracle.built_in(scene.metric) for _, terms in scene.changes)


def _reopened(ticket: oracle.Ticket) -> bool:
    return any(role == "closed" for _, role, _ in ticket.stages)


@examples(150)
@given(scene=scenes(), now=st.integers(0, STEPS - 1))
def test_nothing_changes_by_itself_before_next_at_and_something_does_then(scene: Scene, now: int) -> None:
    _changes_at_next_at(scene, now)


def test_a_change_to_come_changes_nothing_before_next_at() -> None:
    for seed in range(50 * SCALE):
        _looked_at_before_each_change(seed)


# Of these each has a known change that defines the metric anew, while the ticket is closed or behind its last cycle.
@pytest.mark.parametrize("seed", [1392, 2951, 3265, 3282, 5866, 6746])
def test_a_definition_to_come_changes_nothing_before_next_at(seed: int) -> None:
    _looked_at_before_each_change(seed)


def _looked_at_before_each_change(seed: int) -> None:
    scene = random_scene(seed)
    for now in (seed * 7919 % STEPS, *(change - 1 for change, _ in scene.changes[1:])):
        _changes_at_next_at(scene, now)


def _changes_at_next_at(scene: Scene, now: int) -> None:
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
    terms = oracle.Terms("gold", 60, world.open, pauses=oracle.IN_WAITING)
    scene = Scene(world, ticket, "resolution", [(0, terms)])
    here = scene.judged(120)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert scene.judged(120) == here
    finally:
        monkeypatch.undo()
        time.tzset()
