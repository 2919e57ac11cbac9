"""Mappings compiled for the flows: the same texts once in a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.policy.grammars import FIRST
from hubspot_sla.policy.loader import read_texts

STARTER = Path(__file__).parents[2] / "mappings"


def test_the_same_texts_are_compiled_once_whatever_their_order() -> None:
    texts = read_texts(STARTER)
    assert load_mappings(dict(reversed(texts.items()))) is load_mappings(texts)


def test_another_text_another_grammar_or_another_demand_is_compiled_by_itself() -> None:
    texts = read_texts(STARTER)
    edited = texts | {"calendars.yaml": texts["calendars.yaml"] + "\n# edited\n"}
    others = [load_mappings(edited), load_mappings(texts, FIRST), load_mappings(texts, later_rules=False)]
    assert len({id(mappings) for mappings in (load_mappings(texts), *others)}) == len(others) + 1


def test_what_is_wrong_is_said_each_time() -> None:
    texts = read_texts(STARTER)
    broken = texts | {"calendars.yaml": "calendars: 1\n"}
    for _ in range(2):
        with pytest.raises(MappingInvalid):
            load_mappings(broken)
