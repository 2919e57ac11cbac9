"""A template that is longer than HubSpot keeps of a text is named before it is used, where it stands."""

from __future__ import annotations

import pytest

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.template_lengths import LONGEST_TEMPLATE
from policy.mapping_texts import PORTAL, texts

PLACES = {
    "reason": "reason: {template: TEXT}",
    "title of a task": "task: {title: TEXT}",
    "text of a task": "task: {template: TEXT}",
    "note": "note: {template: TEXT}",
}


def portal_with(line: str, text: str) -> str:
    return f"{PORTAL}templates:\n  {line.replace('TEXT', repr(text))}\n"


@pytest.mark.parametrize("line", PLACES.values(), ids=PLACES)
def test_a_template_of_portal_yaml_that_is_too_long_is_an_error_at_its_place(line: str) -> None:
    with pytest.raises(MappingInvalid) as raised:
        load(texts(portal=portal_with(line, "{company}" + "é" * (LONGEST_TEMPLATE + 1))))
    (problem,) = raised.value.problems
    assert (problem.code, problem.file) == (Code.TEMPLATE_TOO_LONG, "portal.yaml")
    assert (problem.line, problem.column) == (len(PORTAL.splitlines()) + 2, line.index("TEXT") + 3)
    assert "65,537 characters long without its fields, and HubSpot keeps 65,536" in problem.message
    assert problem.remedy.startswith("shorten it")


@pytest.mark.parametrize("line", PLACES.values(), ids=PLACES)
def test_one_that_just_fits_is_right_whatever_its_fields_will_hold(line: str) -> None:
    assert load(texts(portal=portal_with(line, "{company} {{" + "x" * (LONGEST_TEMPLATE - 2))))


def test_the_text_of_a_task_counts_as_the_html_it_becomes() -> None:
    line, text = PLACES["text of a task"], "&" * (LONGEST_TEMPLATE // 5 + 1)
    with pytest.raises(MappingInvalid, match="65,540 characters"):
        load(texts(portal=portal_with(line, text)))
    assert load(texts(portal=portal_with(PLACES["note"], text)))


@pytest.mark.parametrize("key", ["title", "template"])
def test_a_template_of_a_channel_is_named_in_escalations_yaml(key: str) -> None:
    escalations = f"channels:\n  desk:\n    slack: {{url_env: SLACK_URL}}\n    {key}: {'x' * 70_000}\n"
    with pytest.raises(MappingInvalid) as raised:
        load(texts(escalations=escalations))
    (problem,) = raised.value.problems
    assert (problem.code, problem.where) == (Code.TEMPLATE_TOO_LONG, f"escalations.yaml:4:{len(key) + 7}")


def test_mappings_that_are_in_force_with_one_go_on() -> None:
    assert load(texts(portal=portal_with(PLACES["note"], "x" * 70_000)), later_rules=False)
