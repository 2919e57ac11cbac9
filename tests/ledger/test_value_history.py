"""Histories of values with the entry that covers each: what was known at any entry can be told later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.ledger import value_history
from hubspot_sla.ledger.companies import merged_history

CHANGE = st.tuples(st.integers(0, 3), st.sampled_from(["gold", "silver", None]))
SEEN = st.dictionaries(st.sampled_from(["tier", "vip"]), st.lists(CHANGE, max_size=4), max_size=2)


@given(st.lists(SEEN, max_size=5))
def test_what_was_known_at_an_entry_can_be_told_after_any_later_one(looks: list[value_history.History]) -> None:
    numbered: value_history.Numbered = {}
    known: list[value_history.History] = [{}]
    for entry, history_of_read in enumerate(looks, 1):
        news = value_history.has_news(numbered, history_of_read)
        numbered = value_history.extended(numbered, history_of_read, entry)
        known.append(merged_history(history_of_read, known[-1]))
        assert news == (_values(known[-1]) != _values(known[-2]))
    numbered = value_history.read(value_history.packed(numbered))
    for entry, at_the_time in enumerate(known):
        assert _values(value_history.plain(numbered, entry)) == _values(at_the_time)
    assert value_history.plain(numbered) == known[-1]


def _values(history: value_history.History) -> dict[str, value_history.Changes]:
    return {name: changes for name, changes in history.items() if changes}


def test_values_of_the_first_ledgers_have_always_been_known() -> None:
    assert value_history.read('{"tier": [[5, "gold"]]}') == {"tier": [(5, "gold", 0)]}


@pytest.mark.parametrize("text", ["[1]", "{", '{"tier": 5}', '{"tier": [5]}', "null"])
def test_a_history_that_was_altered_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no history of values"):
        value_history.read(text)
