"""How one kind of parcel travels: what is looked up before it is sent, how it is sent, what is written down after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.ledger.outbox import Kind, OutboxItem

Outcome = TypeVar("Outcome")


class DeliveryKind(Protocol[Outcome]):
    """One kind of parcel in one run. Only `send` is called outside the thread that holds the ledger."""

    @property
    def kind(self) -> Kind:
        """What it carries."""

    @property
    def at_once(self) -> int:
        """How many parcels to claim together; they are sent a hundred at a time."""

    def wanted(self, parcels: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        """Those that must be sent, the others being settled here."""

    def send(self, parcels: Sequence[OutboxItem]) -> Outcome:
        """One batch to HubSpot. Must not touch the ledger."""

    def settle(self, parcels: Sequence[OutboxItem], outcome: Outcome) -> None:
        """Write down what became of each of them."""

    def lost(self, parcels: Sequence[OutboxItem]) -> None:
        """Write down that no answer came, and that they may or may not have arrived."""
