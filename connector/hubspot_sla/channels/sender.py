"""What sends to a channel. Each kind of `plan.channels.CHANNEL_KINDS` has a file of its name here, with a `connect`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Notice
    from hubspot_sla.channels.outcome import Outcome


class Sender(Protocol):
    """Sends to one channel; used by one thread at a time."""

    def send(self, notice: Notice) -> Outcome:
        """One attempt, within the sender's time limits. Raises nothing that the other side can cause."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def sender_for(channel: ResolvedChannel) -> Sender:
    """Connected to nothing yet. Raises UsageProblem for an address or a secret that cannot be used."""
    sender: Sender = import_module(f"hubspot_sla.channels.{channel.kind}").connect(channel)
    return sender
