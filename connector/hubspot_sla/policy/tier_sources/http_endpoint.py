"""Tiers behind an HTTP endpoint that answers JSON. `feeds/` asks it; here its last answer is one more text."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import model_validator

from hubspot_sla.policy.field_types import Address, Length, Variable
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources.columns import ColumnsSection
from hubspot_sla.policy.tier_sources.source import CompiledSource, Feed
from hubspot_sla.policy.tier_sources.table_source import TableSource
from hubspot_sla.policy.tier_sources.tier_rows import tiers_in_answer
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from hubspot_sla.policy.tier_sources.source import SourceContext

HOUR_MS = 3_600_000


class HttpEndpointSection(ColumnsSection):
    """An address that answers a JSON list of rows; `token` names the variable with its bearer token."""

    KEY: ClassVar[str] = "http"

    http: Address
    token: Variable | None = None
    max_age: Length | None = None

    @model_validator(mode="after")
    def _age_on_the_wall(self) -> HttpEndpointSection:
        if self.max_age and self.max_age.business_days:
            raise Refused(
                "`max_age` cannot be counted in business days", "say its hours, for example 1h", code=Code.DURATION
            )
        return self

    @property
    def feed(self) -> Feed:
        return Feed(self.http, self.token or "", self.max_age.ms if self.max_age else HOUR_MS)

    def compiled(self, context: SourceContext) -> CompiledSource:
        name, rows_json = f"http {self.http}", context.texts.get(self.http)
        if rows_json is None:
            return CompiledSource(TableSource(name, self.http, None, context.moment))
        table, flaws = tiers_in_answer(self.http, rows_json, self, context.ranks)
        source = TableSource(name, self.http, table, context.moment)
        in_one_place = {company_id: [0] for company_id in table.lines_by_company}
        return CompiledSource(source, flaws=flaws, warnings=table.doubts, company_lines={self.http: in_one_place})
