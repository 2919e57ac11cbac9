"""Waivers that are revoked, limited to an interval, or stop the clocks; and where rungs stand after one has ended."""

from __future__ import annotations

import pytest

from clock.tickets import HOUR, always, at, judged, ticket
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.pauses import Pauses
from hubspot_sla.clock.promise import PromiseChange
from hubspot_sla.clock.rungs import Mark, Side, Span, instant
from hubspot_sla.clock.timeline import Role, Timeline
from hubspot_sla.clock.verdict import Status
from hubspot_sla.clock.waivers import StoppedInterval, Waiver

BREACH = Mark(Side.BREACH)
TWO_HOURS_LATER = Mark(Side.AFTER, span=Span(2 * HOUR))
HALF = Mark(Side.SHARE, 50)


def granted(when: str = "11-23 15:00", **rest: object) -> Waiver:
    return Waiver(at(when), "agreed by phone", **rest)  # type: ignore[arg-type]


def stopped(since: str, until: str, granted_at: str = "11-23 10:00", **rest: object) -> StoppedInterval:
    return StoppedInterval(at(granted_at), "their outage", at(since), at(until), **rest)  # type: ignore[arg-type]


def reached(timeline: Timeline, mark: Mark, now: str, hours: float = 4) -> int | None:
    return instant(judged(timeline, always(hours), now).cycle, mark, Pauses.at(timeline, at(now)))


def test_a_revoked_waiver_is_as_if_it_had_never_been() -> None:
    timeline = ticket(waivers=(granted(revoked_at=at("11-23 18:00")),))
    assert judged(timeline, always(4), "11-23 17:59").status is Status.WAIVED
    late = judged(timeline, always(4), "11-23 18:00")
    assert (late.status, late.cycle.breached_at) == (Status.BREACHED, at("11-23 14:00"))


def test_a_revocation_also_undoes_what_was_over_while_it_was_excused() -> None:
    timeline = ticket(("11-23 17:00", Role.CLOSED), waivers=(granted(revoked_at=at("11-23 18:00")),))
    assert judged(timeline, always(4), "11-23 17:30").status is Status.WAIVED
    assert judged(timeline, always(4), "11-23 18:00").status is Status.MISSED


def test_what_was_met_stays_met() -> None:
    timeline = ticket(("11-23 13:00", Role.CLOSED), waivers=(granted("11-23 11:00"),))
    assert judged(timeline, always(4), "11-23 18:00").status is Status.MET


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        ("11-23 14:00", "11-23 14:01", Status.WAIVED),
        ("11-23 13:00", "11-23 14:00", Status.BREACHED),
        ("11-23 14:01", "11-23 20:00", Status.BREACHED),
    ],
)
def test_an_interval_excuses_what_became_late_in_it(since: str, until: str, status: Status) -> None:
    timeline = ticket(waivers=(granted(since=at(since), until=at(until)),))
    assert judged(timeline, always(4), "11-23 16:00").status is status


def test_of_several_the_one_that_lasts_longest_counts() -> None:
    brief, long = granted(expires_at=at("11-23 17:00")), granted(expires_at=at("11-23 19:00"))
    verdict = judged(ticket(waivers=(long, brief)), always(4), "11-23 16:00")
    assert verdict.cycle.next_at == at("11-23 19:00")
    assert judged(ticket(waivers=(brief, granted())), always(4), "11-30 16:00").status is Status.WAIVED


def test_a_waiver_may_be_for_one_clock_by_its_key() -> None:
    timeline = ticket(waivers=(granted(metric="ola:resolution"),))
    assert judged(timeline, always(4), "11-23 16:00").status is Status.BREACHED


def test_an_interval_that_is_stopped_is_a_pause() -> None:
    timeline = ticket(stopped=(stopped("11-23 11:00", "11-23 13:00"),))
    assert judged(timeline, always(4), "11-23 13:00").cycle.due_at == at("11-23 16:00")


def test_while_it_is_stopped_the_clock_is_paused_until_its_end_at_the_latest() -> None:
    timeline = ticket(stopped=(stopped("11-23 11:00", "11-23 13:00"),))
    before = judged(timeline, always(4), "11-23 10:30")
    assert (before.status, before.cycle.next_at) == (Status.RUNNING, at("11-23 11:00"))
    paused = judged(timeline, always(4), "11-23 12:00")
    assert (paused.status, paused.cycle.next_at) == (Status.PAUSED, at("11-23 13:00"))


