"""One notice through one channel at once, past the outbox: whatever the quiet hours and the rate, and never again."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from hubspot_sla.channels.sender import sender_for
from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows.context.loaded_mappings import load_mappings
from hubspot_sla.flows.context.mapping_texts import texts_offline
from hubspot_sla.flows.sending.channel_settings import UnusableChannel, declared_in, resolve

if TYPE_CHECKING:
    from hubspot_sla.channels.message import Notice
    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.sending.channel_settings import ResolvedChannels


def channels_of(settings: Settings) -> ResolvedChannels:
    """The channels that the mappings name now. Raises MappingInvalid."""
    mappings = load_mappings(texts_offline(settings), later_rules=False)
    language = mappings.portal.language
    return resolve(declared_in(mappings.policy_set), settings.variables, settings.redactor, language)


def send_now(settings: Settings, name: str, notice: Notice, asked_by: str = "") -> Outcome:
    """What the channel `name` made of it. `asked_by` is the variable that names the channel, "" for a person.

    Raises UsageProblem for a channel that does not exist or lacks its variable, MappingInvalid.
    """
    channels = channels_of(settings)
    channel = channels.get(name)
    if channel is None:
        near = get_close_matches(name, channels, n=1)
        remedy = f"did you mean {near[0]}?" if near else f"it names {', '.join(channels) or 'none'}"
        named_by = f"{asked_by}: " if asked_by else ""
        raise UsageProblem(f"{named_by}escalations.yaml names no channel {name}", remedy=remedy)
    if isinstance(channel, UnusableChannel):
        raise channel.problem
    sender = sender_for(channel.resolved)
    try:
        return sender.send(notice)
    finally:
        sender.close()
