"""The targets of notifications as they can be sent to: what the mappings say, with the secrets of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hubspot_sla.channels.channel import Target
from hubspot_sla.channels.secret import Secret
from hubspot_sla.channels.template import DEFAULT, Template
from hubspot_sla.errors import UsageProblem
from hubspot_sla.plan.channels import TargetKind

if TYPE_CHECKING:
    from hubspot_sla.plan.channels import Target as Said
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.redaction import Redactor

SMTP_URL: Final = "SLA_SMTP_URL"
SMTP_FROM: Final = "SLA_SMTP_FROM"


@dataclass(frozen=True, slots=True)
class Reachable:
    """A target with its secrets, and how much it may be told."""

    said: Said
    target: Target


@dataclass(frozen=True, slots=True)
class Unusable:
    """A target that cannot be sent to, and why."""

    name: str
    kind: str
    problem: UsageProblem


Targets = Mapping[str, Reachable | Unusable]


def said_in(policy_set: PolicySet) -> Mapping[str, Said]:
    """The targets of escalations.yaml, by name."""
    return policy_set.escalations.targets


def resolved(said: Mapping[str, Said], variables: Mapping[str, str], redactor: Redactor | None = None) -> Targets:
    """Each with its secrets out of `variables`, or with what keeps it from being used. `redactor` is taught them: the
    mappings choose the names of their variables."""
    if redactor is not None:
        for name in (name for target in said.values() for name in target.variables):
            redactor.learn(variables.get(name, ""))
    return {name: _resolved(target, variables) for name, target in said.items()}


def _resolved(said: Said, variables: Mapping[str, str]) -> Reachable | Unusable:
    from hubspot_sla.channels.channel_types import sender_for

    try:
        target = _with_secrets(said, variables)
        sender_for(target).close()  # only to see that its address is one
    except UsageProblem as problem:
        return Unusable(said.name, said.kind.value, problem)
    return Reachable(said, target)


def _with_secrets(said: Said, variables: Mapping[str, str]) -> Target:
    template = Template(said.title or DEFAULT.title, said.template or DEFAULT.body)
    if said.kind is TargetKind.EMAIL:
        url, sender = _variable(said, SMTP_URL, variables), _variable(said, SMTP_FROM, variables)
        return Target(said.name, said.kind, Secret(url), to=said.to, sender=sender, template=template)
    secret = Secret(_variable(said, said.secret_env, variables)) if said.secret_env else None
    return Target(
        said.name, said.kind, Secret(_variable(said, said.url_env, variables)), secret=secret, template=template
    )


def _variable(said: Said, name: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name, "")
    if not value:
        raise UsageProblem(
            f"the target {said.name} needs the variable {name}, which is not set", remedy=f"put {name}=... into .env"
        )
    return value