def test_a_breach_that_a_stopped_interval_undoes_is_withdrawn_with_who_granted_it() -> None:
    timeline = ticket(stopped=(stopped("11-23 11:00", "11-23 13:00", "11-23 15:00", by="Ada"),))
    assert judged(timeline, always(4), "11-23 14:30").status is Status.BREACHED
    verdict = judged(timeline, always(4), "11-23 15:30")
    (undone,) = verdict.cycle.withdrawn
    assert (verdict.status, verdict.cycle.due_at) == (Status.RUNNING, at("11-23 16:00"))
    assert (undone.breached_at, undone.withdrawn_at, undone.by) == (at("11-23 14:00"), at("11-23 15:00"), "Ada")
    assert "their outage" in undone.why


def test_a_stop_for_one_metric_leaves_the_others_running() -> None:
    timeline = ticket(stopped=(stopped("11-23 11:00", "11-23 13:00", metric=Metric.UPDATE),))
    assert judged(timeline, always(4), "11-23 13:00").cycle.due_at == at("11-23 14:00")


def test_a_revoked_stop_lets_the_time_count_again() -> None:
    timeline = ticket(stopped=(stopped("11-23 11:00", "11-23 13:00", revoked_at=at("11-23 15:00")),))
    assert judged(timeline, always(4), "11-23 14:30").status is Status.RUNNING
    assert judged(timeline, always(4), "11-23 15:00").status is Status.BREACHED
    assert reached(timeline, BREACH, "11-23 15:30") == at("11-23 15:00")


def test_time_that_is_stopped_and_waited_counts_once() -> None:
    timeline = ticket(
        ("11-23 11:00", Role.WAITING), ("11-23 12:00", Role.OPEN), stopped=(stopped("11-23 11:30", "11-23 13:00"),)
    )
    assert judged(timeline, always(4), "11-23 13:30").cycle.due_at == at("11-23 16:00")


@pytest.mark.parametrize("end", ["expires_at", "revoked_at"])
def test_after_a_waiver_rungs_count_from_its_end(end: str) -> None:
    timeline = ticket(waivers=(granted("11-23 13:00", **{end: at("11-23 18:00")}),))
    assert reached(timeline, BREACH, "11-23 18:30") == at("11-23 18:00")
    assert reached(timeline, TWO_HOURS_LATER, "11-23 18:30") == at("11-23 20:00")


def test_a_share_of_the_target_that_was_passed_meanwhile_is_reached_at_the_end_of_the_waiver() -> None:
    timeline = ticket(waivers=(granted("11-23 11:00", expires_at=at("11-23 13:00")),))
    assert reached(timeline, HALF, "11-23 13:30") == at("11-23 13:00")
    assert reached(timeline, Mark(Side.SHARE, 10), "11-23 13:30") == at("11-23 10:24")


def test_a_waiver_also_excuses_a_promise_that_ended_late() -> None:
    changes = [*always(4), PromiseChange(at("11-23 16:00"), None, "the policy ended")]
    timeline = ticket(waivers=(granted(),))
    assert judged(timeline, changes, "11-23 17:00").status is Status.WAIVED
    assert judged(ticket(), changes, "11-23 17:00").status is Status.MISSED


def test_an_interval_excuses_nothing_of_a_clock_of_which_nobody_knows_when_it_is_late() -> None:
    paused = ticket(("11-23 11:00", Role.WAITING), waivers=(granted("11-23 11:30", since=at("11-23 11:00")),))
    verdict = judged(paused, always(4), "11-23 16:00")
    assert (verdict.status, verdict.cycle.excuse) == (Status.PAUSED, None)
    always_excused = ticket(("11-23 11:00", Role.WAITING), waivers=(granted("11-23 11:30"),))
    assert judged(always_excused, always(4), "11-23 16:00").cycle.excuse is not None


def test_a_stop_withdraws_nothing_where_nothing_was_late() -> None:
    early = ticket(("11-23 10:30", Role.CLOSED), stopped=(stopped("11-23 11:00", "11-23 13:00"),))
    assert judged(early, always(4), "11-23 18:00").cycle.withdrawn == ()


def test_a_breach_that_a_stop_known_before_it_never_let_come_is_none_that_is_withdrawn() -> None:
    timeline = ticket(stopped=(stopped("11-23 12:00", "11-23 13:00", granted_at="11-23 10:30"),))
    cycle = judged(timeline, always(4), "11-23 14:30").cycle
    assert (cycle.due_at, cycle.breached_at, cycle.withdrawn) == (at("11-23 15:00"), None, ())


def test_a_stop_that_begins_after_the_breach_leaves_it_as_it_was() -> None:
    timeline = ticket(stopped=(stopped("11-23 15:00", "11-23 16:00", granted_at="11-23 15:00"),))
    cycle = judged(timeline, always(4), "11-23 17:00").cycle
    assert (cycle.breached_at, cycle.withdrawn) == (at("11-23 14:00"), ())
