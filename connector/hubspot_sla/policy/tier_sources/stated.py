"""The tier that a test states, in front of every other source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.policy.tier_sources.source import ContractSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.policy.customers import Customer
    from hubspot_sla.policy.tiers import Tiers


@dataclass(frozen=True, slots=True)
class StatedTier:
    """`changes` are (at ms, tier), oldest first; None: no tier."""

    changes: Sequence[tuple[int, str | None]]
    name: str = "tests.yaml"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:  # noqa: ARG002 - the test has said it
        earlier = [tier for changed_at, tier in self.changes if changed_at <= at_ms]
        tier = earlier[-1] if earlier else self.changes[0][1]
        return tier, f"the test says {tier or 'no tier'}"

    def turns(self, customer: Customer) -> Iterable[int]:  # noqa: ARG002 - the same for everybody
        return [changed_at for changed_at, _ in self.changes[1:]]


@dataclass(frozen=True, slots=True)
class RowsOnly:
    """A table that still knows contracts, and is not asked for tiers."""

    table: ContractSource
    name: str = "contracts"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:  # noqa: ARG002 - it is not asked
        return None, "the tables are not asked"

    def turns(self, customer: Customer) -> Iterable[int]:  # noqa: ARG002 - it is not asked
        return ()

    @property
    def columns(self) -> Sequence[str] | None:
        return self.table.columns

    def row(self, customer: Customer, at_ms: int) -> Mapping[str, str]:
        return self.table.row(customer, at_ms)


def with_stated_tier(tiers: Tiers, changes: Sequence[tuple[int, str | None]]) -> Tiers:
    """The same, with the tier of a test in place of all sources and of the default. Contracts are still known."""
    tables = (RowsOnly(source) for source in tiers.sources if isinstance(source, ContractSource))
    return replace(tiers, sources=(StatedTier(changes), *tables), default=None)
