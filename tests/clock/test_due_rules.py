"""Targets that fix a due instant at the start: each rule by example, and all against stepping through minutes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock.day_oracle import DayOracle
from clock.tickets import always, judged, ticket
from hubspot_sla.clock.calendar import ALWAYS, HOUR_MS, Calendar
from hubspot_sla.clock.due_rules import BusinessTime, Earlier, EndOfDay, Later, OnCalendar, SameTime
from hubspot_sla.clock.hours import WHOLE_DAY, Hours
from hubspot_sla.clock.timeline import Role
from hubspot_sla.clock.verdict import Status
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.clock.due_rules import DueRule

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = (Hours(9 * 60, 12 * 60 + 30), Hours(13 * 60 + 30, 17 * 60))
OFFICE = Calendar("office", BERLIN, dict.fromkeys(range(5), DAYS), closed={date(2026, 11, 25): (WHOLE_DAY,)})
NIGHTS = Calendar("nights", BERLIN, {0: (Hours(22 * 60, 30 * 60),), 4: (Hours(22 * 60, 30 * 60),)})
CUT_OFF = 16 * 60


def at(text: str) -> int:
    """`23 10:00`, in Berlin in November 2026; the 23rd is a Monday, the 25th is closed."""
    return int(datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN).timestamp()) * 1000


CASES = [
    # the same time, so many business days later
    (SameTime(2), "23 10:15", "26 10:15"),  # the 25th is no business day
    (SameTime(1), "27 16:59", "30 16:59"),
    (SameTime(1), "23 18:00", "26 09:00"),  # after hours: day 0 is the 24th, from its opening on
    (SameTime(1), "23 07:00", "24 09:00"),  # before hours: day 0 is the same date
    (SameTime(1), "23 13:00", "24 13:30"),  # at lunch: from the opening after it
    # the end of a business day
    (EndOfDay(0), "23 10:00", "23 17:00"),
    (EndOfDay(1), "23 10:00", "24 17:00"),
    (EndOfDay(1), "24 10:00", "26 17:00"),
    (EndOfDay(0), "23 17:00", "24 17:00"),  # the instant of closing is closed
    (EndOfDay(0), "28 11:00", "30 17:00"),  # on a Saturday day 0 is Monday
    # after the cut-off it counts as tomorrow
    (EndOfDay(0, CUT_OFF), "23 16:00", "23 17:00"),  # at the cut-off it is still today
    (EndOfDay(0, CUT_OFF), "23 16:01", "24 17:00"),
    (EndOfDay(1, CUT_OFF), "24 16:30", "27 17:00"),
    (EndOfDay(0, CUT_OFF), "23 18:00", "24 17:00"),  # closed: tomorrow anyway, and not the day after
    (SameTime(1, CUT_OFF), "23 16:30", "26 09:00"),
    (BusinessTime(2 * HOUR_MS, CUT_OFF), "23 16:30", "24 11:00"),
    (BusinessTime(2 * HOUR_MS, CUT_OFF), "23 15:30", "24 09:30"),
    # of two
    (Earlier(frozenset({BusinessTime(4 * HOUR_MS), EndOfDay(0)})), "23 10:00", "23 15:00"),
    (Earlier(frozenset({BusinessTime(4 * HOUR_MS), EndOfDay(0)})), "23 15:00", "23 17:00"),
    (Later(frozenset({BusinessTime(4 * HOUR_MS), EndOfDay(0)})), "23 15:00", "24 11:00"),
    (OnCalendar(BusinessTime(24 * HOUR_MS), ALWAYS), "27 16:00", "28 16:00"),
]


@pytest.mark.parametrize(("rule", "start", "due"), CASES)
def test_a_rule_fixes_the_due_instant_at_the_start(rule: DueRule, start: str, due: str) -> None:
    assert rule.due(at(start), OFFICE) == at(due)


def test_a_start_outside_hours_counts_from_the_day_of_the_next_opening() -> None:
    saturday, monday = at("28 11:00"), at("30 09:00")
    assert EndOfDay(0).due(saturday, OFFICE) == at("30 17:00")
    assert SameTime(1).due(saturday, OFFICE) == monday + 24 * HOUR_MS


def test_a_night_shift_belongs_to_the_date_on_which_it_begins() -> None:
    assert EndOfDay(0).due(at("24 02:00"), NIGHTS) == at("24 06:00")
    assert EndOfDay(1).due(at("24 02:00"), NIGHTS) == at("28 06:00")  # Friday's night ends on Saturday
    assert SameTime(1).due(at("24 02:00"), NIGHTS) == at("28 02:00")
    assert EndOfDay(0, cut_off=23 * 60).due(at("24 02:00"), NIGHTS) == at("28 06:00")


def test_the_same_time_of_a_day_on_which_clocks_change_is_what_the_clock_shows() -> None:
    weekdays = Calendar("all", BERLIN, dict.fromkeys(range(7), (WHOLE_DAY,)))
    spring = datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN)
    due = SameTime(1).due(int(spring.timestamp()) * 1000, weekdays)
    assert datetime.fromtimestamp(due / 1000, BERLIN).isoformat() == "2026-03-29T03:00:00+02:00"  # 2:30 never comes
    autumn = datetime(2026, 10, 24, 2, 30, 0, 250_000, tzinfo=BERLIN)
    due = SameTime(1).due(int(autumn.timestamp() * 1000), weekdays)
    assert due == int(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0).timestamp()) * 1000 + 250


@pytest.mark.parametrize(("closed", "status"), [("11-23 15:59", Status.MET), ("11-23 16:01", Status.MISSED)])
def test_a_ticket_closed_once_is_held_against_the_instant_that_its_rule_fixed(closed: str, status: Status) -> None:
    promised = always(calendar=OFFICE, due_rule=EndOfDay(0))
    verdict = judged(ticket((closed, Role.CLOSED)), promised, "11-24 12:00")
    assert (verdict.status, verdict.cycle.due_at) == (status, at("23 17:00"))


def test_rules_are_equal_when_they_mean_the_same() -> None:
    assert BusinessTime(HOUR_MS) == BusinessTime(60 * 60_000) != BusinessTime(HOUR_MS, CUT_OFF)
    assert Earlier(frozenset({SameTime(1), EndOfDay(0)})) == Earlier(frozenset({EndOfDay(0), SameTime(1)}))
    assert Earlier(frozenset({SameTime(1)})) != Later(frozenset({SameTime(1)}))
    assert OnCalendar(SameTime(1), ALWAYS) == OnCalendar(SameTime(1), ALWAYS) != OnCalendar(SameTime(1), OFFICE)
    assert len({OnCalendar(SameTime(1), ALWAYS), OnCalendar(SameTime(1), ALWAYS)}) == 1


def test_a_calendar_that_opens_too_seldom_is_an_error_and_no_endless_search() -> None:
    once = Calendar("once", BERLIN, {}, opened={date(2026, 11, 23): (Hours(540, 600),)})
    with pytest.raises(ValueError, match="1 business days do not pass within 50 years"):
        SameTime(1).due(at("23 09:30"), once)
    with pytest.raises(ValueError, match="do not pass"):
        EndOfDay(0).due(at("24 09:30"), once)


CHANGES = [("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"), ("Asia/Kolkata", "2026-11-25")]
shifts = st.sampled_from([[], [(540, 1020)], [(540, 750), (810, 1020)], [(1320, 1560)], [(180, 240), (1200, 1260)]])


@examples(40)
@given(data=st.data())
def test_every_rule_is_due_when_stepping_through_the_minutes_says(data: st.DataObject) -> None:
    name, around = data.draw(st.sampled_from(CHANGES))
    zone, day = ZoneInfo(name), date.fromisoformat(around)
    week = data.draw(st.dictionaries(st.integers(0, 6), shifts, min_size=3)) | {0: [(540, 1020)], 4: [(600, 660)]}
    shut = {day + timedelta(days=data.draw(st.integers(-3, 3)))}
    first = datetime.combine(day - timedelta(days=6), time(), zone)
    oracle = DayOracle(zone, week, first, datetime.combine(day + timedelta(days=11), time(), zone), shut_days=shut)
    hours = {weekday: tuple(Hours(*span) for span in spans) for weekday, spans in week.items()}
    calendar = Calendar("random", zone, hours, closed=dict.fromkeys(shut, (WHOLE_DAY,)))
    low, high = int(first.timestamp()) * 1000, int((first + timedelta(days=8)).timestamp()) * 1000
    for _ in range(10):
        start = data.draw(st.integers(low, high))
        days, cut_off = data.draw(st.integers(0, 3)), data.draw(st.sampled_from([None, 600, 960, 1380]))
        expected = oracle.due_end_of_day(start, days, cut_off)
        assert expected is None or EndOfDay(days, cut_off).due(start, calendar) == expected
        if days:
            expected = oracle.due_same_time(start, days, cut_off)
            same = SameTime(days, cut_off).due(start, calendar)
            assert expected is None or same == expected
            assert same > start
