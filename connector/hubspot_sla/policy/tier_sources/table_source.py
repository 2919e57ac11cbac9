"""A table of tiers with effective dates, asked for one company at one instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.policy.tier_sources.source import NO_COMPANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.policy.customers import Customer
    from hubspot_sla.policy.tier_sources.tier_rows import TierTable


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table with effective dates. `name` is `csv tiers.csv`; no table: the endpoint has never answered."""

    name: str
    address: str
    table: TierTable | None
    moment: str

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        if self.table is None:
            return None, f"{self.address} has not answered yet"
        company = customer.company
        if company is None:
            return None, NO_COMPANY
        term = self.table.at(company.id, at_ms)
        if term is None:
            return None, f"{self.address} has no tier for company {company.id} at {self.moment}"
        return term.tier, f"{self.address} gives company {company.id} {term.tier} {term}"

    def held_at(self, at_ms: int) -> TableSource:
        """With what held at this instant holding on; itself where that is so."""
        table = self.table and self.table.held_at(at_ms)
        return self if table is self.table else replace(self, table=table)

    def turns(self, customer: Customer) -> Iterable[int]:
        terms = self.table.terms.get(customer.company.id, ()) if self.table and customer.company else ()
        return (at for term in terms for at in term.ends)

    @property
    def columns(self) -> Sequence[str] | None:
        """The columns of the table; None where it is not known yet."""
        return self.table.columns if self.table else None

    def row(self, customer: Customer, at_ms: int) -> Mapping[str, str]:
        """Every column of the company's row at an instant; nothing where it has none."""
        term = self.table.at(customer.company.id, at_ms) if self.table and customer.company else None
        return term.cells if term else {}
