"""What is sent to conversations: messages, comments, and changes of threads."""

from __future__ import annotations

from typing import Literal

from hubspot_sandbox.bodies.body import Body, Text


class ActorRead(Body):
    """Ids of those who write in conversations."""

    inputs: list[str]


class ThreadPatch(Body):
    """A thread is closed, opened again, or taken out of the bin."""

    status: str | None = None
    archived: bool | None = None


class AssigneeIn(Body):
    """Who a thread is given to."""

    actor_id: Text


class DeliveryIn(Body):
    """Where a message goes, as an e-mail address."""

    type: str
    value: Text


class RecipientIn(Body):
    """Who a message goes to: HubSpot takes one address or several."""

    actor_id: Text | None = None
    delivery_identifier: DeliveryIn | None = None
    delivery_identifiers: list[DeliveryIn] | None = None

    @property
    def address(self) -> str:
        """The first one, "" when there is none."""
        addresses = [
            *([self.delivery_identifier] if self.delivery_identifier else []),
            *(self.delivery_identifiers or ()),
        ]
        return addresses[0].value if addresses else ""


class MessageIn(Body):
    """A message an agent sends, or a comment that only colleagues see. A comment needs its text only."""

    type: Literal["MESSAGE", "COMMENT"]
    text: str
    rich_text: str | None = None
    sender_actor_id: Text | None = None
    channel_id: Text | None = None
    channel_account_id: Text | None = None
    recipients: list[RecipientIn] | None = None
    subject: str | None = None
