"""A target that goes by a property says what all others get, be it that they get nothing."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_sla.clock.promise import Promise
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.targets import NoTarget
from policy.mapping_texts import texts


def policies(targets: str) -> dict[str, str]:
    return texts(policies=f"policies:\n  - id: p\n    calendar: office\n    targets: {targets}\n")


def problems(of: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(MappingInvalid) as raised:
        load(of)
    return [(problem.code, f"{problem.line}:{problem.column}") for problem in raised.value.problems]


WITHOUT = [
    ("{resolution: {HIGH: 4h}}", ["4:27"]),
    ("{resolution: {by: tier, gold: 4h, silver: 8h}}", ["4:27"]),
    ("{resolution: {by: [impact, urgency], HIGH: {HIGH: 4h}, default: 8h}}", ["4:57"]),
    ("{resolution: {by: [impact, urgency], HIGH: {HIGH: 4h, default: 6h}}}", ["4:27"]),
    ("{resolution: {earlier_of: [2bd, {LOW: 4h}]}}", ["4:46"]),
    ("{resolution: {HIGH: {by: company.segment, a: 4h}, default: {by: contact.role, CEO: 1h}}}", ["4:34", "4:73"]),
    ("{stage: {New: {HIGH: 4h}}}", ["4:28"]),
    ("{stage: {New: {each: {HIGH: 4h}, total: {LOW: 8h}}}}", ["4:35", "4:54"]),
    ("{update: {every: {HIGH: 4h}}}", ["4:31"]),
    ("{first_response: {HIGH: 1h}, resolution: {HIGH: 4h}}", ["4:31", "4:55"]),
]


@pytest.mark.parametrize(("targets", "places"), WITHOUT, ids=[case[0] for case in WITHOUT])
def test_a_target_without_default_is_refused_where_it_stands(targets: str, places: list[str]) -> None:
    assert problems(policies(targets)) == [(Code.TARGET_WITHOUT_DEFAULT, place) for place in places]


def test_what_defaults_say_is_refused_once_where_it_is_written() -> None:
    text = """\
defaults:
  calendar: office
  targets: {resolution: {HIGH: 4h}}
policies:
  - id: one
    when: {tier: gold}
  - id: other
"""
    assert problems(texts(policies=text)) == [(Code.TARGET_WITHOUT_DEFAULT, "3:25")]


def test_a_default_that_comes_by_a_merge_key_is_one() -> None:
    text = """\
policies:
  - {id: one, calendar: office, targets: {resolution: &usual {HIGH: 4h, default: 8h}}}
  - {id: other, calendar: office, targets: {resolution: {<<: *usual, HIGH: 2h}}}
"""
    assert load(texts(policies=text)).missing_defaults == ()


def test_it_is_named_beside_everything_else_that_is_wrong() -> None:
    found = problems(policies("{resolution: {HIGH: 4h}, first_reponse: 1h}"))
    assert [code for code, _ in found] == [Code.TARGET_WITHOUT_DEFAULT, Code.UNKNOWN_NAME]


def test_the_remedy_names_both_ways_out() -> None:
    with pytest.raises(MappingInvalid, match="default: none where nothing is promised"):
        load(policies("{resolution: {HIGH: 4h}}"))


def promised(target: str, **told: Any) -> str:
    """The target of a ticket in words, or why there is none."""
    policy = load(policies(f"{{resolution: {target}}}")).policy_set.policies[0]
    answer = next(iter(policy.targets.values())).promise(Subject(0, **{"tier": None, "pipeline": "Support"} | told))
    if isinstance(answer, Promise):
        return answer.target
    assert isinstance(answer, NoTarget)
    assert answer.by_value
    return answer.reason


LOW = {"properties": {"hs_ticket_priority": "LOW"}}
REASONS = [
    ("{HIGH: 4h, default: none}", {}, "no target for a ticket without a priority"),
    ("{HIGH: 4h, default: none}", LOW, "no target for priority LOW"),
    ("{LOW: none, default: 4h}", LOW, "no target for priority LOW"),
    ("{LOW: none, default: 4h}", {}, "4h"),
    ("{by: tier, gold: 4h, default: none}", {}, "no target for a ticket without a tier"),
    ("{by: tier, gold: 4h, default: none}", {"tier": "silver"}, "no target for tier silver"),
    ("{by: owner, '7': 4h, default: none}", {}, "no target for a ticket without an owner"),
    ("{by: impact, '1': 4h, default: none}", {}, "no target for a ticket without impact"),
    ("{by: company.segment, a: 4h, default: none}", {}, "no target for a ticket without company.segment"),
    (
        "{by: contact.role, CEO: 4h, default: none}",
        {"contacts": [{"role": "CTO"}, {"role": None}, {"role": "CFO"}]},
        "no target for contact.role CTO and CFO",
    ),
    (
        "{by: [impact, urgency], A: {B: 4h, default: none}, default: 8h}",
        {"properties": {"impact": "A"}},
        "no target for a ticket without urgency",
    ),
    (
        "{earlier_of: [{HIGH: 4h, default: none}, {by: tier, gold: 2h, default: none}]}",
        LOW,
        "no target for priority LOW; no target for a ticket without a tier",
    ),
    ("{earlier_of: [{HIGH: 4h, default: none}, 2bd]}", LOW, "2bd"),
]


@pytest.mark.parametrize(("target", "told", "expected"), REASONS, ids=[f"{case[0]} {case[2]}" for case in REASONS])
def test_the_reason_names_the_value_that_has_no_target(target: str, told: dict[str, Any], expected: str) -> None:
    assert promised(target, **told) == expected


NONSENSE = [
    ("{resolution: none}", "4:27: `none` stands here alone (leave the target out"),
    ("{resolution: {default: none}}", "4:27: nothing is promised here"),
    ("{resolution: {HIGH: none, default: none}}", "4:27: nothing is promised here"),
    ("{resolution: {by: [a, b], x: {y: none, default: none}, default: 4h}}", "4:43: nothing is promised here"),
    ("{resolution: {HIGH: 4h, default: }}", "4:46: there is no target for this value (write one, or none)"),
    ("{resolution: {earlier_of: [none, 4h]}}", "4:41: `none` stands here alone"),
    ("{stage: {New: none}}", "4:28: `none` stands here alone"),
    ("{resolution: {HIGH: 4h, default: None}}", "4:47: 'None' is no target (did you mean none?)"),
]


@pytest.mark.parametrize(("targets", "expected"), NONSENSE, ids=[case[0] for case in NONSENSE])
def test_none_stands_for_a_value_and_nowhere_else(targets: str, expected: str) -> None:
    with pytest.raises(MappingInvalid) as raised:
        load(policies(targets))
    found = [str(problem).removeprefix("policies.yaml:") for problem in raised.value.problems]
    assert len(found) == 1
    assert found[0].startswith(expected), found


def test_what_is_in_force_loads_without_and_says_where() -> None:
    loaded = load(policies("{resolution: {HIGH: 4h}}"), later_rules=False)
    assert [(problem.code, problem.where) for problem in loaded.missing_defaults] == [
        (Code.TARGET_WITHOUT_DEFAULT, "policies.yaml:4:27")
    ]
    policy = loaded.policy_set.policies[0]
    assert policy.no_target(next(iter(policy.targets)), Subject(0, None, "Support")) == NoTarget(
        "no target for a ticket without a priority", by_value=True
    )
