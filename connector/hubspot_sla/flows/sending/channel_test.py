"""The state of each channel, and a test message through one of them, apart from any ticket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.flows.sending.channel_settings import UnusableChannel
from hubspot_sla.flows.sending.send_now import channels_of, send_now
from hubspot_sla.ledger import channel_health, database
from hubspot_sla.plan.instant_text import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.channels.outcome import Outcome
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.flows.sending.channel_settings import UsableChannel
    from hubspot_sla.ledger.channel_health import Standing


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel: `problem` says what keeps it from being sent to, empty where nothing does."""

    name: str
    kind: str
    problem: str
    gone: bool = False


def states(settings: Settings) -> list[ChannelState]:
    """Each channel of the mappings; how it did so far, where there is a ledger."""
    standings = _standings(settings)
    return [state_of(name, channel, standings.get(name)) for name, channel in channels_of(settings).items()]


def send_test(settings: Settings, name: str, now: int) -> Outcome:
    """Send one message that says it is a test, at once, whatever the quiet hours and the rate.

    Raises UsageProblem for a channel that does not exist or lacks its variable.
    """
    return send_now(settings, name, _test_notice(name, now))


def _test_notice(name: str, now: int) -> Notice:
    at = wire(now)
    message = Message(
        key=f"test:{name}:{now}",
        ticket_id="0",
        subject="a test of hubspot-sla",
        policy="test",
        tier="test",
        metric="Resolution",
        status="breached",
        due_at=at,
        rung="test",
        level="1",
        reached_at=at,
        reason="This is a test. No ticket is late.",
    )
    return Notice(message.key, (message,))


def state_of(name: str, channel: UsableChannel | UnusableChannel, standing: Standing | None) -> ChannelState:
    """The state of one channel. What an address did that it no longer has does not count."""
    if isinstance(channel, UnusableChannel):
        return ChannelState(name, channel.kind, str(channel.problem))
    kind = channel.declared.kind
    if standing is None or (standing.gone and standing.gone != channel.resolved.fingerprint):
        return ChannelState(name, kind, "")
    if standing.gone:
        return ChannelState(name, kind, f"gone: {standing.reason}", gone=True)
    until = f", next try at {wire(standing.again_at)}" if standing.again_at is not None else ""
    return ChannelState(name, kind, f"failing: {standing.reason}{until}")


def _standings(settings: Settings) -> Mapping[str, Standing]:
    if not settings.ledger.is_file():
        return {}
    with database.open_for_reading(settings.ledger) as ledger:
        return channel_health.load(ledger.db)
