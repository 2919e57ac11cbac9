"""Tiers in properties of HubSpot: of the company, or of the contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.customers import change_instants
from hubspot_sla.policy.tier_sources.source import NO_COMPANY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.policy.customers import ContactView, Customer
    from hubspot_sla.policy.tier_sources.source import PropertyValue


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


@dataclass(frozen=True, slots=True)
class ContactProperty:
    """Asks every contact; of several with a tier the best one counts."""

    value: PropertyValue

    @property
    def name(self) -> str:
        return f"contact property {self.value.property_name}"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        if not customer.contacts:
            return None, "the ticket has no contact"
        answers = [self._tier_of(contact, at_ms) for contact in customer.contacts]
        tiers = [(tier, why) for tier, why in answers if tier]
        unranked = next(
            (tier_and_source for tier_and_source in tiers if tier_and_source[0] not in self.value.ranks), None
        )
        if unranked is not None:  # it might be better than all the others: nobody can say
            return unranked
        if tiers:
            return min(tiers, key=lambda tier_and_source: self.value.ranks.index(tier_and_source[0]))
        return None, "; ".join(why for _, why in answers)

    def _tier_of(self, contact: ContactView, at_ms: int) -> tuple[str | None, str]:
        history = contact.property_history.get(self.value.property_name, ())
        return self.value.tier(f"contact {contact.id}", history, at_ms)

    def turns(self, customer: Customer) -> Iterable[int]:
        return (at for contact in customer.contacts for at in change_instants(contact, self.value.property_name))
