"""Which rungs fire, which are passed by, and that none fires twice: each rule once, then all against an oracle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from clock import ladder_oracle as oracle
from clock.scenes import STEP_MS, STEPS, Scene, scenes
from clock.test_rungs import mark_of
from clock.tickets import HOUR, always, at, changed, judged, promise, ticket
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.rungs import Mark, Side, Span
from hubspot_sla.clock.timeline import Role, Timeline
from hubspot_sla.clock.waivers import Waiver
from hubspot_sla.plan.escalation import Escalation, EscalationInputs, escalate
from hubspot_sla.plan.ladder import BUILT_IN, Ladder, LadderChange, Late, Outcome, Reached, Rung
from hubspot_sla.plan.records import RecordRef
from hubspot_sla.plan.rung_actions.task import MakeTask
from proof import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.clock.promise import PromiseChange

DO = (MakeTask("owner"),)
WARN = Rung("75%", 1, Mark(Side.SHARE, percent=75), DO)
BREACH = Rung("breach", 2, Mark(Side.BREACH), DO)
LATER = Rung("+2h", 3, Mark(Side.AFTER, span=Span(2 * HOUR)), DO)
AGAIN = Rung("+4h", 4, Mark(Side.AFTER, span=Span(4 * HOUR), every=Span(4 * HOUR), times=3), DO)
STANDARD = Ladder("standard", (WARN, BREACH, LATER, AGAIN))
ALWAYS_THIS = [LadderChange(0, STANDARD)]


@dataclass
class Worker:
    """Looks at one ticket now and then, and keeps what it settled."""

    changes: list[PromiseChange] = field(default_factory=always)
    ladders: list[LadderChange] = field(default_factory=lambda: list(ALWAYS_THIS))
    tasks: frozenset[str] = frozenset()
    go_live: int = 0
    objection: Callable[[Ladder, Rung, int], str | None] = lambda _ladder, _rung, _at: None
    kept: dict[str, Reached] = field(default_factory=dict)

    def look(self, timeline: Timeline, now: str) -> Escalation:
        verdict = judged(timeline, self.changes, now)
        inputs = EscalationInputs(
            RecordRef.of("7"),
            Pauses.at(timeline, at(now)),
            self.kept,
            self.tasks,
            self.go_live,
            at(now),
            self.objection,
        )
        found = escalate(inputs, [verdict], {verdict.clock: self.ladders})
        self.kept |= {one.key: one for one in found.news}
        return found

    def fires(self, timeline: Timeline, now: str) -> list[str]:
        return [one.occurrence.suffix for one in self.look(timeline, now).fired]

    def skipped(self) -> dict[str, str]:
        return {one.rung: one.reason for one in self.kept.values() if one.outcome is Outcome.SKIPPED}


def test_each_rung_fires_at_its_instant_and_only_once() -> None:
    worker, plain = Worker(), ticket()
    told = {now: worker.fires(plain, f"11-23 {now}") for now in ("12:59", "13:00", "13:01", "14:00", "14:01", "16:00")}
    assert told == {"12:59": [], "13:00": ["75%"], "13:01": [], "14:00": [], "14:01": ["breach"], "16:00": ["+2h"]}
    keys = {one.key for one in worker.kept.values() if one.fired}
    assert "rung:7:resolution:1:standard:75%" in keys


def test_a_rung_that_comes_back_has_a_key_for_each_time() -> None:
    worker = Worker()
    worker.look(ticket(), "11-23 14:01")
    fired = [name for hour in (18, 19, 22) for name in worker.fires(ticket(), f"11-23 {hour}:00")]
    assert fired == ["+4h", "+4h:2"]
    assert worker.fires(ticket(), "11-24 10:00") == ["+4h:3"]
    assert worker.fires(ticket(), "11-25 10:00") == []


def test_the_next_instant_is_that_of_the_next_rung() -> None:
    worker = Worker()
    assert worker.look(ticket(), "11-23 10:00").next_at == at("11-23 13:00")
    assert worker.look(ticket(), "11-23 13:00").next_at is None  # the breach: the verdict itself says when
    assert worker.look(ticket(), "11-23 14:01").next_at == at("11-23 16:00")
    assert worker.look(ticket(("11-23 12:00", Role.WAITING)), "11-23 12:30").next_at is None


def test_reaching_the_goal_first_cancels_what_was_not_reached() -> None:
    worker = Worker(always(4, Metric.FIRST_RESPONSE))
    answered = ticket(replies=("11-23 12:30",))
    assert (worker.fires(answered, "11-23 12:31"), worker.look(answered, "11-23 20:00").news) == ([], ())


def test_what_warns_is_pointless_once_the_clock_has_stopped() -> None:
    worker = Worker(always(4, Metric.FIRST_RESPONSE))
    assert worker.fires(ticket(replies=("11-23 13:30",)), "11-23 13:31") == []


def test_a_late_answer_still_fires_what_was_reached_before_it_and_nothing_later() -> None:
    worker = Worker(always(4, Metric.FIRST_RESPONSE))
    late = ticket(replies=("11-23 15:00",))
    assert worker.fires(late, "11-23 15:00") == ["breach"]
    assert worker.look(late, "11-23 23:00").news == ()
    assert worker.skipped() == {}


def test_an_answer_in_the_very_instant_of_a_rung_comes_first() -> None:
    worker = Worker(always(4, Metric.FIRST_RESPONSE))
    worker.fires(ticket(), "11-23 14:01")
    assert worker.fires(ticket(replies=("11-23 16:00",)), "11-23 16:00") == []


def test_an_edit_in_the_very_instant_of_a_rung_comes_first() -> None:
    begins = Worker(ladders=[LadderChange(0, BUILT_IN), LadderChange(at("11-23 16:00"), STANDARD)])
    assert begins.fires(ticket(), "11-23 16:00") == ["+2h"]
    ends = Worker(ladders=[LadderChange(0, STANDARD), LadderChange(at("11-23 16:00"), BUILT_IN)])
    assert ends.fires(ticket(), "11-23 16:00") == ["breach"]


def test_what_warns_is_passed_by_once_the_clock_is_late() -> None:
    worker = Worker()
    assert worker.fires(ticket(), "11-23 14:01") == ["breach"]
    assert worker.skipped() == {"75%": "the clock is late already"}


def test_of_rungs_missed_while_the_worker_was_down_the_highest_fires() -> None:
    worker = Worker()
    assert worker.fires(ticket(), "11-23 16:30") == ["+2h"]
    assert set(worker.skipped()) == {"75%", "breach"}
    assert worker.fires(ticket(), "11-23 23:00") == ["+4h:2"]


def test_the_highest_is_the_one_furthest_up_the_ladder_though_a_lower_one_came_back_after_it() -> None:
    nags = Rung("nag", 1, Mark(Side.AFTER, span=Span(HOUR), every=Span(HOUR), times=9), (MakeTask("owner"),))
    boss = Rung("+2h", 2, Mark(Side.AFTER, span=Span(2 * HOUR)), (MakeTask("lead"),))
    worker = Worker(ladders=[LadderChange(0, Ladder("nagging", (nags, boss)))])
    assert worker.fires(ticket(), "11-23 17:50") == ["+2h"]
    assert (
        worker.kept["rung:7:resolution:1:nagging:nag:3"].reason
        == "it was reached while nobody looked, and +2h fires instead"
    )
    assert worker.fires(ticket(), "11-23 18:00") == ["nag:4"]


def test_a_ladder_may_fire_everything_that_was_missed_or_nothing() -> None:
    every = Worker(ladders=[LadderChange(0, replace(STANDARD, late=Late.FIRE))])
    assert every.fires(ticket(), "11-23 16:30") == ["75%", "breach", "+2h"]
    none = Worker(ladders=[LadderChange(0, replace(STANDARD, late=Late.SKIP))])
    assert none.fires(ticket(), "11-23 16:10") == ["+2h"]  # ten minutes are not late
    assert none.skipped()["breach"] == "it was reached while nobody looked"


def test_late_begins_after_the_ladders_own_patience() -> None:
    patient = Worker(ladders=[LadderChange(0, replace(STANDARD, late_after_ms=3 * HOUR))])
    assert patient.fires(ticket(), "11-23 16:30") == ["breach", "+2h"]


def test_a_changed_target_dates_anew_what_has_not_fired_and_fires_nothing_twice() -> None:
    worker = Worker(changed(("11-23 15:00", promise(9)), first=promise(4)))
    assert worker.fires(ticket(), "11-23 13:00") == ["75%"]
    assert worker.fires(ticket(), "11-23 14:01") == ["breach"]
    assert worker.look(ticket(), "11-23 15:00").news == ()  # withdrawn: due at 19:00 now
    assert worker.fires(ticket(), "11-23 19:01") == []
    assert worker.fires(ticket(), "11-23 21:00") == ["+2h"]


def test_a_rung_that_was_passed_by_gets_another_chance_with_another_date() -> None:
    worker = Worker(changed(("11-23 15:00", promise(9)), first=promise(4)))
    assert worker.fires(ticket(), "11-23 14:01") == ["breach"]
    assert worker.fires(ticket(), "11-23 16:45") == ["75%"]


def test_reopening_goes_on_with_the_cycle_and_its_rungs() -> None:
    worker = Worker()
    worker.fires(ticket(), "11-23 13:00")
    again = ticket(("11-23 13:30", Role.CLOSED), ("11-23 18:00", Role.OPEN))
    assert worker.fires(again, "11-23 18:00") == []
    assert worker.fires(again, "11-23 18:31") == ["breach"]


def test_each_cycle_has_rungs_of_its_own() -> None:
    worker = Worker(always(1, Metric.UPDATE))
    told = ticket(notes=("11-23 12:00",))
    assert worker.fires(ticket(), "11-23 11:01") == ["breach"]
    assert worker.fires(told, "11-23 13:01") == ["breach"]
    assert {one.cycle for one in worker.kept.values() if one.fired} == {1, 2}


def test_a_clock_that_was_late_before_go_live_fires_nothing_ever() -> None:
    worker = Worker(go_live=at("11-23 15:00"))
    assert (worker.fires(ticket(), "11-23 16:00"), worker.look(ticket(), "11-24 16:00").news) == ([], ())


def test_a_rung_reached_before_go_live_is_left_out_and_the_later_ones_fire() -> None:
    worker = Worker(go_live=at("11-23 13:30"))
    assert worker.fires(ticket(), "11-23 13:31") == []
    assert worker.fires(ticket(), "11-23 14:01") == ["breach"]


def test_an_edit_of_a_ladder_fires_nothing_for_the_time_before_it() -> None:
    worker = Worker(ladders=[LadderChange(0, BUILT_IN), LadderChange(at("11-23 17:00"), STANDARD)])
    assert worker.fires(ticket(), "11-23 14:01") == ["breach"]
    assert worker.fires(ticket(), "11-23 17:00") == []
    assert worker.fires(ticket(), "11-23 18:00") == ["+4h"]


def test_what_was_due_before_an_edit_fires_as_the_ladder_then_in_force_says_also_after_the_worker_was_down() -> None:
    worker = Worker(ladders=[LadderChange(0, BUILT_IN), LadderChange(at("11-23 17:00"), STANDARD)])
    (fired,) = worker.look(ticket(), "11-23 17:01").fired
    assert (fired.reached.ladder, fired.reached.rung) == ("default", "breach")


def test_a_ledger_older_than_ladders_knows_its_breaches_by_their_tasks() -> None:
    worker = Worker(ladders=[LadderChange(0, BUILT_IN)], tasks=frozenset({"task:7:resolution:1:breach"}))
    assert worker.fires(ticket(), "11-23 15:00") == []


def test_conditions_are_asked_at_the_instant_of_the_rung_and_say_why_not() -> None:
    asked = []

    def objection(_: Ladder, rung: Rung, when: int) -> str | None:
        asked.append((rung.name, when))
        return "tier is silver, not gold" if rung is BREACH else None

    worker = Worker(objection=objection)
    assert worker.fires(ticket(), "11-23 14:05") == []
    assert ("breach", at("11-23 14:00")) in asked
    assert worker.skipped()["breach"] == "tier is silver, not gold"


def test_the_level_is_the_highest_rung_of_what_still_lives_and_falls_back_to_nothing() -> None:
    worker = Worker(always(4, Metric.FIRST_RESPONSE))
    assert worker.look(ticket(), "11-23 12:00").level == 0
    assert [worker.look(ticket(), f"11-23 {now}").level for now in ("13:00", "14:01", "16:00", "17:00")] == [1, 2, 3, 3]
    after = worker.look(ticket(replies=("11-23 17:30",)), "11-23 17:31")
    assert (after.level, after.last_at) == (0, at("11-23 16:00"))


def test_a_waived_clock_climbs_nothing() -> None:
    excused = ticket(waivers=(Waiver(at("11-23 10:00"), "agreed by phone"),))
    assert Worker().fires(excused, "11-23 15:00") == []


def test_a_warning_that_would_come_while_a_waiver_is_in_force_comes_with_its_end() -> None:
    excused = ticket(waivers=(Waiver(at("11-23 10:00"), "agreed by phone", expires_at=at("11-23 13:30")),))
    worker = Worker()
    look = worker.look(excused, "11-23 13:20")
    assert (look.news, look.next_at) == ((), at("11-23 13:30"))
    assert worker.fires(excused, "11-23 13:31") == ["75%"]


def test_a_warning_that_a_waiver_without_an_end_passed_by_comes_with_its_revocation() -> None:
    worker = Worker()
    agreed = Waiver(at("11-23 10:00"), "agreed by phone")
    assert worker.fires(ticket(waivers=(agreed,)), "11-23 13:20") == []
    assert worker.skipped() == {"75%": "waived: agreed by phone"}
    revoked = ticket(waivers=(replace(agreed, revoked_at=at("11-23 13:30")),))
    assert worker.fires(revoked, "11-23 13:31") == ["75%"]


def test_after_a_waiver_no_rung_fires_twice() -> None:
    worker = Worker()
    assert "breach" in worker.fires(ticket(), "11-23 14:01")
    excused = ticket(waivers=(Waiver(at("11-23 14:30"), "agreed by phone", expires_at=at("11-23 15:30")),))
    assert worker.fires(excused, "11-23 15:00") == []
    assert worker.fires(excused, "11-23 15:31") == []


LADDERS = st.lists(
    st.tuples(st.integers(0, STEPS), st.sampled_from(["once", "fire", "skip"]), st.integers(0, 15)),
    min_size=1,
    max_size=3,
)
PIECES = [
    oracle.Rung("before", "before", 3),
    oracle.Rung("breach", "breach", every=4, times=2),
    oracle.Rung("after", "after", 5),
    oracle.Rung("again", "after", 9, every=7, times=3),
]


def oracle_ladders(drawn: list[tuple[int, str, int]]) -> list[oracle.Ladder]:
    return [
        oracle.Ladder(since, f"ladder {picks % 2}", tuple(one for n, one in enumerate(PIECES) if picks >> n & 1), late)
        for since, late, picks in sorted({turn[0]: turn for turn in drawn}.values())
    ]


def ours(scene: Scene, told: oracle.Ladder) -> LadderChange:
    rungs = tuple(Rung(one.name, level, mark_of(one, 0), DO) for level, one in enumerate(told.rungs, 1))
    patience = told.patience * STEP_MS
    return LadderChange(scene.at(told.since), Ladder(told.name, rungs, Late(told.late), patience))


@examples(250)
@given(
    scene=scenes(),
    drawn=LADDERS,
    looks=st.lists(st.integers(0, STEPS - 1), min_size=1, max_size=12, unique=True),
    go_live=st.sampled_from([0, 0, 40, 90]),
)
def test_what_fires_is_what_counting_steps_says(
    scene: Scene, drawn: list[tuple[int, str, int]], looks: list[int], go_live: int
) -> None:
    looks = sorted({max(at, scene.ticket.created) for at in looks})
    ladders = oracle_ladders(drawn)
    kept: dict[str, Reached] = {}
    fired: list[str] = []
    for now in looks:
        if scene.ticket.is_closed(now):
            continue
        timeline = scene.timeline(now)
        inputs = EscalationInputs(
            RecordRef.of("7"),
            Pauses.at(timeline, scene.at(now)),
            kept,
            frozenset(),
            scene.at(go_live),
            scene.at(now),
            lambda *_: None,
        )
        found = escalate(inputs, [scene.judged(now)], {scene.clock: [ours(scene, one) for one in ladders]})
        kept |= {one.key: one for one in found.news}
        fired += [one.reached.key for one in found.fired]
    wanted = oracle.expected(scene.ticket, scene.changes, ladders, looks, go_live=go_live)
    assert len(fired) == len(set(fired))
    assert {(key, kept[key].due_at) for key in fired} == {
        (f"rung:7:{scene.clock.key}:{hit.cycle}:{hit.ladder}:{hit.rung}", scene.at(hit.at)) for hit in wanted
    }
