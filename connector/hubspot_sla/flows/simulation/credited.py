"""What contracts come to on the two sides of a simulation, as values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubspot_sla.contract.terms import Side
    from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader


@dataclass(frozen=True, slots=True)
class Sum:
    """One contract on one side: over how many windows, by how many promises, and what it owes over all of them.
    `missing` says what keeps the amounts from being whole."""

    windows: int
    promises: int
    owed: Decimal
    payable: Decimal
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Credited:
    """One contract, party and currency; None: that side has no such contract. `party` is as people read it, `key` its
    id."""

    contract: str
    key: str
    party: str
    side: Side
    currency: str
    before: Sum | None = None
    after: Sum | None = None

    @property
    def payable(self) -> Decimal:
        """After."""
        return _payable(self.after)

    @property
    def change(self) -> Decimal:
        """What is payable after less what is payable before."""
        return _payable(self.after) - _payable(self.before)

    def is_called(self, word: str) -> bool:
        """`word` in small letters: the contract, or its party by id or name."""
        return word in (self.contract.casefold(), self.key.casefold(), self.party.casefold())


def _payable(of: Sum | None) -> Decimal:
    return Decimal(0) if of is None else of.payable


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the feeds of each side; None: nobody does, and what they measure is not measured."""

    before: FeedReader | None = None
    after: FeedReader | None = None


NO_READERS = Readers()


@dataclass(frozen=True, slots=True)
class Credits:
    """`notes` are what is to be said of the figures."""

    rows: Sequence[Credited] = ()
    notes: Sequence[str] = ()


NO_CREDITS = Credits()
