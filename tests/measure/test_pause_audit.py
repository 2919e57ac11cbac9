"""What pauses kept, by figures worked out by hand."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.pause_audit import attainment_without_pauses, share_kept_by_pauses


def test_three_of_sixteen_kept_promises_would_have_been_missed_without_pauses() -> None:
    counts = Counts(met=16, missed=3, late=1)
    assert counts.attainment == Fraction(4, 5)
    assert share_kept_by_pauses(3, counts.met) == Fraction(3, 16)
    assert attainment_without_pauses(counts, 3) == Fraction(13, 20)


def test_where_there_is_nothing_to_divide_by_there_is_no_share() -> None:
    assert share_kept_by_pauses(0, 0) is None
    assert attainment_without_pauses(Counts(), 0) is None


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.data())
def test_without_pauses_never_more_is_kept_and_what_is_lost_is_their_share(
    met: int, missed: int, late: int, data: st.DataObject
) -> None:
    counts, met_only = Counts(met=met, missed=missed, late=late), data.draw(st.integers(0, met))
    attained, without = counts.attainment, attainment_without_pauses(counts, met_only)
    share = share_kept_by_pauses(met_only, met)
    if attained is None or without is None:
        assert attained is without is None
        return
    assert 0 <= without <= attained
    assert without == attained * (1 - (share or 0))
