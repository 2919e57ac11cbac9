"""The calendar against an oracle that looks at every minute, and the laws of adding up time.

Some 11,600 questions in the suite; `make prove` asks a hundred times as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clock.wall_oracle import Oracle, Span
from hubspot_sla.clock.calendar import HOUR_MS, Calendar
from hubspot_sla.clock.hours import WHOLE_DAY, Hours
from proof import examples

CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-11-01"),
    ("America/St_Johns", "2026-03-08"),
    ("Australia/Lord_Howe", "2026-04-05"),  # half an hour
    ("Australia/Adelaide", "2026-10-04"),
    ("America/Santiago", "2026-09-06"),  # at midnight, southern
    ("America/Havana", "2026-11-01"),  # back to midnight
    ("Asia/Beirut", "2026-10-25"),  # back from midnight
    ("Africa/Casablanca", "2026-02-15"),  # back for Ramadan
    ("Asia/Kolkata", "2026-12-31"),
    ("Pacific/Apia", "2011-12-30"),  # a day that never was
]

minutes = st.one_of(st.integers(0, 24 * 60 - 1), st.sampled_from([0, 60, 120, 150, 180, 540, 1380]))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(minutes)
    length = draw(st.one_of(st.integers(1, 24 * 60), st.sampled_from([60, 480, 24 * 60])))
    return start, start + length


def hours_of(days: dict[date, list[Span]]) -> dict[date, tuple[Hours, ...]]:
    return {day: tuple(Hours(*span) for span in day_spans) for day, day_spans in days.items()}


@dataclass
class Case:
    calendar: Calendar
    oracle: Oracle
    first: int
    last: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A calendar of random hours and exceptions around a day on which clocks change."""
    name, around = draw(st.sampled_from(CHANGES))
    zone, day = ZoneInfo(name), date.fromisoformat(around)
    near = st.integers(-2, 2).map(lambda n: day + timedelta(days=n))
    week = draw(st.dictionaries(st.integers(0, 6), st.lists(spans(), max_size=2), min_size=3))
    week[draw(st.integers(0, 6))] = [draw(spans())]
    holidays = draw(st.sets(near, max_size=1))
    shut = draw(st.dictionaries(near, st.lists(spans(), min_size=1, max_size=1), max_size=1))
    opened = draw(st.dictionaries(near, st.lists(spans(), max_size=2), max_size=1))
    first = datetime.combine(day - timedelta(days=2), time(), zone)
    last = datetime.combine(day + timedelta(days=3), time(), zone)
    calendar = Calendar(
        "random",
        zone,
        {weekday: tuple(Hours(*span) for span in week_spans) for weekday, week_spans in week.items()},
        holidays=lambda year: {holiday: "a holiday" for holiday in holidays if holiday.year == year},
        closed=hours_of(shut),
        opened=hours_of(opened),
    )
    oracle = Oracle(zone, week, first, last, shut_days=holidays - set(opened), shut_parts=shut, opened=opened)
    return Case(calendar, oracle, int(first.timestamp()) * 1000, int(last.timestamp()) * 1000)


QUESTIONS = 30
"""How many each random calendar is asked: making one, and its oracle, costs more than asking."""


@examples(80)
@given(case=cases(), data=st.data())
def test_every_answer_agrees_with_looking_at_every_minute(case: Case, data: st.DataObject) -> None:
    calendar, oracle = case.calendar, case.oracle
    instants = st.integers(case.first, case.last)
    questions = st.tuples(instants, instants, st.integers(0, 60 * HOUR_MS))
    for one, other, budget in data.draw(st.lists(questions, min_size=QUESTIONS, max_size=QUESTIONS)):
        start, end = min(one, other), max(one, other)
        elapsed = oracle.elapsed_ms(start, end)
        assert calendar.elapsed(start, end) == elapsed
        assert calendar.is_open(start) == oracle.is_open(start)
        due, before = oracle.due(start, budget), oracle.before(end, budget)
        assert due is None or calendar.due(start, budget) == due  # None: not within the days the oracle sees
        assert before is None or calendar.before(end, budget) == before
        assert sum(until - at for at, until in calendar.segments(start, end)) == elapsed


