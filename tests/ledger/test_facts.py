"""What was once seen stays, in the order in which it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot_sla.ledger import append_only, facts
from hubspot_sla.ledger.facts import Fact

if TYPE_CHECKING:
    from hubspot_sla.ledger.database import Ledger

NEW, WAITING, DONE = (
    Fact("stage", 1_000, "new", "CRM_UI"),
    Fact("stage", 2_000, "waiting", "CRM_UI"),
    Fact("stage", 3_000, None, "API"),
)


def remembered(ledger: Ledger, *looks: list[Fact]) -> list[Fact]:
    for seen in looks:
        with ledger.transaction() as db:
            facts.remember(db, "tickets", {"1": seen}, 1)
    return facts.recall(ledger.db, "tickets", ["1"]).get("1", [])


def test_a_fact_is_remembered_once(ledger: Ledger) -> None:
    assert remembered(ledger, [NEW, WAITING], [NEW, WAITING, DONE]) == [NEW, WAITING, DONE]


def test_what_was_seen_stays_when_hubspot_truncates_the_history(ledger: Ledger) -> None:
    assert remembered(ledger, [NEW, WAITING], [DONE]) == [NEW, WAITING, DONE]


def test_what_was_seen_first_stays_when_hubspot_tells_another_story(ledger: Ledger) -> None:
    rewritten = Fact("stage", 1_000, "other", "IMPORT")
    assert remembered(ledger, [NEW], [rewritten]) == [NEW]


def test_facts_of_one_instant_keep_their_order(ledger: Ledger) -> None:
    first, second, third = (Fact("stage", 1_000, value, "API") for value in ("z", "a", "m"))
    assert remembered(ledger, [first, second], [first, second, third]) == [first, second, third]


def test_facts_of_other_tickets_are_not_recalled(ledger: Ledger) -> None:
    with ledger.transaction() as db:
        facts.remember(db, "tickets", {"1": [NEW], "2": [DONE]}, 1)
    assert facts.recall(ledger.db, "tickets", ["2", "3"]) == {"2": [DONE]}


def test_more_tickets_than_sqlite_binds_are_recalled(ledger: Ledger) -> None:
    many = {str(n): [NEW] for n in range(1_201)}
    with ledger.transaction() as db:
        facts.remember(db, "tickets", many, 1)
    assert facts.recall(ledger.db, "tickets", many) == many


a_fact = st.builds(
    Fact,
    st.sampled_from(["stage", "priority"]),
    st.integers(0, 3),
    st.sampled_from(["a", "b", None]),
    st.sampled_from(["API", "CRM_UI"]),
)
looks = st.lists(st.lists(a_fact, max_size=6).map(lambda seen: sorted(seen, key=lambda fact: fact.at)), max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks)
def test_merging_is_remembering_and_recalling(ledger: Ledger, looks: list[list[Fact]]) -> None:
    with ledger.transaction() as db:
        append_only.lift(db)
        db.execute("delete from facts")
    merged: list[Fact] = []
    for seen in looks:
        merged = facts.merge(merged, seen)
    assert merged == remembered(ledger, *looks)
