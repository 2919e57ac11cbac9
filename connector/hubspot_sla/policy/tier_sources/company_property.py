"""Tiers in a property of the company in HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.policy.field_types import Internal
from hubspot_sla.policy.tier_sources.property_sources import CompanyProperty
from hubspot_sla.policy.tier_sources.source import CompiledSource
from hubspot_sla.policy.tier_sources.source_section import SourceSection

if TYPE_CHECKING:
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
