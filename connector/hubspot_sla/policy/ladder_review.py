"""What is not wrong in escalations.yaml, but worth a second look: what nobody uses, and rungs that come too soon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.rungs import Side
from hubspot_sla.plan.ladder import BUILT_IN, LEAD, NONE, MakeTask, Reassign, Tell
from hubspot_sla.policy.ladders import ANYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.policy_set import Policy, PolicySet
    from hubspot_sla.policy.yaml_reader import Document


def ladder_warnings(policy_set: PolicySet) -> list[Problem]:
    """Ladders that no policy names, targets that nobody tells, leads that are missing, and rungs before due that are
    further away than the whole target."""
    document = policy_set.escalations.document
    if document is None:
        return []
    return [*_unused(policy_set, document), *_leaderless(policy_set, document), *_at_the_start(policy_set, document)]


def _unused(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    named = {name for policy in policy_set.policies for name in policy.ladders.values()} | {BUILT_IN.name, NONE.name}
    for name in policy_set.escalations.ladders:
        if name not in named:
            yield document.problem(("ladders", name), f"no policy names the ladder {name!r}", at_key=True)
    told = {
        step.target
        for ladder in policy_set.escalations.ladders.values()
        for rung in ladder.rungs
        for step in rung.steps
        if isinstance(step, Tell)
    }
    for name in policy_set.escalations.targets:
        if name not in told:
            yield document.problem(("targets", name), f"no rung notifies the target {name!r}", at_key=True)


def _leaderless(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    """A lead is asked for, and most owners have none."""
    if ANYBODY in policy_set.escalations.leads:
        return
    for ladder, name in ((one, rung) for one in policy_set.escalations.ladders.values() for rung in one.rungs):
        if any(isinstance(step, MakeTask | Reassign) and step.to == LEAD for step in name.steps):
            message = "the lead is asked for, and owners that `leads` does not name have none"
            path = policy_set.escalations.paths[ladder.name, name.name]
            yield document.problem(path, message, "say who leads everybody else: default: lead@acme.com")
            return


def _at_the_start(policy_set: PolicySet, document: Document) -> Iterator[Problem]:
    for policy in policy_set.policies:
        for clock, target in policy.targets.items():
            ladder = policy_set.ladder(policy, clock.metric)
            for rung in ladder.rungs:
                if rung.mark.side is not Side.BEFORE:
                    continue
                away = rung.mark.span.on(policy.calendar)
                short = [promise.target for promise in target.promises.values() if promise.budget_ms <= away]
                if short:
                    path = policy_set.escalations.paths[ladder.name, rung.name]
                    message = (
                        f"{rung.name} is reached at the start of a target of {short[0]} ({_where(policy, clock.key)})"
                    )
                    yield document.problem((*path, "at"), message, "use a share of the target, for example 75%")


def _where(policy: Policy, clock: str) -> str:
    return f"policy {policy.id}, {clock}"
