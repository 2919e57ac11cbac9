"""Ids as HubSpot gives them: sparse, in clusters, out of the order of creation; and never twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubspot_sandbox.ids import ClusteredIds, SequentialIds
from hubspot_sandbox.portal import Behaviour
from hubspot_sandbox.seed import seeded_portal

FIRST = 28_100_001
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
steps = st.lists(st.one_of(st.none(), st.integers(0, 30_000)), max_size=300)
"""None takes an id; a number reserves the id that is so far behind the first one."""


@given(steps)
def test_no_id_is_given_twice_nor_one_that_a_record_brought_along(steps: list[int | None]) -> None:
    for ids in (ClusteredIds(FIRST), SequentialIds(FIRST)):
        used: set[int] = set()
        for step in steps:
            if step is None:
                taken = ids.take()
                assert taken not in used
                used.add(taken)
            else:
                ids.reserve(FIRST + step)
                used.add(FIRST + step)


def test_ids_of_a_portal_are_sparse_clustered_and_out_of_the_order_of_creation() -> None:
    portal = seeded_portal(NOW, tickets=6_000)
    ids = [int(record_id) for record_id in portal.ids("tickets")]
    gaps = sorted(following - before for before, following in pairwise(ids))
    assert gaps[len(gaps) // 2] < 10 < 10_000 < gaps[-10]
    created = [portal.read("tickets", record_id)["createdate"] for record_id in ids]
    assert sum(following < before for before, following in pairwise(created)) > 10


def test_the_same_ids_come_again() -> None:
    first, second = (seeded_portal(NOW, tickets=50).ids("tickets") for _ in range(2))
    assert first == second
    assert first[0] == str(FIRST)


def test_ids_may_follow_each_other_on_request() -> None:
    portal = seeded_portal(NOW, tickets=50, behaviour=Behaviour(clustered_ids=False))
    assert portal.ids("tickets") == [str(FIRST + number) for number in range(50)]
