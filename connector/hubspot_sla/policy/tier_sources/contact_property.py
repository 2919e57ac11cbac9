"""Tiers in a property of the contacts in HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.policy.field_types import Internal
from hubspot_sla.policy.tier_sources.property_sources import ContactProperty
from hubspot_sla.policy.tier_sources.source import CompiledSource
from hubspot_sla.policy.tier_sources.source_section import SourceSection

if TYPE_CHECKING:
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
