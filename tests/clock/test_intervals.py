"""Unions, differences and measures of sets of time."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.clock.intervals import Measured, clipped, merged, without

SPAN = 40
interval_lists = st.lists(st.tuples(st.integers(0, SPAN), st.integers(0, SPAN)), max_size=6)


def points(intervals: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> set[int]:
    return {point for start, end in intervals for point in range(start, end)}


def test_touching_and_overlapping_intervals_become_one() -> None:
    assert merged([(5, 7), (0, 2), (2, 3), (6, 9), (4, 4)]) == ((0, 3), (5, 9))


def test_a_cut_in_the_middle_leaves_two_pieces() -> None:
    assert without([(0, 10)], [(3, 5)]) == ((0, 3), (5, 10))


@given(interval_lists)
def test_a_union_holds_the_same_points_sorted_apart(intervals: list[tuple[int, int]]) -> None:
    union = merged(intervals)
    assert points(union) == points(intervals)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(union))


@given(interval_lists, interval_lists)
def test_a_difference_holds_what_is_in_none_of_the_cuts(
    intervals: list[tuple[int, int]], cuts: list[tuple[int, int]]
) -> None:
    assert points(without(intervals, cuts)) == points(intervals) - points(cuts)


@given(interval_lists, st.integers(0, SPAN), st.integers(0, SPAN))
def test_lengths_and_clips_count_points(intervals: list[tuple[int, int]], start: int, end: int) -> None:
    union = merged(intervals)
    measured = Measured.of(union, 0, SPAN)
    expected = {point for point in points(union) if start <= point < end}
    assert points(clipped(union, start, end)) == points(measured.between(start, end)) == expected
    assert measured.length_before(start) == len([point for point in points(union) if point < start])
    assert measured.contains(start) == (start in points(union))


@given(interval_lists.filter(lambda intervals: bool(points(intervals))), st.data())
def test_the_instant_reached_is_the_earliest(intervals: list[tuple[int, int]], data: st.DataObject) -> None:
    measured = Measured.of(merged(intervals), 0, SPAN)
    length = data.draw(st.integers(1, measured.total))
    reached = measured.reached(length)
    assert measured.length_before(reached) == length
    assert measured.length_before(reached - 1) == length - 1


@given(interval_lists, interval_lists, st.integers(0, SPAN), st.integers(1, SPAN), st.booleans())
def test_what_lies_in_a_cut_does_not_count(
    intervals: list[tuple[int, int]], others: list[tuple[int, int]], start: int, length: int, last_is_endless: bool
) -> None:
    measured, cuts = Measured.of(merged(intervals), 0, SPAN), merged(others)
    endless_from = cuts[-1][0] if cuts and last_is_endless else SPAN
    given_cuts = [(begins, None if begins == endless_from else ends) for begins, ends in cuts]
    found = measured.reached_beside(start, length, given_cuts, None)
    counted = sorted(point for point in points(measured.between(0, SPAN)) - points(cuts) if start <= point)
    if len([point for point in counted if point < endless_from]) >= length:
        assert found is not None
        assert measured.reached(found[1]) == counted[length - 1] + 1
    else:
        assert found is None if endless_from < SPAN else found is not None and found[1] > measured.total
    assert measured.reached_beside(start, length, [*given_cuts, (SPAN, None)], SPAN) == measured.reached_beside(
        start, length, [(begins, ends or SPAN) for begins, ends in given_cuts], None
    )
