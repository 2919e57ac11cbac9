"""What is not wrong in policies.yaml, but worth a second look: policies that can never match, and overlaps."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from hubspot_sla.policy.conditions import All, Asks
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import Policy, PolicySet

_MOST_CASES = 256


def policy_warnings(policy_set: PolicySet, now: int) -> list[Problem]:
    """Policies that never match or no longer do, and pairs of which the order decides who gets which.

    Cautious: only what follows from the conditions alone is reported. `now` is in epoch ms.
    """
    warnings: list[Problem] = []
    for policies in policy_set.by_agreement.values():
        for place, policy in enumerate(policies):
            reason = _never(policy, policies[:place], now)
            if reason:
                warnings.append(_said(policy_set, policy, *reason))
            else:
                warnings.extend(_overlaps(policy_set, policy, policies[:place]))
    return sorted([*warnings, *_unused_metrics(policy_set)])


def _unused_metrics(policy_set: PolicySet) -> Iterator[Problem]:
    promised = {clock.metric for policy in policy_set.policies for clock in policy.clocks}
    for name in policy_set.defined:
        if name not in promised:
            message = f"no policy has a target for the metric {name!r}"
            yield policy_set.document.problem(
                ("metrics", name), message, "add one under `targets`", at_key=True, code=Code.METRIC_UNUSED
            )


def _never(policy: Policy, earlier: Sequence[Policy], now: int) -> tuple[str, str, Code] | None:
    if policy.when.impossible:
        return f"policy {policy.id!r} can never match: its conditions exclude each other", "", Code.POLICY_NEVER_MATCHES
    if policy.to_ms is not None and policy.to_ms <= now:
        return (
            f"policy {policy.id!r} went out of force on {policy.to_text}",
            "keep it as long as its tickets are judged",
            Code.POLICY_OUT_OF_FORCE,
        )
    standing = [other for other in earlier if _always_in_force_with(other, policy)]
    takers = {}
    for case in _cases(policy.when):
        taker = next((other for other in standing if case.implies(other.when)), None)
        if taker is None:
            return None
        takers[taker.id] = taker
    names = " and ".join(repr(name) for name in takers)
    verb = "takes" if len(takers) == 1 else "take"
    return (
        f"policy {policy.id!r} can never match: {names} above it {verb} every ticket that it would",
        "move it up, or narrow what is above it",
        Code.POLICY_NEVER_MATCHES,
    )


def _cases(when: All) -> Iterator[All]:
    """Together these accept what `when` accepts: one for each choice among its lists of words."""
    lists = [
        [replace(part, wanted=replace(part.wanted, one_of=(word,))) for word in part.wanted.one_of]
        if isinstance(part, Asks) and part.wanted.one_of
        else [part]
        for part in when.conditions
    ]
    if prod(len(choices) for choices in lists) > _MOST_CASES:
        yield when
        return
    for choice in product(*lists):
        yield All(choice)


def _overlaps(policy_set: PolicySet, policy: Policy, earlier: Sequence[Policy]) -> Iterator[Problem]:
    """A general policy below a special one is how policies are meant to be written, and is no overlap."""
    for other in earlier:
        if other.when.implies(policy.when) or other.when.excludes(policy.when) or not _meet(other, policy):
            continue
        message = f"some tickets match both {policy.id!r} and {other.id!r}, and {other.id!r} wins, because it is above"
        remedy = f"for example: {_both(other.when, policy.when)}"
        yield _said(policy_set, policy, message, remedy, Code.POLICIES_OVERLAP)


def _both(first: All, second: All) -> str:
    """What a ticket that matches both looks like."""
    return str(All((*first.conditions, *(part for part in second.conditions if not first.implies(part)))))


def _always_in_force_with(other: Policy, policy: Policy) -> bool:
    """Whenever `policy` is in force, `other` is, and for as many tickets."""
    begins = other.from_ms is None or (policy.from_ms is not None and other.from_ms <= policy.from_ms)
    ends = other.to_ms is None or (policy.to_ms is not None and policy.to_ms <= other.to_ms)
    return begins and ends and (policy.new_only or not other.new_only)


def _meet(first: Policy, second: Policy) -> bool:
    """Both are in force at some time."""
    apart = (first.to_ms is not None and second.from_ms is not None and first.to_ms <= second.from_ms) or (
        second.to_ms is not None and first.from_ms is not None and second.to_ms <= first.from_ms
    )
    return not apart


def _said(policy_set: PolicySet, policy: Policy, message: str, remedy: str, code: Code) -> Problem:
    return policy_set.document.problem(("policies", policy.number, "id"), message, remedy, code=code)
