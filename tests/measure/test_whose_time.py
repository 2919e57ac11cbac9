"""Whose time it was: held against counting every single minute."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.clock.calendar import ALWAYS, Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.clock.segments import CUSTOMER, SUPPORT, Segment, State
from hubspot_sla.measure.whose_time import Holder, HolderTime, TeamChange, whose_time

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE = 60_000
MONDAY = 1_795_392_000_000
"""2026-11-23T00:00:00Z."""
OFFICE = Calendar(
    "office", ZoneInfo("Europe/Berlin"), dict.fromkeys(range(5), (Hours(9 * 60, 12 * 60), Hours(13 * 60, 17 * 60)))
)
VENDORS = {"Bank"}

HOLDERS = st.sampled_from([SUPPORT, CUSTOMER, "Bank", "Billing"])
STATES = st.sampled_from([State.RUNNING, State.PAUSED, State.CLOSED])
MINUTES = st.integers(0, 3 * 24 * 60)


def segment(start: int, end: int, state: State = State.RUNNING, whose: str = SUPPORT) -> Segment:
    return Segment(MONDAY + start * MINUTE, MONDAY + end * MINUTE, state, "", whose, 0)


@st.composite
def spans(draw: st.DrawFn) -> list[Segment]:
    """Segments without a gap over up to three days."""
    cuts = sorted(draw(st.sets(MINUTES, min_size=2, max_size=7)))
    return [segment(start, end, draw(STATES), draw(HOLDERS)) for start, end in pairwise(cuts)]


TEAMS = st.lists(
    st.tuples(MINUTES, st.sampled_from(["401", "402", ""])), max_size=3, unique_by=lambda change: change[0]
).map(lambda changes: [TeamChange(MONDAY + at * MINUTE, team) for at, team in sorted(changes)])


def counted(
    segments: Sequence[Segment], calendar: Calendar, breached_at: int | None, teams: Sequence[TeamChange]
) -> Counter[tuple[str, str, bool]]:
    """Every minute by itself."""
    minutes: Counter[tuple[str, str, bool]] = Counter()
    for segment in segments:
        for at in range(segment.start, segment.end, MINUTE):
            if segment.state is State.CLOSED:
                continue
            late = breached_at is not None and at >= breached_at
            if not calendar.is_open(at):
                minutes["closed_hours", "", late] += 1
            elif segment.whose == SUPPORT:
                team = [change.team_id for change in teams if change.at <= at]
                minutes["queue", team[-1] if team else "", late] += 1
            elif segment.whose == CUSTOMER:
                minutes["customer", "", late] += 1
            else:
                minutes["vendor" if segment.whose in VENDORS else "team", segment.whose, late] += 1
    return minutes


@given(spans(), st.sampled_from([OFFICE, ALWAYS]), st.none() | MINUTES, TEAMS)
def test_each_minute_is_with_its_holder(
    segments: list[Segment], calendar: Calendar, breached: int | None, teams: list[TeamChange]
) -> None:
    breached_at = None if breached is None else MONDAY + breached * MINUTE
    rows = whose_time(segments, calendar, breached_at=breached_at, teams=teams, vendors=VENDORS)
    assert {(row.holder.value, row.name, row.late): row.ms // MINUTE for row in rows} == counted(
        segments, calendar, breached_at, teams
    )


@given(spans(), TEAMS)
def test_the_rows_add_up_to_the_wall_time_in_which_the_record_was_open(
    segments: list[Segment], teams: list[TeamChange]
) -> None:
    rows = whose_time(segments, OFFICE, breached_at=None, teams=teams, vendors=VENDORS)
    open_ms = sum(segment.end - segment.start for segment in segments if segment.state is not State.CLOSED)
    assert sum(row.ms for row in rows) == open_ms


def test_a_night_in_the_queue_of_two_teams_is_cut_at_the_breach_and_at_closing() -> None:
    """From 15:00 to 10:00 in Berlin, late from 16:00, and with the second team from 16:30."""
    night = [segment(14 * 60, 33 * 60)]
    teams = [TeamChange(0, "401"), TeamChange(MONDAY + (15 * 60 + 30) * MINUTE, "402")]
    rows = whose_time(night, OFFICE, breached_at=MONDAY + 15 * 60 * MINUTE, teams=teams, vendors=set())
    assert rows == (
        HolderTime(Holder.CLOSED_HOURS, "", True, 16 * 60 * MINUTE),
        HolderTime(Holder.QUEUE, "401", False, 60 * MINUTE),
        HolderTime(Holder.QUEUE, "401", True, 30 * MINUTE),
        HolderTime(Holder.QUEUE, "402", True, 90 * MINUTE),
    )


def test_a_vendor_and_a_team_of_the_mappings_are_told_apart() -> None:
    waits = [segment(9 * 60, 10 * 60, State.PAUSED, "Bank"), segment(10 * 60, 11 * 60, State.RUNNING, "Billing")]
    rows = whose_time(waits, ALWAYS, breached_at=None, teams=(), vendors=VENDORS)
    assert [(row.holder, row.name) for row in rows] == [(Holder.TEAM, "Billing"), (Holder.VENDOR, "Bank")]


def test_a_cycle_without_time_has_no_rows() -> None:
    assert whose_time([segment(5, 5)], OFFICE, breached_at=None, teams=(), vendors=set()) == ()
