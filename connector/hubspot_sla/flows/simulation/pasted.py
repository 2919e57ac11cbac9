"""Mappings with one target pasted: what a policy promises on one metric becomes one length, the rest stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.simulation.side import Side
from hubspot_sla.policy.choice_words import DEFAULT
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.due_texts import parse_due
from hubspot_sla.policy.targets import ChoiceNode, DueNode

if TYPE_CHECKING:
    from hubspot_sla.clock.promise import Clock
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.policy.policy_set import Policy
    from hubspot_sla.policy.targets import Target, TargetNode


def pasted(version: Version, policy: str, metric: str, place: str, target_ms: int) -> Side:
    """As if policies.yaml said this length for the metric (of the place) in the policy of this id."""
    node = DueNode(parse_due(f"{target_ms // 1000}s"))
    policies = tuple(
        _with(one, metric, place, node) if one.id == policy else one for one in version.mappings.policy_set.policies
    )
    policy_set = replace(version.mappings.policy_set, policies=policies)
    return Side(replace(version, mappings=replace(version.mappings, policy_set=policy_set)))


def promises_everybody(version: Version, policy: str, metric: str, place: str) -> bool:
    """Whether the target that stands there is a plain length for every ticket of the policy. Elsewhere a length also
    promises something to tickets that had no promise, or on another calendar."""
    targets = (
        target
        for one in version.mappings.policy_set.policies
        if one.id == policy
        for clock, target in one.targets.items()
        if _is_meant(clock, metric, place)
    )
    return all(_is_plain(target.node) for target in targets)


def _with(policy: Policy, metric: str, place: str, node: TargetNode) -> Policy:
    targets: dict[Clock, Target] = {
        clock: replace(target, node=node, _promises={}) if _is_meant(clock, metric, place) else target
        for clock, target in policy.targets.items()
    }
    return replace(policy, targets=targets)


def _is_meant(clock: Clock, metric: str, place: str) -> bool:
    return clock.name == metric and clock.place == place


def _is_plain(node: TargetNode) -> bool:
    if isinstance(node, ChoiceNode):
        is_total = DEFAULT in node.cases and node.value.about is not About.TIER
        return is_total and all(_is_plain(case) for case in node.cases.values())
    if not isinstance(node, DueNode):
        return False
    return node.due.length is not None and node.cut_off is None and node.own_calendar is None
