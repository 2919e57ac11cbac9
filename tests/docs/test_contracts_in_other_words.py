"""contracts_in_other_words.txt: what contracts say, otherwise than docs/reference/contract-language.md spells it; each
ticket there was worked by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.worked_tickets import Ticket, assert_says, judged, mappings_of, worked_in

TEXT = (Path(__file__).parent / "contracts_in_other_words.txt").read_text(encoding="utf-8")
CLAUSES = [clause.partition("\n") for clause in re.split(r"^## ", TEXT, flags=re.MULTILINE) if clause]


@pytest.mark.parametrize(("words", "block"), [(words, block) for words, _, block in CLAUSES])
def test_a_contract_in_other_words_is_judged_as_worked_by_hand(words: str, block: str) -> None:
    mappings, tickets = mappings_of(block), worked_in(block)
    assert tickets, words
    for told, expected in tickets:
        assert_says(judged(mappings, Ticket(told)), expected)
