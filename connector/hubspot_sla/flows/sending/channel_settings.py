"""The channels of notifications as they can be sent to: what the mappings say, with the secrets of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.channels.channel import ResolvedChannel
from hubspot_sla.channels.secret import Secret
from hubspot_sla.channels.template import Template
from hubspot_sla.errors import UsageProblem
from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.plan.channels import CHANNEL_KINDS

if TYPE_CHECKING:
    from hubspot_sla.plan.channels import Channel
    from hubspot_sla.policy.policy_set import PolicySet
    from hubspot_sla.redaction import Redactor


@dataclass(frozen=True, slots=True)
class UsableChannel:
    """A channel as the mappings declare it, and the same with its secrets."""

    declared: Channel
    resolved: ResolvedChannel


@dataclass(frozen=True, slots=True)
class UnusableChannel:
    """A channel that cannot be sent to, and why."""

    name: str
    kind: str
    problem: UsageProblem


ResolvedChannels = Mapping[str, UsableChannel | UnusableChannel]


def declared_in(policy_set: PolicySet) -> Mapping[str, Channel]:
    """The channels of escalations.yaml, by name."""
    return policy_set.escalations.channels


def resolve(
    channels: Mapping[str, Channel],
    variables: Mapping[str, str],
    redactor: Redactor | None = None,
    language: str = ENGLISH,
) -> ResolvedChannels:
    """Each with its secrets out of `variables`, or with the reason why it cannot be used. `redactor` learns the
    secrets: the mappings choose the names of their variables. `language` is that of portal.yaml."""
    if redactor is not None:
        for name in (name for channel in channels.values() for name in channel.variables):
            redactor.learn(variables.get(name, ""))
    return {name: _resolved(channel, variables, language) for name, channel in channels.items()}


def _resolved(channel: Channel, variables: Mapping[str, str], language: str) -> UsableChannel | UnusableChannel:
    from hubspot_sla.channels.sender import sender_for

    try:
        resolved = _with_secrets(channel, variables, language)
        sender_for(resolved).close()  # only to check its address
    except UsageProblem as problem:
        return UnusableChannel(channel.name, channel.kind, problem)
    return UsableChannel(channel, resolved)


def _with_secrets(channel: Channel, variables: Mapping[str, str], language: str) -> ResolvedChannel:
    template = Template(channel.title, channel.template, language)
    server = CHANNEL_KINDS[channel.kind].server
    url = Secret(_variable(channel, server.url_variable if server else channel.url_env, variables))
    sender = _variable(channel, server.sender_variable, variables) if server else ""
    secret = Secret(_variable(channel, channel.secret_env, variables)) if channel.secret_env else None
    return ResolvedChannel(channel.name, channel.kind, url, secret, channel.to, sender, template)


def _variable(channel: Channel, name: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name, "")
    if not value:
        raise UsageProblem(
            f"the channel {channel.name} needs the variable {name}, which is not set",
            remedy=f"put {name}=... into .env",
        )
    return value
