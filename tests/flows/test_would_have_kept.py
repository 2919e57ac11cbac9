"""Which time, had the clock stood still in it, would have kept a broken promise: by hand, and against trying it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clock.tickets import always, at, ticket
from hubspot_sla.clock.judge import judge_all
from hubspot_sla.clock.metrics import Metric
from hubspot_sla.clock.promise import Clock, Kind
from hubspot_sla.clock.timeline import Role
from hubspot_sla.flows.judging.judgement import Judgement
from hubspot_sla.flows.judging.would_have_kept import Hands, broken, would_have_kept
from hubspot_sla.measure.whose_time import TeamChange

if TYPE_CHECKING:
    from hubspot_sla.clock.timeline import Timeline
    from hubspot_sla.flows.judging.would_have_kept import WouldHaveKept

NOW = at("11-25 10:00")
RESOLUTION = Clock(Kind.SLA, Metric.RESOLUTION)


def kept(timeline: Timeline, hours: float = 4, teams: tuple[TeamChange, ...] = ()) -> WouldHaveKept:
    promised = {RESOLUTION: always(hours)}
    judgement = Judgement(timeline, (), judge_all(timeline, promised, NOW), promised, by_agent=False)
    ((clock, cycle),) = broken(judgement)
    return would_have_kept(judgement, clock, cycle, NOW, teams)


def spans(found: WouldHaveKept) -> list[tuple[int, int]]:
    return [(stretch.start, stretch.end) for stretch in found.alone]


def test_one_stretch_alone_would_have_kept_it() -> None:
    """Two hours new, five with Billing, half an hour with Sales: 7:30 of 4:00. Without Billing's it is 2:30."""
    timeline = ticket(("11-23 12:00", "Billing"), ("11-23 17:00", "Sales"), ("11-23 17:30", Role.CLOSED))
    found = kept(timeline)
    assert spans(found) == [(at("11-23 12:00"), at("11-23 17:00"))]
    assert found.together == (Hands("Billing team"),)


def test_a_stretch_is_whole_although_lateness_began_within_it() -> None:
    """Due at 14:00, in the midst of Billing's time: the half before that would not have been enough."""
    found = kept(ticket(("11-23 11:00", "Billing"), ("11-23 19:00", Role.CLOSED)))
    assert spans(found) == [(at("11-23 11:00"), at("11-23 19:00"))]
    assert found.alone[0].business_ms == 8 * 3_600_000


def test_where_no_stretch_alone_is_enough_the_fewest_hands_are_named() -> None:
    """Billing twice three hours, Sales two, ours one: 9 of 3:30. One of Billing's leaves six, both leave three."""
    timeline = ticket(
        ("11-23 11:00", "Billing"),
        ("11-23 14:00", "Sales"),
        ("11-23 16:00", "Billing"),
        ("11-23 19:00", Role.CLOSED),
    )
    found = kept(timeline, 3.5)
    assert found.alone == ()
    assert found.together == (Hands("Billing team"),)


def test_two_hands_where_one_is_not_enough() -> None:
    timeline = ticket(("11-23 13:00", "Billing"), ("11-23 16:00", "Sales"), ("11-23 18:00", Role.CLOSED))
    found = kept(timeline, 3.5)
    assert (found.alone, found.enough) == ((), ())
    assert found.together == (Hands("Billing team"), Hands("Sales team"))


def test_of_several_holders_each_of_whom_is_enough_the_one_with_the_least_time_is_named() -> None:
    """Three hours of ours and two with Billing: 5 of 4:00."""
    found = kept(ticket(("11-23 13:00", "Billing"), ("11-23 15:00", Role.CLOSED)))
    assert found.enough == (Hands("Billing team"), Hands("support"))
    assert found.together == (Hands("Billing team"),)


def test_our_own_queue_is_told_apart_by_its_team() -> None:
    """Six hours of ours, of which the second line had the last four."""
    teams = (TeamChange(at("11-23 10:00"), "1"), TeamChange(at("11-23 12:00"), "2"))
    found = kept(ticket(("11-23 16:00", Role.CLOSED)), 3, teams)
    assert spans(found) == [(at("11-23 12:00"), at("11-23 16:00"))]
    assert found.together == (Hands("support", "2"),)


def test_of_many_hands_those_with_the_most_time_are_taken_first() -> None:
    """24 teams, each for an hour, the last for ten: 4 of 33 hours are left without that one and 19 others."""
    teams = tuple(TeamChange(at("11-23 10:00") + hour * 3_600_000, f"{hour:02}") for hour in range(24))
    found = kept(ticket(("11-24 19:00", Role.CLOSED)), 4.5, teams)
    assert found.together[0] == Hands("support", "23")
    assert found.together[1:] == tuple(Hands("support", f"{hour:02}") for hour in range(19))


def test_a_pause_that_was_one_already_would_have_kept_nothing() -> None:
    timeline = ticket(("11-23 11:00", Role.WAITING), ("11-23 20:00", Role.OPEN), ("11-24 02:00", Role.CLOSED))
    found = kept(timeline)
    assert spans(found) == [(at("11-23 20:00"), at("11-24 02:00"))]
