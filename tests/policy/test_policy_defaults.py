"""`defaults` of policies.yaml: said once, for every policy that does not say it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubspot_sla.clock.promise import OnChange
from hubspot_sla.errors import MappingInvalid
from hubspot_sla.policy.conditions import Subject
from hubspot_sla.policy.loader import load
from policy.mapping_texts import texts

if TYPE_CHECKING:
    from hubspot_sla.policy.policy_set import Policy

DEFAULTS = """\
defaults:
  calendar: office
  on_change: keep
  targets: {resolution: 2bd}
policies:
  - {id: gold, when: {tier: gold}}
  - {id: silver, when: {tier: silver}, calendar: always, on_change: {tier: restart}}
  - {id: rest, targets: {resolution: 4h}}
"""


def policies(text: str) -> list[Policy]:
    return list(load(texts(policies=text)).policy_set.policies)


def test_a_policy_takes_from_the_defaults_each_key_that_it_does_not_have() -> None:
    gold, silver, rest = policies(DEFAULTS)
    assert [policy.calendar.name for policy in (gold, silver, rest)] == ["office", "always", "office"]
    promises = [policy.promised(Subject(0, None, "0"))[0] for policy in (gold, silver, rest)]
    assert [promise.target for promise in promises] == ["2bd", "2bd", "4h"]
    assert [promise.on_change.tier for promise in promises] == [OnChange.KEEP, OnChange.RESTART, OnChange.KEEP]


def test_a_key_of_a_policy_stands_in_place_of_the_default_as_a_whole() -> None:
    _, silver, _ = policies(DEFAULTS)
    assert silver.promised(Subject(0, None, "0"))[0].on_change.priority is OnChange.RECALCULATE


def test_a_mistake_in_the_defaults_is_named_once_at_its_own_line() -> None:
    for old, new, expected in (
        ("calendar: office", "calendar: ofice", "policies.yaml:2:13"),
        ("calendar: office", "calender: office", "policies.yaml:2:3"),
        ("2bd", "2d", "policies.yaml:4:25"),
    ):
        with pytest.raises(MappingInvalid) as caught:
            policies(DEFAULTS.replace(old, new))
        assert expected in [problem.where for problem in caught.value.problems]
        assert len({problem.where for problem in caught.value.problems}) == len(caught.value.problems)


def test_a_policy_that_nobody_gives_a_calendar_is_still_an_error() -> None:
    with pytest.raises(MappingInvalid, match="'calendar' is missing"):
        policies(DEFAULTS.replace("  calendar: office\n", ""))


def test_without_policies_the_defaults_are_no_mapping() -> None:
    with pytest.raises(MappingInvalid, match="'policies' is missing"):
        policies("defaults: {calendar: office}\n")
