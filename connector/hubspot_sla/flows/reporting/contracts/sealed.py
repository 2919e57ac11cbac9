"""Statements of closed windows: drawn from what was sealed, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sla.flows.context.versions_in_force import in_force
from hubspot_sla.flows.reporting.contracts.history import settled_through
from hubspot_sla.flows.reporting.contracts.sealed_evidence import SealedEvidence, feed_of
from hubspot_sla.ledger import contract_closings
from hubspot_sla.measure.periods import Period

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.contract.statement import Statement
    from hubspot_sla.flows.reporting.contracts.history import Settled
    from hubspot_sla.ledger.contract_closings import ContractClosing
    from hubspot_sla.policy.mappings import Mappings


@dataclass
class SealedStatements:
    """Those of one contract. Each edition is settled once."""

    db: sqlite3.Connection
    editions: Sequence[ContractClosing]
    known: dict[int, Settled] = field(default_factory=dict)

    @classmethod
    def of(cls, db: sqlite3.Connection, contract: str) -> SealedStatements:
        return cls(db, contract_closings.editions(db, contract))

    def newest(self, window: Period) -> ContractClosing | None:
        """The newest edition of a window; None where it is open."""
        return next((each for each in reversed(self.editions) if each.start == window.start), None)

    def newest_before(self, window: Period) -> ContractClosing | None:
        """The newest edition of the last closed window before this one."""
        return next((each for each in reversed(self.editions) if each.start < window.start), None)

    def mappings(self, closing: ContractClosing) -> Mappings:
        """The version that said its terms."""
        return in_force(self.db)[closing.mappings - 1].mappings

    def settled(self, closing: ContractClosing) -> Settled:
        """With the statements that it stands on, from the oldest on."""
        chain = [closing]
        while (before := self._before(chain[-1])) is not None and before.number not in self.known:
            chain.append(before)
        for each in reversed(chain):
            if each.number not in self.known:
                self.known[each.number] = self._settled(each)
        return self.known[closing.number]

    def evidence(self, closing: ContractClosing) -> SealedEvidence:
        """What entered it."""
        feeds = {name: feed_of(text) for name, text in contract_closings.feeds(self.db, closing).items()}
        return SealedEvidence(contract_closings.promises(self.db, closing), feeds, window_of(closing).end_at)

    def _settled(self, closing: ContractClosing) -> Settled:
        versions, before = self.mappings(closing).contracts.versions(closing.contract), self._before(closing)
        past = () if before is None else statements_through(self.known[before.number])
        return settled_through(self.evidence(closing), versions, window_of(closing), past)

    def _before(self, closing: ContractClosing) -> ContractClosing | None:
        return next((each for each in self.editions if each.number == closing.before), None)


def statements_through(settled: Settled) -> tuple[Statement, ...]:
    return (*settled.past, settled.statement)


def window_of(closing: ContractClosing) -> Period:
    return Period(closing.start, closing.end, ZoneInfo(closing.zone))
