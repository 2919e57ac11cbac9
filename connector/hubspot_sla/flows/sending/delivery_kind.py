"""How one kind of outbox item is sent: what is looked up before, how it is sent, what is recorded afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.ledger.outbox import Kind, OutboxItem

Outcome = TypeVar("Outcome")


class DeliveryKind(Protocol[Outcome]):
    """One kind of outbox item in one run. The items of one call are about records of one object type. Only `send` is
    called outside the thread that holds the ledger."""

    def __init__(self, context: Context, run_id: str, stats: RunStats) -> None: ...

    @property
    def kind(self) -> Kind:
        """Which items it sends."""

    @property
    def at_once(self) -> int:
        """How many items to claim together; they are sent a hundred at a time."""

    def wanted(self, items: Sequence[OutboxItem]) -> Sequence[OutboxItem]:
        """Those that must be sent, the others being settled here."""

    def send(self, items: Sequence[OutboxItem]) -> Outcome:
        """One batch to HubSpot. Must not touch the ledger."""

    def settle(self, items: Sequence[OutboxItem], outcome: Outcome) -> None:
        """Record what became of each of them."""

    def lost(self, items: Sequence[OutboxItem]) -> None:
        """Record that no answer came, and that they may or may not have arrived."""
