"""What is written as YAML is read as the same values again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_sla.policy.yaml_reader import read
from hubspot_sla.policy.yaml_writer import entry, flow, scalar
from proof import examples

if TYPE_CHECKING:
    from hubspot_sla.policy.yaml_document import Tree

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(
    [
        "true",
        "No",
        "null",
        "~",
        "4h",
        "2026-12-24",
        "09:00",
        "- x",
        "a: b",
        "a #b",
        "end of next business day",
        "1e5",
        "<<",
    ]
)
TREES = st.recursive(
    TEXTS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@examples(60)
@given(tree=TREES, target=TREES)
def test_whatever_is_written_is_read_again(tree: Tree, target: Tree) -> None:
    content: dict[str, Tree] = {"id": tree, "targets": {"resolution": target, "stage": tree}}
    lines = entry(content, "targets", {"resolution": "n = 3"}, 2)
    document, problems = read("policies.yaml", "policies:\n" + "\n".join(lines) + "\n")
    assert not problems
    assert document is not None
    assert document.content == {"policies": [content]}


@pytest.mark.parametrize(
    "text", ["4h", "75%", "HIGH", "Support Pipeline", "end of next business day", "a-b.c", "Europe/Berlin"]
)
def test_words_and_lengths_stand_as_people_write_them(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["1e5", "0x10", "12", "2026-12-24", "yes"])
def test_text_that_others_read_as_a_number_a_date_or_an_answer_is_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


def test_a_group_stands_on_one_line() -> None:
    assert flow({"tier": ["gold", "silver"], "priority": {"known": False}}) == (
        "{tier: [gold, silver], priority: {known: false}}"
    )
