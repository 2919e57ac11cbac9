"""What sla check says about mappings that are right, but probably not meant so."""

from __future__ import annotations

import pytest

from hubspot_sla.policy.chain_fit import fit_warnings
from hubspot_sla.policy.loader import load
from hubspot_sla.policy.policy_review import policy_warnings
from hubspot_sla.policy.review import business_days_of, warnings_about
from policy.mapping_texts import CALENDARS, PORTAL, texts

NOW = 1_795_000_000_000  # 2026-11-18


def policies(*conditions: str) -> str:
    return "policies:\n" + "".join(
        f"  - {{id: p{number}, calendar: always, targets: {{resolution: 4h}}, {condition}}}\n"
        for number, condition in enumerate(conditions, 1)
    )


def said(*conditions: str) -> list[str]:
    return [str(warning) for warning in policy_warnings(load(texts(policies=policies(*conditions))).policy_set, NOW)]


NEVER = [
    (["when: {}", "when: {tier: gold}"], "'p2' can never match: 'p1' above it takes every ticket that it would"),
    (["when: {tier: [gold, silver]}", "when: {tier: gold, priority: HIGH}"], "'p2' can never match: 'p1' above"),
    (
        ["when: {tier: gold}", "when: {tier: silver}", "when: {tier: [gold, silver]}"],
        "'p3' can never match: 'p1' and 'p2' above it take every ticket",
    ),
    (["when: {any: [{tier: gold}, {priority: LOW}]}", "when: {priority: LOW}"], "'p2' can never match: 'p1'"),
    (["when: {not: {tier: gold}}", "when: {tier: silver}"], "'p2' can never match: 'p1'"),
    (
        ["when: {property: {size: {above: 3}}}", "when: {property: {size: {at_least: 4, below: 9}}}"],
        "'p2' can never match: 'p1'",
    ),
    (["when: {all: [{tier: gold}, {tier: silver}]}"], "'p1' can never match: its conditions exclude each other"),
    (["when: {tier: gold, not: {tier: [gold, silver]}}"], "'p1' can never match: its conditions exclude"),
    (["valid_to: 2026-01-01"], "'p1' went out of force on 2026-01-01"),
]
SILENT = [
    ["when: {tier: gold}", "when: {tier: silver}", "when: {}"],
    ["when: {tier: gold, priority: HIGH}", "when: {tier: gold}", "when: {}"],
    ["when: {}, kind: ola", "when: {tier: gold}"],
    ["valid_to: 2027-01-01", "valid_from: 2027-01-01"],
    ["applies_to: new", "when: {}"],
    ["when: {priority: HIGH}", "when: {not: {priority: HIGH}}"],
]


@pytest.mark.parametrize(("conditions", "expected"), NEVER, ids=[case[1] for case in NEVER])
def test_a_policy_that_can_never_match_is_told(conditions: list[str], expected: str) -> None:
    assert [warning for warning in said(*conditions) if expected in warning], said(*conditions)


@pytest.mark.parametrize("conditions", SILENT, ids=str)
def test_special_before_general_is_no_reason_to_warn(conditions: list[str]) -> None:
    assert said(*conditions) == []


def test_two_policies_that_some_tickets_match_both_are_told_with_an_example() -> None:
    assert said("when: {tier: gold}", "when: {priority: HIGH}") == [
        "policies.yaml:3:10: some tickets match both 'p2' and 'p1', and 'p1' wins, because it is above "
        "(for example: tier gold, priority HIGH)"
    ]


def test_a_property_that_may_hold_several_values_excludes_nothing() -> None:
    assert "some tickets match both" in said("when: {category: BUG}", "when: {category: FEATURE}")[0]
    assert said("when: {priority: HIGH}", "when: {priority: LOW}") == []


WAITING = PORTAL + "    Bank: {role: waiting, vendor: The bank}\n    Second level: {role: open, team: Experts}\n"


def misfits(sla: str, ola: str, uc: str, calendar: str = "office") -> list[str]:
    written = f"""\
policies:
  - {{id: promise, calendar: {calendar}, targets: {{resolution: {sla}}}}}
  - {{id: experts, kind: ola, calendar: office, targets: {{{ola}}}}}
  - {{id: bank, kind: uc, calendar: office, targets: {{{uc}}}}}
"""
    mappings = load(texts(portal=WAITING, policies=written))
    return [str(warning) for warning in fit_warnings(mappings.policy_set, mappings.portal, NOW)]


def test_agreements_that_are_longer_than_the_promise_are_told() -> None:
    found = misfits("8h", "resolution: 6h", "resolution: 4h")
    assert found == [
        "policies.yaml:2:59: ola experts (resolution within 6h) and uc bank (resolution within 4h) do not fit inside "
        "the resolution target of 8h (shorten one of them)"
    ]


def test_agreements_that_fit_exactly_are_no_reason_to_warn() -> None:
    assert misfits("8h", "resolution: 4h", "resolution: 4h") == []


def test_a_vendor_who_works_while_the_clock_stands_still_costs_nothing() -> None:
    assert misfits("8h", "resolution: 6h", "stage: {The bank: 40h}") == []
    assert misfits("8h", "stage: {Experts: 9h}", "stage: {The bank: 40h}") != []


def test_agreements_of_other_hours_may_fit_at_some_times_only() -> None:
    found = misfits("24h", "resolution: 4h", "resolution: 1h", calendar="always")
    assert len(found) == 1
    assert "when work begins on a" in found[0]


def test_each_priority_is_compared_with_its_own_agreement() -> None:
    found = misfits("{HIGH: 2h, default: 16h}", "resolution: {HIGH: 3h, default: 4h}", "resolution: 1h")
    assert len(found) == 1
    assert "3h" in found[0]
    assert "2h at HIGH" in found[0]


def test_the_review_gathers_the_warnings_of_all_files_in_their_order() -> None:
    changed = texts(
        calendars=CALENDARS + "  spare:\n    timezone: UTC\n    hours: {mon: '09:00-10:00'}\n",
        policies=policies("when: {}", "when: {tier: gold}"),
        tiers="ranks: [gold, silver]\nsources: [{http: https://tiers.example/all}]\n",
    )
    mappings = load(changed)
    found = [(warning.file, warning.message) for warning in warnings_about(mappings, changed, NOW)]
    assert ("tiers.yaml", "https://tiers.example/all has not answered yet, so no customer has a tier from it") in found
    assert any("no policy uses calendar 'spare'" in message for _, message in found)
    assert [file for file, _ in found] == sorted(file for file, _ in found)
    assert str(business_days_of(mappings)[1]) == "office: 1bd = 8h"
