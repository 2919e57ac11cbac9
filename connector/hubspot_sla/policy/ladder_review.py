"""What is not wrong in escalations.yaml, but worth a second look: what nobody uses, and rungs that come too soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.rungs import Side
from hubspot_sla.plan.ladder import BUILT_IN, NONE
from hubspot_sla.plan.rung_context import LEAD
from hubspot_sla.policy.escalation_documents import FORMER_CHANNELS, path_of_channel
from hubspot_sla.policy.ladders import ANYBODY
from hubspot_sla.policy.message_codes import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import Policy, PolicySet
    from hubspot_sla.policy.yaml_document import Document


def ladder_warnings(policy_set: PolicySet) -> list[Problem]:
    """Ladders that no policy names, channels that no rung notifies, leads that are missing, rungs before due that are
    further away than the whole target, and keys that have another name now."""
    document = policy_set.escalations.document
    if document is None:
        return []
    return [
        *_renamed(document),
        *_unused(policy_set, document),
        *_leaderless(policy_set, document),
        *_at_the_start(policy_set, document),
    ]


def _renamed(document: Document) -> Iterator[Problem]:
    if (FORMER_CHANNELS,) in document.keys:
        message = f"`{FORMER_CHANNELS}` is called `channels` now"
        yield document.problem(
            (FORMER_CHANNELS,), message, "rename the key; nothing else changes", at_key=True, code=Code.KEY_RENAMED
        )


def _unused(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    named = {name for policy in policy_set.policies for name in policy.ladders.values()} | {BUILT_IN.name, NONE.name}
    for name in policy_set.escalations.ladders:
        if name not in named:
            yield document.problem(
                ("ladders", name), f"no policy names the ladder {name!r}", at_key=True, code=Code.LADDER_UNUSED
            )
    escalations = policy_set.escalations
    asked = [action for ladder in escalations.ladders.values() for rung in ladder.rungs for action in rung.actions]
    asked += [action for ladder in escalations.contracts for rung in ladder.rungs for action in rung.actions]
    notified = {name for action in asked for name in action.channels}
    for name in escalations.channels:
        if name not in notified:
            path = path_of_channel(document, name)
            yield document.problem(
                path, f"no rung notifies the channel {name!r}", at_key=True, code=Code.CHANNEL_UNUSED
            )


def _leaderless(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    """A lead is asked for, and most owners have none."""
    if ANYBODY in policy_set.escalations.leads:
        return
    ladders = policy_set.escalations.ladders.values()
    for ladder_name, rung in ((ladder.name, rung) for ladder in ladders for rung in ladder.rungs):
        if any(LEAD in action.people for action in rung.actions):
            message = "the lead is asked for, and owners that `leads` does not name have none"
            path = policy_set.escalations.paths[ladder_name, rung.name]
            yield document.problem(
                path, message, "say who leads everybody else: default: lead@acme.com", code=Code.LEAD_MISSING
            )
            return


def _at_the_start(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    for policy in policy_set.policies:
        for clock, target in policy.targets.items():
            ladder = policy_set.ladder(policy, clock.metric)
            for rung in ladder.rungs:
                if rung.mark.side is not Side.BEFORE:
                    continue
                away = rung.mark.span.on(policy.calendar)
                fixed = (promise for _, promise in target.examples() if promise.due_rule is None)
                short = [promise.target for promise in fixed if promise.budget_ms <= away]
                if short:
                    path = policy_set.escalations.paths[ladder.name, rung.name]
                    message = (
                        f"{rung.name} is reached at the start of a target of {short[0]} ({_where(policy, clock.key)})"
                    )
                    yield document.problem(
                        (*path, "at"),
                        message,
                        "use a share of the target, for example 75%",
                        code=Code.RUNG_AT_THE_START,
                    )


def _where(policy: Policy, clock: str) -> str:
    return f"policy {policy.id}, {clock}"
