"""Promises that contracts count alike: summed from parts they are those that were counted, with the times of each."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.flows.simulation.alike import Alike
from proof import examples

TIMES = st.tuples(st.integers(0, 10**12), st.none() | st.integers(0, 10**12))


@examples(30)
@given(st.lists(st.lists(TIMES, max_size=5), max_size=5))
def test_the_times_of_all_parts_are_there_in_turn(parts: list[list[tuple[int, int | None]]]) -> None:
    total = Alike()
    for part in parts:
        counted = Alike()
        for times in part:
            counted.count(times)
        total.add(pickle.loads(pickle.dumps(counted)))  # noqa: S301 - as processes send them
    flat = [times for part in parts for times in part]
    assert (total.number, list(total.times())) == (len(flat), flat)


def test_without_times_the_number_alone_is_kept() -> None:
    alike = Alike()
    for _ in range(1000):
        alike.count(None)
    assert list(alike.times()) == [(0, 0)] * 1000
    assert len(pickle.dumps(alike)) < 200
