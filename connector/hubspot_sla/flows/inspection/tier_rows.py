"""The rows of tables of tiers that speak of some companies, each with the instant at which it was first seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.plan.instant_text import wire
from hubspot_sla.policy.tier_sources.table_source import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.context.mappings_version import Version


@dataclass(frozen=True, slots=True)
class TierRow:
    """A row of a file or endpoint as it is written; `seen_at` (epoch ms) is when the first version of the mappings with
    it came into force."""

    table: str
    company: str
    tier: str
    valid_from: str
    valid_to: str
    seen_at: int

    def as_json(self) -> dict[str, object]:
        return {
            "table": self.table,
            "company": self.company,
            "tier": self.tier,
            "from": self.valid_from or None,
            "to": self.valid_to or None,
            "seen_at": wire(self.seen_at),
        }


def tier_rows(versions: Sequence[Version], companies: Iterable[str]) -> list[TierRow]:
    """Those of the newest of `versions`, oldest first. One that was taken out and came back was seen at first."""
    wanted = list(companies)
    seen_at: dict[tuple[str, ...], int] = {}
    for version in versions:
        for row in _rows(version, wanted):
            seen_at.setdefault(row, version.effective_at)
    return [TierRow(*row, seen_at[row]) for row in _rows(versions[-1], wanted)]


def _rows(version: Version, companies: Iterable[str]) -> Iterator[tuple[str, str, str, str, str]]:
    for source in version.mappings.tiers.sources:
        if isinstance(source, TableSource) and source.table is not None:
            for company in companies:
                for term in source.table.terms.get(company, ()):
                    yield source.address, company, term.tier, term.from_text, term.to_text
