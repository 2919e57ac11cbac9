"""Tiers in a property of the company in HubSpot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.policy.customers import change_instants
from hubspot_sla.policy.field_types import Internal
from hubspot_sla.policy.tier_sources.source import NO_COMPANY, CompiledSource, PropertyValue, SourceSection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.policy.customers import Customer
    from hubspot_sla.policy.tier_sources.source import SourceContext


class CompanyPropertySection(SourceSection):
    """A property of the company in HubSpot, by its internal name."""

    KEY: ClassVar[str] = "company_property"

    company_property: Internal

    @property
    def property_asked(self) -> tuple[str, str]:
        return "company", self.company_property

    def compiled(self, context: SourceContext) -> CompiledSource:
        return CompiledSource(CompanyProperty(context.property_value(self.company_property)))


@dataclass(frozen=True, slots=True)
class CompanyProperty:
    """Asks the company that counts."""

    value: PropertyValue

    @property
    def name(self) -> str:
        return f"company property {self.value.property_name}"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        company = customer.company
        if company is None:
            return None, NO_COMPANY
        history = company.property_history.get(self.value.property_name, ())
        return self.value.tier(f"company {company.id}", history, at_ms)

    def turns(self, customer: Customer) -> Iterable[int]:
        return change_instants(customer.company, self.value.property_name) if customer.company else ()
