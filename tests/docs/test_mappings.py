"""The documents of the mappings: their examples are right, and every key of the language is in one of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubspot_sla.plan.rung_context import FIELDS
from hubspot_sla.policy.document_problems import validated
from hubspot_sla.policy.json_schema import MODELS, schema_of
from hubspot_sla.policy.metric_term_documents import (
    AtRiskSection,
    LadderSection,
    LateSection,
    PausesSection,
    ReopenSection,
)
from hubspot_sla.policy.policy_defaults import with_defaults
from hubspot_sla.policy.policy_documents import OnChangeSection, WhenSection
from hubspot_sla.policy.report_documents import OutcomeWhen
from hubspot_sla.policy.yaml_reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "reference/mappings.md").read_text(encoding="utf-8")
TESTS = (DOCS / "how-to/test-your-mappings.md").read_text(encoding="utf-8")
WAIVERS = (DOCS / "how-to/waivers.md").read_text(encoding="utf-8")
CONTRACTS = (DOCS / "reference/contracts.md").read_text(encoding="utf-8")
"""tests.yaml, waivers.yaml and contracts.yaml have documents of their own."""


def examples() -> Iterator[tuple[str, str]]:
    """(file, YAML) of each example under the heading of its file."""
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        name = section.split(".yaml")[0]
        for block in re.findall(r"```yaml\n(.*?)```", section, flags=re.DOTALL):
            yield name, block
    for block in re.findall(r"```yaml\n(.*?)```", TESTS, flags=re.DOTALL):
        yield "tests", block
    for block in re.findall(r"```yaml\n(waivers:\n.*?)```", WAIVERS, flags=re.DOTALL):
        yield "waivers", block
    for block in re.findall(r"```yaml\n(.*?)```", CONTRACTS, flags=re.DOTALL):
        yield "contracts", block


@pytest.mark.parametrize(("name", "block"), list(examples()))
def test_every_example_is_right(name: str, block: str) -> None:
    document, problems = read(f"{name}.yaml", block)
    assert document is not None
    whole = with_defaults(document) if name == "policies" else document
    assert [*problems, *validated(whole, MODELS[name])[1]] == []


SAID_BY_ONE_FOR_ALL = {
    name
    for section in (OnChangeSection, PausesSection, AtRiskSection, LadderSection, ReopenSection, LateSection)
    for name in section.model_fields
}
ALSO = {"all", "any", "not"}
SAID_ELSEWHERE = {
    "policies": SAID_BY_ONE_FOR_ALL,
    "escalations": {*WhenSection.model_fields, *ALSO},
    "contracts": {*OutcomeWhen.model_fields, *ALSO},
    "portal": {*OutcomeWhen.model_fields, *ALSO},
}
"""Keys that stand for several others, and the words of policies that other conditions share: those of rungs, contracts
and reports."""


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_in_an_example(name: str) -> None:
    schema = schema_of(name)
    definitions = schema.get("$defs", {})
    assert isinstance(definitions, dict)
    parts = [schema, *definitions.values()]
    properties = [item for part in parts for item in part.get("properties", {}).items()]
    keys = {key for key, section in properties if not section.get("deprecated")}
    shown = "".join(block for file, block in examples() if file == name)
    assert all(f"`{key}`" in TEXT for key, section in properties if section.get("deprecated"))
    missing = {key for key in keys if not re.search(rf"\b{key}:", shown)}
    assert missing - SAID_ELSEWHERE.get(name, set()) - WEEKDAYS == set()


def test_the_document_names_every_field_of_a_template_and_no_other() -> None:
    told = TEXT[TEXT.index("A template may name") : TEXT.index("HubSpot shows in `sla_escalation_level`")]
    assert set(re.findall(r"`\{(\w+)\}`", told)) == set(FIELDS)


WEEKDAYS = {"tue", "wed", "thu", "sat", "sun"}
