"""Two sides of the same cycles: which of them flip, and what the shares come to."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hubspot_sla.measure.attainment import Counts
from hubspot_sla.measure.simulation import Compared, Turn, a_day, turn
from hubspot_sla.measure.standing import Standing

MET, MISSED, LATE = Standing.MET, Standing.MISSED, Standing.LATE
TO_COME, WITHOUT_DUE, EXCLUDED = Standing.TO_COME, Standing.WITHOUT_DUE, Standing.EXCLUDED


@pytest.mark.parametrize(
    ("before", "after", "becomes"),
    [
        (MET, MISSED, Turn.BROKEN),
        (MET, LATE, Turn.BROKEN),
        (MISSED, MET, Turn.KEPT),
        (LATE, MET, Turn.KEPT),
        (MET, MET, Turn.SAME),
        (MISSED, LATE, Turn.SAME),
        (LATE, MISSED, Turn.SAME),
        (None, MET, Turn.PROMISED),
        (EXCLUDED, MISSED, Turn.PROMISED),
        (TO_COME, LATE, Turn.PROMISED),
        (MET, None, Turn.DROPPED),
        (MISSED, EXCLUDED, Turn.DROPPED),
        (LATE, TO_COME, Turn.DROPPED),
        (None, None, Turn.SAME),
        (EXCLUDED, None, Turn.SAME),
        (TO_COME, WITHOUT_DUE, Turn.SAME),
    ],
)
def test_only_what_both_sides_judge_can_flip(before: Standing | None, after: Standing | None, becomes: Turn) -> None:
    assert turn(before, after) is becomes


def test_the_change_is_attainment_after_less_attainment_before() -> None:
    compared = Compared(Counts(met=8, missed=2), Counts(met=3, late=1))
    assert compared.change == Fraction(3, 4) - Fraction(8, 10) == Fraction(-1, 20)
    assert Compared(Counts(), Counts(met=1)).change is None
    assert Compared(Counts(met=1), Counts()).change is None


def test_a_day_is_the_average_over_all_days() -> None:
    assert a_day(7, 2) == Fraction(7, 2)
    assert a_day(0, 0) is None
