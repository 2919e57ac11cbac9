"""Tiers in a property of the contacts in HubSpot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.policy.customers import change_instants
from hubspot_sla.policy.field_types import Internal
from hubspot_sla.policy.tier_sources.source import CompiledSource, PropertyValue, SourceSection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.policy.customers import ContactView, Customer
    from hubspot_sla.policy.tier_sources.source import SourceContext


class ContactPropertySection(SourceSection):
    """A property of the ticket's contacts in HubSpot, by its internal name."""

    KEY: ClassVar[str] = "contact_property"

    contact_property: Internal

    @property
    def property_asked(self) -> tuple[str, str]:
        return "contact", self.contact_property

    def compiled(self, context: SourceContext) -> CompiledSource:
        return CompiledSource(ContactProperty(context.property_value(self.contact_property)))


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
