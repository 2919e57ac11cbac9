"""What every kind of source has to offer as an entry of tiers.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.field_types import Section

if TYPE_CHECKING:
    from hubspot_sla.policy.tier_sources.source import CompiledSource, Feed, SourceContext


class SourceSection(Section):
    """One entry of `sources` in tiers.yaml. `KEY` is the key by which this kind is recognised."""

    @property
    def property_asked(self) -> tuple[str, str] | None:
        """(`company` or `contact`, the property whose history must be read); None: no property of HubSpot."""
        return None

    @property
    def file(self) -> str | None:
        """The file beside tiers.yaml whose text is needed."""
        return None

    @property
    def feed(self) -> Feed | None:
        """The endpoint whose answer is needed."""
        return None

    def compiled(self, context: SourceContext) -> CompiledSource:
        """The source of this entry."""
        raise NotImplementedError
