"""What the columns of a table of tiers are called, in a file or in an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.field_types import Text
from hubspot_sla.policy.tier_sources.source_section import SourceSection

if TYPE_CHECKING:
    from hubspot_sla.policy.tier_sources.csv_dialect import DateFormat


class ColumnsSection(SourceSection):
    """What the columns are called; the names of the keys where nothing else is said."""

    company_id: Text = "company_id"
    tier: Text = "tier"
    valid_from: Text = "valid_from"
    valid_to: Text = "valid_to"

    @property
    def date_format(self) -> DateFormat | None:
        """How dates are written where a tier's entry says it; None: as the values themselves prove."""
        return None
