"""docs/reference/contract-language.md: every block loads and fulfils its schema, and its worked tickets come out so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from docs.worked_tickets import SHARED, TEXT, Ticket, assert_says, by_file, judged, mappings_of, worked_in
from hubspot_sla.policy.json_schema import schema_of


@dataclass(frozen=True)
class Clause:
    number: int
    words: str
    block: str


def clauses() -> list[Clause]:
    found = re.findall(r"^\*\*(\d+)\.\*\* (.*?)\n\n```yaml\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE)
    return [Clause(int(number), words, block) for number, words, block in found]


CLAUSES = clauses()


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def as_an_editor_reads_it(value: object) -> object:
    """YAML 1.2 knows no dates: they are text."""
    if isinstance(value, dict):
        return {str(key): as_an_editor_reads_it(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_an_editor_reads_it(one) for one in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


EXAMPLES = [(clause, told, expected) for clause in CLAUSES for told, expected in worked_in(clause.block)]


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: str(clause.number))
def test_every_clause_loads_and_fulfils_its_schema(clause: Clause) -> None:
    assert mappings_of(clause.block).policy_set.policies
    for name, text in by_file(clause.block).items():
        whole = text if name != "portal" else "".join(by_file(block).get("portal", "") for block in SHARED) + text
        content = as_an_editor_reads_it(YAML(typ="safe", pure=True).load(whole))
        assert [error.message for error in validator(name).iter_errors(content)] == []


@pytest.mark.parametrize(
    ("clause", "told", "expected"),
    EXAMPLES,
    ids=[f"{clause.number}-{place}" for place, (clause, _, _) in enumerate(EXAMPLES)],
)
def test_every_worked_ticket_comes_out_as_the_document_says(clause: Clause, told: str, expected: str) -> None:
    assert_says(judged(mappings_of(clause.block), Ticket(told)), expected)


def test_there_are_a_hundred_clauses_and_most_have_a_worked_ticket() -> None:
    numbers = [int(number) for number in re.findall(r"^\*\*(\d+)\.\*\*", TEXT, re.MULTILINE)]
    assert numbers == [clause.number for clause in CLAUSES] == list(range(1, len(CLAUSES) + 1))
    assert len(CLAUSES) >= 100
    assert len({clause.number for clause, _, _ in EXAMPLES}) == len(CLAUSES)
