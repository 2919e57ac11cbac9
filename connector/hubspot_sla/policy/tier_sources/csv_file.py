"""Tiers in a CSV file beside tiers.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hubspot_sla.policy.field_types import Text
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources.columns import ColumnsSection
from hubspot_sla.policy.tier_sources.csv_dialect import DateFormat
from hubspot_sla.policy.tier_sources.source import CompiledSource
from hubspot_sla.policy.tier_sources.table_source import TableSource
from hubspot_sla.policy.tier_sources.tier_rows import tiers_in_csv

if TYPE_CHECKING:
    from hubspot_sla.policy.tier_sources.source import SourceContext


class CsvFileSection(ColumnsSection):
    """A CSV file with a header, beside tiers.yaml; other column names can be said."""

    KEY: ClassVar[str] = "csv"

    csv: Text
    format: DateFormat | None = None

    @property
    def date_format(self) -> DateFormat | None:
        return self.format

    @property
    def file(self) -> str:
        return self.csv

    def compiled(self, context: SourceContext) -> CompiledSource:
        text = context.texts.get(self.csv)
        if text is None:
            problem = context.document.problem(
                (*context.path, self.KEY), f"there is no file {self.csv!r}", code=Code.FILE_MISSING
            )
            return CompiledSource(None, [problem])
        table, problems = tiers_in_csv(self.csv, text, self, context.ranks)
        source = TableSource(f"csv {self.csv}", self.csv, table, context.moment)
        return CompiledSource(source, problems, warnings=table.doubts, company_lines={self.csv: table.lines_by_company})
