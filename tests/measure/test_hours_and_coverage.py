"""Hours in which nobody answers, records without a promise, waivers by whom, and each instant once: by hand."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.clock.calendar import Calendar
from hubspot_sla.clock.hours import Hours
from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.bottleneck import HeldTime, each_instant_once
from hubspot_sla.measure.coverage import Coverage
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.true_hours import hour_of, promised_hours, true_hours
from hubspot_sla.measure.waiver_rate import waiver_rate, waiver_rates
from hubspot_sla.measure.whose_time import Holder, HolderSpan

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR = 3_600_000
WEEK = 168 * HOUR
MONDAY = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) * 1000
OFFICE = Calendar("office", ZoneInfo("UTC"), {day: (Hours(9 * 60, 11 * 60 + 30),) for day in range(5)})


def test_of_twelve_and_a_half_promised_hours_nobody_answers_in_those_of_friday() -> None:
    """Mon to Fri 09:00 to 11:30, two weeks; an answer in every hour but on Friday, and none at all after 11."""
    promised = promised_hours(OFFICE, MONDAY, MONDAY + 2 * WEEK)
    assert promised[0, 9] == 2 * HOUR
    assert promised[0, 11] == HOUR  # half of it, twice
    found = true_hours(promised, {(day, hour): 3 for day in range(4) for hour in (9, 10)}, 2 * WEEK)
    assert (found.promised_ms, found.silent_ms) == (Fraction(25 * HOUR, 2), Fraction(9 * HOUR, 2))
    assert found.silent == ((0, 11), (1, 11), (2, 11), (3, 11), (4, 9), (4, 10), (4, 11))
    assert (found.answers, found.silent_share) == (24, Fraction(9, 25))


def test_without_any_answer_nothing_is_known_of_silence() -> None:
    found = true_hours(promised_hours(OFFICE, MONDAY, MONDAY + WEEK), {}, WEEK)
    assert (found.silent_share, found.silent, found.answers) == (None, (), 0)
    assert true_hours({}, {(0, 9): 1}, 0).silent_share is None


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"])


@given(ZONES, st.integers(0, 400 * 24 * 4), st.integers(0, 40))
def test_promised_hours_are_what_counting_every_quarter_says(zone: str, start: int, quarters: int) -> None:
    calendar = Calendar("all", ZoneInfo(zone), _every_day())
    first, last = MONDAY + start * HOUR // 4, MONDAY + (start + quarters) * HOUR // 4
    expected = Counter[tuple[int, int]]()
    for at in range(first, last, HOUR // 4):
        expected[hour_of(at, ZoneInfo(zone))] += HOUR // 4
    assert promised_hours(calendar, first, last) == expected


def _every_day() -> dict[int, tuple[Hours, ...]]:
    return {day: (Hours(0, 24 * 60),) for day in range(7)}


@given(st.dictionaries(st.tuples(st.integers(0, 6), st.integers(0, 23)), st.integers(1, 9)), st.data())
def test_more_answers_never_make_more_hours_silent(promised: dict[tuple[int, int], int], data: st.DataObject) -> None:
    hours = st.sampled_from(sorted(promised) or [(0, 0)])
    few = Counter(data.draw(st.lists(hours, min_size=1, max_size=5)))
    more = few + Counter(data.draw(st.lists(hours, max_size=5)))
    first, second = (true_hours(promised, answers, WEEK) for answers in (few, more))
    assert set(second.silent) <= set(first.silent)
    assert 0 <= second.silent_ms <= first.silent_ms <= first.promised_ms


def test_of_five_records_of_which_it_is_known_two_were_promised_nothing() -> None:
    assert Coverage(promised=3, nothing=2, unknown=4).uncovered == Fraction(2, 5)
    assert Coverage(unknown=4).uncovered is None
    assert Coverage(1, 2, 3) + Coverage(1, 0, 1) == Coverage(2, 2, 4)


def test_two_people_waived_five_of_ten_that_would_be_broken() -> None:
    assert waiver_rates({"Mara": 3, "Ben": 2, "nobody": 0}, 5) == {"Mara": Fraction(3, 10), "Ben": Fraction(1, 5)}
    assert waiver_rates({}, 5) == {}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9)), st.integers(0, 9))
def test_the_waiver_rates_of_all_add_up_to_the_waiver_rate(waived: dict[str, int], broken: int) -> None:
    counts = Counts(missed=broken, excluded={Excluded.WAIVED: sum(waived.values())})
    assert sum(waiver_rates(waived, broken).values()) == (waiver_rate(counts) or 0)


def span(start: int, end: int, holder: Holder | None, name: str = "", *, late: bool = False) -> HolderSpan:
    return HolderSpan(start * HOUR, end * HOUR, holder, name, late, 0 if holder is None else (end - start) * HOUR)


def test_time_that_two_late_clocks_share_counts_once_for_the_first() -> None:
    """A first response from 0 to 6, late since 4; a resolution from 0 to 9, late since 8, and closed from 6 to 7."""
    first = [span(0, 4, Holder.QUEUE, "1"), span(4, 6, Holder.QUEUE, "1", late=True)]
    resolution = [
        span(0, 4, Holder.QUEUE, "1"),
        span(4, 6, Holder.QUEUE, "1"),
        span(6, 7, None),
        span(7, 8, Holder.CUSTOMER),
        span(8, 9, Holder.QUEUE, "2", late=True),
    ]
    assert each_instant_once([[first, resolution]]) == [
        HeldTime(Holder.CUSTOMER, "", late=False, ms=HOUR),
        HeldTime(Holder.QUEUE, "1", late=False, ms=4 * HOUR),
        HeldTime(Holder.QUEUE, "1", late=True, ms=2 * HOUR),
        HeldTime(Holder.QUEUE, "2", late=True, ms=HOUR),
    ]
    assert each_instant_once([]) == []


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=4))
def test_each_instant_counts_once(ranges: Sequence[tuple[int, int]]) -> None:
    cuts = sorted({at for start, length in ranges for at in (start, start + length)})
    cycles = [
        [
            span(left, right, Holder.QUEUE, "1")
            for left, right in itertools.pairwise(cuts)
            if start <= left and right <= start + length
        ]
        for start, length in ranges
    ]
    covered = {at for start, length in ranges for at in range(start, start + length)}
    assert sum(time.ms for time in each_instant_once([cycles])) == len(covered) * HOUR
