"""Attainment, its interval, compliance and the waiver rate, by figures worked out by hand and by a second program."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from hubspot_sla.clock.verdict import Status
from hubspot_sla.measure.attainment import Counts, counts
from hubspot_sla.measure.compliance import Compliance, compliance
from hubspot_sla.measure.interval import wilson
from hubspot_sla.measure.outcome import Excluded
from hubspot_sla.measure.standing import JUDGED, Standing, counted_at, standing
from hubspot_sla.measure.waiver_rate import waiver_rate

CYCLES = st.lists(
    st.tuples(st.sampled_from(Status), st.none() | st.sampled_from(Excluded)).filter(
        lambda cycle: cycle[1] is not None or cycle[0] in COUNTED,
    )
)
COUNTED = {
    *(Status.MET, Status.MISSED, Status.BREACHED),
    *(Status.RUNNING, Status.AT_RISK, Status.PAUSED, Status.PENDING),
}


def test_attainment_is_what_was_met_of_what_was_met_missed_or_is_late_and_open() -> None:
    cycles = [(Status.MET, None)] * 16 + [(Status.MISSED, None)] * 3 + [(Status.BREACHED, None)]
    assert counts(cycles).attainment == Fraction(4, 5)


def test_what_runs_and_what_is_excluded_stands_beside_it() -> None:
    counted = counts(
        [
            *[(Status.MET, None)] * 2,
            (Status.RUNNING, None),
            (Status.AT_RISK, None),
            (Status.PAUSED, None),
            (Status.PENDING, None),
            (Status.WAIVED, Excluded.WAIVED),
            (Status.MET, Excluded.BEFORE_GO_LIVE),
            (Status.MISSED, Excluded.BEFORE_GO_LIVE),
        ]
    )
    assert (counted.attainment, counted.to_come, counted.without_due) == (1, 2, 2)
    assert counted.excluded == {Excluded.WAIVED: 1, Excluded.BEFORE_GO_LIVE: 2}
    assert counted.outside == 3


def test_where_nothing_was_judged_there_is_no_attainment_and_no_interval() -> None:
    none = counts([(Status.RUNNING, None)])
    assert (none.attainment, none.interval, none.few) == (None, None, True)


def test_from_twenty_judged_cycles_on_a_figure_is_not_of_few() -> None:
    assert [Counts(met=19).few, Counts(met=19, late=1).few] == [True, False]


@given(CYCLES)
def test_every_cycle_is_counted_once(cycles: list[tuple[Status, Excluded | None]]) -> None:
    counted = counts(cycles)
    assert counted.judged + counted.to_come + counted.without_due + counted.outside == len(cycles)
    kept = [status for status, cause in cycles if cause is None and standing(status, cause) in JUDGED]
    share = Fraction(kept.count(Status.MET), len(kept)) if kept else None
    assert counted.attainment == share


@given(CYCLES, CYCLES)
def test_counts_of_parts_add_up_to_the_counts_of_the_whole(
    some: list[tuple[Status, Excluded | None]], others: list[tuple[Status, Excluded | None]]
) -> None:
    assert counts(some) + counts(others) == counts(some + others)


def test_wilsons_interval_of_eight_of_ten_is_the_one_of_the_textbook() -> None:
    low, high = wilson(8, 10) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)


@settings(max_examples=50)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_the_one_of_scipy(of: tuple[int, int]) -> None:
    theirs = binomtest(*of).proportion_ci(method="wilson")
    assert wilson(*of) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share_and_stays_within_nothing_and_all(of: tuple[int, int]) -> None:
    low, high = wilson(*of) or (1.0, 0.0)
    assert 0 <= low <= of[0] / of[1] <= high <= 1


def test_a_record_is_compliant_where_all_its_judged_cycles_were_met() -> None:
    cycles = [
        *[("1", Standing.MET)] * 9,
        ("2", Standing.MET),
        ("2", Standing.MISSED),
        ("3", Standing.LATE),
        ("4", Standing.TO_COME),
        ("5", Standing.MET),
        ("5", Standing.EXCLUDED),
    ]
    of_records = compliance(cycles)
    assert of_records == Compliance(compliant=2, judged=4)
    assert of_records.share == Fraction(1, 2)  # of records; of cycles it would be 11/13
    assert Compliance(0, 0).share is None


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(Standing))))
def test_compliance_looks_at_each_record_by_itself(cycles: list[tuple[int, Standing]]) -> None:
    by_record = {
        record: [stands for other, stands in cycles if other == record and stands in JUDGED] for record, _ in cycles
    }
    judged = [standings for standings in by_record.values() if standings]
    compliant = sum(set(standings) == {Standing.MET} for standings in judged)
    assert compliance(cycles) == Compliance(compliant, len(judged))


def test_the_waiver_rate_is_what_was_excused_of_what_would_be_broken() -> None:
    counted = Counts(met=90, missed=5, late=1, excluded={Excluded.WAIVED: 2, Excluded.MERGED: 7})
    assert waiver_rate(counted) == Fraction(1, 4)
    assert waiver_rate(Counts(met=90)) is None


@given(CYCLES)
def test_the_waiver_rate_is_a_share(cycles: list[tuple[Status, Excluded | None]]) -> None:
    counted = counts(cycles)
    causes = Counter(cause for _, cause in cycles)
    rate = waiver_rate(counted)
    assert (rate is None) == (causes[Excluded.WAIVED] + counted.broken == 0)
    assert rate is None or 0 <= rate <= 1


def test_a_cycle_counts_at_its_due_instant_and_one_missed_before_it_at_the_miss() -> None:
    assert counted_at(due_at=2000, breached_at=None) == 2000
    assert counted_at(due_at=2000, breached_at=2000) == 2000
    assert counted_at(due_at=2000, breached_at=5000) == 2000  # late since a change that moved the due instant back
    assert counted_at(due_at=2000, breached_at=1500) == 1500  # closed without the reply that was owed
    assert counted_at(due_at=None, breached_at=1500) == 1500
    assert counted_at(due_at=None, breached_at=None) is None