YEAR_2026 = st.integers(1_767_225_600_000, 1_798_761_600_000)
OFFICE = {weekday: (Hours(540, 720), Hours(780, 1050)) for weekday in range(5)} | {5: (Hours(1320, 1800),)}
budgets = st.integers(0, 3000 * HOUR_MS)
calendars = st.sampled_from(
    [
        Calendar(
            zone,
            ZoneInfo(zone),
            OFFICE,
            holidays=lambda year: {date(year, 1, 1): "New Year", date(year, 12, 25): "Christmas"},
            closed={date(2026, 5, 4): (WHOLE_DAY,)},
        )
        for zone in (
            "Europe/Berlin",
            "America/New_York",
            "America/St_Johns",
            "America/Santiago",
            "America/Havana",
            "Australia/Lord_Howe",
            "Australia/Adelaide",
            "Asia/Kathmandu",
            "Pacific/Chatham",
            "UTC",
        )
    ]
)


@examples(1000)
@given(calendar=calendars, start=YEAR_2026, budget=budgets)
def test_exactly_the_budget_has_run_when_it_is_due_and_not_a_millisecond_before(
    calendar: Calendar, start: int, budget: int
) -> None:
    due = calendar.due(start, budget)
    assert calendar.elapsed(start, due) == budget
    if budget:
        assert calendar.elapsed(start, due - 1) == budget - 1


@examples(1000)
@given(calendar=calendars, end=YEAR_2026, budget=budgets)
def test_exactly_the_budget_remains_from_the_instant_before_and_less_a_millisecond_later(
    calendar: Calendar, end: int, budget: int
) -> None:
    start = calendar.before(end, budget)
    assert calendar.elapsed(start, end) == budget
    if budget:
        assert calendar.elapsed(start + 1, end) == budget - 1
        assert calendar.due(start, budget) <= end


@examples(1000)
@given(calendar=calendars, start=YEAR_2026, first=st.integers(0, 10**11), second=st.integers(0, 10**11))
def test_business_time_adds_up_and_never_decreases(calendar: Calendar, start: int, first: int, second: int) -> None:
    middle, end = start + first, start + first + second
    whole = calendar.elapsed(start, end)
    assert whole == calendar.elapsed(start, middle) + calendar.elapsed(middle, end)
    assert calendar.elapsed(start, middle) <= whole <= end - start


@examples(1000)
@given(calendar=calendars, start=YEAR_2026, one=budgets, other=budgets)
def test_a_larger_budget_is_due_later_and_budgets_chain(calendar: Calendar, start: int, one: int, other: int) -> None:
    assert calendar.due(start, one) <= calendar.due(start, one + other)
    assert calendar.due(calendar.due(start, one), other) == calendar.due(start, one + other) or not other


@examples(1000)
@given(calendar=calendars, end=YEAR_2026, one=budgets, other=budgets)
def test_a_larger_budget_reaches_further_back_and_budgets_chain(
    calendar: Calendar, end: int, one: int, other: int
) -> None:
    assert calendar.before(end, one) >= calendar.before(end, one + other)
    assert calendar.before(calendar.before(end, one), other) == calendar.before(end, one + other) or not other


@examples(1000)
@given(calendar=calendars, start=YEAR_2026, length=st.integers(0, 10**10))
def test_every_instant_of_a_segment_is_open_and_its_borders_are_where_it_changes(
    calendar: Calendar, start: int, length: int
) -> None:
    end = start + length
    for at, until in calendar.segments(start, end):
        assert start <= at < until <= end
        assert calendar.is_open(at)
        assert calendar.is_open(until - 1)
        assert at == start or not calendar.is_open(at - 1)
        assert until == end or not calendar.is_open(until)
