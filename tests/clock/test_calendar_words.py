"""The words of calendars.yaml beyond weekdays and dates, against an oracle that looks at every minute.

Each random entry is written as an admin would write it and read by the product; the oracle is given the same without
the words. Seasons, alternate weeks, yearly dates, ranges without an offset, unions and intersections.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from clock.wall_oracle import Oracle, Span, Words, all_of, any_of, days_of_every_year
from hubspot_sla.clock.calendar import HOUR_MS
from hubspot_sla.policy.calendar_from_values import calendars_from_text
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = [
    ("Europe/Berlin", "2026-03-29"),  # clocks change
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),  # by half an hour
    ("America/Santiago", "2026-09-06"),  # at midnight
    ("Europe/Berlin", "2027-01-01"),  # the turn of a year
    ("Asia/Kolkata", "2028-02-29"),
]


@st.composite
def hours(draw: st.DrawFn) -> list[Span]:
    """One interval of a day, or none; some end on the next day, before any begins there."""
    return draw(st.sampled_from([[], [(180, 240)], [(360, 840)], [(540, 1020)], [(720, 780)], [(1320, 1560)]]))


weeks = st.dictionaries(st.integers(0, 6), hours(), min_size=1, max_size=4)


def written(spans: list[Span]) -> list[str]:
    return [f"{_minute(start)}-{_minute(end % 1440 or 1440)}" for start, end in spans]


def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def written_week(week: dict[int, list[Span]]) -> dict[str, list[str]]:
    return {WEEKDAYS[number]: written(spans) for number, spans in week.items()}


@dataclass
class Entry:
    """What an admin writes, and what the oracle is told."""

    text: dict[str, Any]
    oracle: Oracle


@st.composite
def entries(draw: st.DrawFn, zone: ZoneInfo, day: date, first: datetime, last: datetime) -> Entry:
    near = st.integers(-3, 3).map(lambda number: day + timedelta(days=number))
    week = draw(weeks) | {draw(st.integers(0, 6)): [(540, 1020)]}
    text: dict[str, Any] = {"timezone": str(zone), "hours": written_week(week), "closed": [], "open": {}}
    words: dict[str, Any] = {}
    if draw(st.booleans()):
        begins, ends = sorted((draw(near), draw(near)))
        season = draw(weeks)
        text["seasons"] = [{"every": f"{begins:%m-%d}..{ends:%m-%d}", "hours": written_week(season)}]
        words["seasons"] = [(days_of_every_year(f"{begins:%m-%d}", f"{ends:%m-%d}"), season)]
    if draw(st.booleans()):
        since, turns = (
            draw(near) - timedelta(days=draw(st.integers(-40, 40))),
            draw(st.lists(weeks, min_size=2, max_size=3)),
        )
        text["alternate_weeks"] = {"first": f"{since}", "weeks": [written_week(turn) for turn in turns]}
        words["alternate"] = (since, turns)
    if draw(st.booleans()):
        yearly, open_spans = draw(near), draw(hours())
        text["open"][f"{yearly:%m-%d}"] = written(open_spans)
        words["opened_yearly"] = {f"{yearly:%m-%d}": open_spans}
    if draw(st.booleans()):
        begins, ends = sorted((draw(near), draw(near)))
        part = draw(hours()) or [(0, 1440)]
        (start, end), every = part[0], days_of_every_year(f"{begins:%m-%d}", f"{ends:%m-%d}")
        said = {"from": _minute(start), "to": _minute(end % 1440 or 1440)} if part != [(0, 1440)] else {}
        text["closed"].append({"every": f"{begins:%m-%d}..{ends:%m-%d}", **said})
        words["shut_yearly"] = dict.fromkeys(every, part)
    if draw(st.booleans()):
        begins = draw(near)
        at = datetime.combine(begins, time(draw(st.integers(4, 23))))
        over = at + timedelta(hours=draw(st.integers(1, 40)))
        over = over if over.hour > 3 else over.replace(hour=4)  # away from the readings that come twice or never
        text["closed"].append({"from": at.isoformat(), "to": over.isoformat()})
        words["shut_readings"] = [(at, over)]
    opened, shut = {}, {}
    if draw(st.booleans()):
        on = draw(near)
        opened, text["open"][f"{on}"] = {on: (spans := draw(hours()))}, written(spans)
    if draw(st.booleans()):
        begins, ends = sorted((draw(near), draw(near)))
        text["closed"].append(f"{begins}..{ends}")
        shut = {begins + timedelta(days=number): [(0, 1440)] for number in range((ends - begins).days + 1)}
    return Entry(text, Oracle(zone, week, first, last, opened=opened, shut_parts=shut, words=Words(**words)))


@dataclass
class Case:
    calendar: Calendar
    oracle: Oracle
    first: int
    last: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """One entry, or two with their union or intersection."""
    name, around = draw(st.sampled_from(DAYS))
    zone, day = ZoneInfo(name), date.fromisoformat(around)
    first = datetime.combine(day - timedelta(days=3), time(), zone)
    last = datetime.combine(day + timedelta(days=4), time(), zone)
    one = draw(entries(zone, day, first, last))
    file, goal, oracle = {"one": one.text}, "one", one.oracle
    how = draw(st.sampled_from(["alone", "alone", "union", "intersection"]))
    if how != "alone":
        elsewhere = ZoneInfo(draw(st.sampled_from(["Asia/Tokyo", "Europe/London", name])))
        other = draw(entries(elsewhere, day, first, last))
        file |= {"other": other.text, "both": {how: ["one", "other"]}}
        goal, oracle = "both", (any_of if how == "union" else all_of)([one.oracle, other.oracle])
        if how == "intersection":  # parts that are never open together are refused: these are, on one day
            for text in (one.text, other.text):
                text["open"]["2026-07-01"] = "00:00-24:00"
    calendar = calendars_from_text("calendars.yaml", json.dumps({"calendars": file}))[goal]
    return Case(calendar, oracle, int(first.timestamp()) * 1000, int(last.timestamp()) * 1000)


QUESTIONS = 20


@examples(60)
@given(case=cases(), data=st.data())
def test_every_word_of_a_calendar_means_what_looking_at_every_minute_says(case: Case, data: st.DataObject) -> None:
    calendar, oracle = case.calendar, case.oracle
    instants = st.integers(case.first, case.last)
    questions = st.tuples(instants, instants, st.integers(0, 30 * HOUR_MS))
    for one, other, budget in data.draw(st.lists(questions, min_size=QUESTIONS, max_size=QUESTIONS)):
        start, end = min(one, other), max(one, other)
        assert calendar.elapsed(start, end) == oracle.elapsed_ms(start, end)
        assert calendar.is_open(start) == oracle.is_open(start)
        due, before = oracle.due(start, budget), oracle.before(end, budget)
        assert due is None or calendar.due(start, budget) == due
        assert before is None or calendar.before(end, budget) == before
