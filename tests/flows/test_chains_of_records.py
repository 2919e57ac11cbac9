"""Chains out of judgements: by hand with nights, pauses and reopenings, and that their parts always sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from clock.tickets import CREATED, HOUR, OFFICE, at
from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import IN_WAITING, Metric
from hubspot_sla.clock.promise import Clock, Kind, Promise, PromiseChange, Reopen
from hubspot_sla.clock.segments import segments, spent
from hubspot_sla.clock.timeline import Role, StageChange, Timeline
from hubspot_sla.contract.chain import Why, cause, parts, slack
from hubspot_sla.flows.judging.chains import RecordChains, chains_of
from hubspot_sla.flows.judging.judgement import Judgement
from hubspot_sla.measure.whose_time import TeamChange
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar

SLA = Clock(Kind.SLA, Metric.RESOLUTION)


def sla(hours: float, calendar: Calendar = ALWAYS, **more: Any) -> Promise:
    return Promise(Metric.RESOLUTION, "gold", f"{hours}h", int(hours * HOUR), calendar, **more)


def behind(kind: Kind, place: str, hours: float, calendar: Calendar = ALWAYS) -> Promise:
    more = {"kind": kind, "place": place}
    return Promise(Metric.STAGE, f"{place} policy", f"{hours}h", int(hours * HOUR), calendar, **more)  # type: ignore[arg-type]


def judged(timeline: Timeline, now: int, *promises: Promise) -> Judgement:
    promised = {promise.clock: [PromiseChange(0, promise)] for promise in promises}
    return Judgement(timeline, (), judge_all(timeline, promised, now), promised, by_agent=False)


def chains(timeline: Timeline, now: int, *promises: Promise) -> RecordChains:
    return chains_of(judged(timeline, now, *promises), now, (TeamChange(CREATED, "7"),))


def bank(when: str, role: Role = Role.OPEN) -> StageChange:
    return StageChange(at(when), role, "Bank", holder="Bank")


def moved(*changes: StageChange) -> Timeline:
    return Timeline(CREATED, (StageChange(CREATED, Role.OPEN, "New"), *changes))


def test_a_vendor_by_its_own_night_and_the_promise_by_office_hours() -> None:
    """Office hours are 08:00 to 16:00 UTC. The bank has it from 14:00 on Monday to 10:00 on Tuesday and promised four
    hours around the clock: late since 18:00, which took 08:00 to 10:00 of the promise. That of seven hours used six on
    Monday, two of them with the bank, and broke on Tuesday at 09:00."""
    timeline = moved(bank("11-23 14:00"), StageChange(at("11-24 10:00"), Role.CLOSED, "Done"))
    found = chains(timeline, at("11-25 10:00"), sla(7, OFFICE), behind(Kind.UC, "Bank", 4))
    (whole,) = found.wholes
    of = cause(whole.chain)
    assert whole.elapsed_ms == 8 * HOUR
    assert (of.why, [(late.link.who, late.overrun_ms / HOUR) for late in of.late]) == (Why.LATE_LINK, [("Bank", 2)])
    assert [(part.link is None, part.in_time_ms / HOUR, part.late_ms / HOUR) for part in parts(whole.chain)] == [
        (True, 4, 0),
        (False, 3, 1),
    ]


def test_a_vendor_that_was_late_while_the_promise_waited_for_it_caused_nothing() -> None:
    timeline = moved(bank("11-23 11:00", Role.WAITING), StageChange(at("11-24 11:00"), Role.OPEN, "Desk"))
    found = chains(timeline, at("11-24 20:00"), sla(4, pauses=IN_WAITING), behind(Kind.UC, "Bank", 2))
    (whole,) = found.wholes
    of = cause(whole.chain)
    assert ([late.overrun_ms for late in of.late], of.why, of.most) == ([0], Why.HOLDER, ("support", "7"))


def test_each_visit_of_a_vendor_is_a_link_and_the_slack_is_that_of_the_one_that_is_open() -> None:
    """The second visit began at 15:00 and may last until 19:00; the promise is due at 22:00. It is 16:00."""
    timeline = moved(bank("11-23 11:00"), StageChange(at("11-23 13:00"), Role.OPEN, "New"), bank("11-23 15:00"))
    found = chains(timeline, at("11-23 16:00"), sla(12), behind(Kind.UC, "Bank", 4))
    (whole,) = found.wholes
    assert [(each.cycle.number, each.link is not None and each.link.ended_at is None) for each in found.links] == [
        (1, False),
        (2, True),
    ]
    links = [each.link for each in found.still_going if each.link is not None]
    assert whole.left_ms == 6 * HOUR
    assert slack(whole.left_ms, links, found.at, whole.chain.business_ms) == 3 * HOUR


def test_what_has_not_begun_is_no_link_of_the_chain_yet() -> None:
    found = chains(moved(), at("11-23 11:00"), sla(12), behind(Kind.UC, "Bank", 4))
    assert [(each.who, each.link) for each in found.links] == [("Bank", None)]
    assert list(found.wholes[0].chain.links) == []
    assert found.still_going == ()


STAGES = [
    ("New", Role.OPEN, None),
    ("Desk", Role.OPEN, "Experts"),
    ("Bank", Role.OPEN, "Bank"),
    ("Wait", Role.WAITING, "Bank"),
    ("Customer", Role.WAITING, None),
    ("Done", Role.CLOSED, None),
]


@examples(30)
@given(
    moves=st.lists(st.tuples(st.integers(1, 20), st.sampled_from(STAGES)), max_size=8),
    calendars=st.lists(st.sampled_from([ALWAYS, OFFICE]), min_size=3, max_size=3),
    hours=st.lists(st.integers(1, 30), min_size=3, max_size=3),
    reopen=st.sampled_from(list(Reopen)),
    pauses=st.booleans(),
    later=st.integers(0, 60),
)
def test_the_parts_of_every_chain_sum_to_what_the_clock_says_was_used(
    moves: list[tuple[int, tuple[str, Role, str | None]]],
    calendars: list[Calendar],
    hours: list[int],
    reopen: Reopen,
    pauses: bool,
    later: int,
) -> None:
    when, changes = CREATED, []
    for step, (name, role, holder) in moves:
        when += step * HOUR
        changes.append(StageChange(when, role, name, holder=holder))
    now, timeline = when + later * HOUR, moved(*changes)
    promises = (
        sla(hours[0], calendars[0], reopen=reopen, pauses=IN_WAITING if pauses else ()),
        behind(Kind.OLA, "Experts", hours[1], calendars[1]),
        behind(Kind.UC, "Bank", hours[2], calendars[2]),
    )
    for whole in chains(timeline, now, *promises).wholes:
        elapsed = spent(whole.cycle, segments(timeline, whole.cycle, now), now).elapsed_ms
        every = parts(whole.chain)
        assert sum(part.ms for part in every) == whole.elapsed_ms == elapsed
        if whole.is_broken:
            late = cause(whole.chain).late
            assert all(each.overrun_ms <= sum(p.ms for p in every) for each in late)
