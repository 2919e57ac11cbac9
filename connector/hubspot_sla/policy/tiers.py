"""Which tier a customer has: from which source, as of when, and why.

A company property is asked for the value that was in force; where its history begins only after that, the
earliest later value counts, and the reason says so. A CSV says itself when a tier holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.policy.refusals import nearest
from hubspot_sla.policy.tier_table import TierTable, tier_table

if TYPE_CHECKING:
    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.documents import TiersFile
    from hubspot_sla.policy.reading import Document

History = Sequence[tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company of a ticket; `property_history` holds (at ms, value), oldest first, by property."""

    id: str
    primary: bool
    property_history: Mapping[str, History]


@dataclass(frozen=True, slots=True)
class TierVerdict:
    """`tier` is None where the customer has none; `source` and `why` belong into the explanation."""

    tier: str | None
    source: str
    why: str


class Source(Protocol):
    """One place where tiers are kept."""

    @property
    def name(self) -> str: ...

    def tier(self, company: CompanyView, at_ms: int) -> tuple[str | None, str]:
        """The tier of the company at an instant, None if this source has none; and why."""
        ...


@dataclass(frozen=True, slots=True)
class PropertySource:
    """A property of the company in HubSpot."""

    property_name: str
    ranks: tuple[str, ...]
    moment: str

    @property
    def name(self) -> str:
        return f"company property {self.property_name}"

    def tier(self, company: CompanyView, at_ms: int) -> tuple[str | None, str]:
        value, late = _in_force(company.property_history.get(self.property_name, ()), at_ms)
        said = f"{self.property_name} of company {company.id}"
        if not value:
            return None, f"{said} is empty"
        if value not in self.ranks:
            return None, f"{said} is {value!r}, which is no tier"
        when = f"at the earliest known moment, after {self.moment}" if late else f"at {self.moment}"
        return value, f"{said} was {value} {when}"


@dataclass(frozen=True, slots=True)
class TableSource:
    """A CSV file with effective dates."""

    table: TierTable
    moment: str

    @property
    def name(self) -> str:
        return f"csv {self.table.file}"

    def tier(self, company: CompanyView, at_ms: int) -> tuple[str | None, str]:
        term = self.table.at(company.id, at_ms)
        if term is None:
            return None, f"{self.table.file} has no tier for company {company.id} at {self.moment}"
        return term.tier, f"{self.table.file} gives company {company.id} {term.tier} {term}"


@dataclass(frozen=True, slots=True)
class Tiers:
    """`ranks` from best to least; `sources` in order of precedence."""

    document: Document
    ranks: tuple[str, ...]
    sources: tuple[Source, ...]
    as_of_creation: bool
    primary_only: bool
    default: str | None

    @property
    def company_properties(self) -> tuple[str, ...]:
        """The company properties, with history, that `of` must be given."""
        return tuple(dict.fromkeys(name for _, name in self.property_sources))

    @property
    def property_sources(self) -> tuple[tuple[int, str], ...]:
        """The place in the list of sources, and the property, of each source that is one."""
        numbered = enumerate(self.sources)
        return tuple((place, source.property_name) for place, source in numbered if isinstance(source, PropertySource))

    def of(self, companies: Sequence[CompanyView], created_at_ms: int, now_ms: int) -> TierVerdict:
        """The tier of the customer behind a ticket with these companies."""
        if not companies:
            return self._without("the ticket has no company")
        at_ms = created_at_ms if self.as_of_creation else now_ms
        chosen, how = self._chosen(companies)
        verdicts = [self._of_company(company, at_ms) for company in chosen]
        found = [verdict for verdict in verdicts if verdict.tier]
        if not found:
            return self._without("; ".join(verdict.why for verdict in verdicts))
        best = min(found, key=lambda verdict: self.ranks.index(verdict.tier or ""))
        return TierVerdict(best.tier, best.source, best.why + how)

    def _chosen(self, companies: Sequence[CompanyView]) -> tuple[Sequence[CompanyView], str]:
        primary = [company for company in companies if company.primary]
        if self.primary_only and primary:
            return primary[:1], ""
        return companies, f" (the highest of {len(companies)} companies)" if len(companies) > 1 else ""

    def _of_company(self, company: CompanyView, at_ms: int) -> TierVerdict:
        reasons = []
        for source in self.sources:
            tier, why = source.tier(company, at_ms)
            reasons.append(why)
            if tier:
                return TierVerdict(tier, source.name, "; ".join(reasons))
        return TierVerdict(None, "none", "; ".join(reasons) or "no source is named")

    def _without(self, why: str) -> TierVerdict:
        if self.default:
            return TierVerdict(self.default, "default", f"{why}; the default is {self.default}")
        return TierVerdict(None, "none", why)


def compiled_tiers(document: Document, file: TiersFile, texts: Mapping[str, str]) -> tuple[Tiers, list[Problem]]:
    """tiers.yaml with the CSV files it names, out of `texts`."""
    moment = "the ticket's creation" if file.as_of == "creation" else "the time of the look"
    ranks = tuple(file.ranks)
    problems = list(_rank_problems(document, file))
    sources: list[Source] = []
    for number, section in enumerate(file.sources):
        if section.company_property:
            sources.append(PropertySource(section.company_property, ranks, moment))
        elif section.csv and section.csv in texts:
            table, found = tier_table(texts[section.csv], section, ranks)
            sources.append(TableSource(table, moment))
            problems.extend(found)
        else:
            problems.append(document.problem(("sources", number, "csv"), f"there is no file {section.csv!r}"))
    primary_only = file.several_companies == "primary"
    return Tiers(document, ranks, tuple(sources), file.as_of == "creation", primary_only, file.default), problems


def _rank_problems(document: Document, file: TiersFile) -> Iterator[Problem]:
    for number, rank in enumerate(file.ranks):
        if rank in file.ranks[:number]:
            yield document.problem(("ranks", number), f"the tier {rank!r} is ranked twice")
    if file.default and file.default not in file.ranks:
        remedy = nearest(file.default, file.ranks)
        yield document.problem(("default",), f"there is no tier {file.default!r}", remedy)


def _in_force(history: History, at_ms: int) -> tuple[str | None, bool]:
    """The value at an instant; where none is known from then, the earliest later one, and True."""
    before = [value for set_at, value in history if set_at <= at_ms]
    if before:
        return before[-1], False
    return next((value for _, value in history if value), None), True
