"""Which tier a customer has: from which source, as of when, and why.

A property in HubSpot is asked for the value that was in force; where its history begins only after that, the
earliest later value counts, and the reason says so. A table, from a CSV file or an HTTP endpoint, says itself when
a tier holds.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from hubspot_sla.policy.customers import CompanyView, Customer, change_instants, value_in_force
from hubspot_sla.policy.grammars import CURRENT, FIRST
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tier_sources.source import ContractSource, SourceContext
from hubspot_sla.policy.tier_sources.table_source import TableSource
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.customers import ContactView, History
    from hubspot_sla.policy.documents import TiersFile
    from hubspot_sla.policy.tier_sources.source import Feed, Source
    from hubspot_sla.policy.yaml_document import Document


NOT_RANKED = "not ranked: {}"
_KEPT: Final = 16_384
"""How many customers are remembered."""


@dataclass(frozen=True, slots=True)
class TierVerdict:
    """`tier` is None where the customer has none; `source` and `why` belong into the explanation. `unranked` is what a
    source says of the customer where `ranks` does not know it, "" where it does: nobody knows then which tier that is.
    `company_id` is the company that this is said of, "" where there is none.
    """

    tier: str | None
    source: str
    why: str
    unranked: str = ""
    company_id: str = ""

    @property
    def shown(self) -> str | None:
        """The tier as people read it."""
        return NOT_RANKED.format(self.unranked) if self.unranked else self.tier


class _TierOverTime(NamedTuple):
    """The tier is the same between two of these instants (epoch ms): by how many of them have passed, once asked."""

    turns: tuple[int, ...]
    verdicts: dict[int, TierVerdict]


@dataclass(frozen=True, slots=True)
class Tiers:
    """`ranks` from best to least; `sources` in order of precedence; `property_sources` are the place in that list,
    `company` or `contact`, and the property, of each source that is a property of HubSpot; `flaws` are rows of
    endpoints that do not count, because they are wrong: nobody here can mend them, and the others hold. `doubts` are
    about rows that count, and that no company of HubSpot may ever match. `skips_unranked`: a value that `ranks` lacks
    leaves the word to the next source, as it did in the first grammar."""

    document: Document
    ranks: tuple[str, ...]
    sources: tuple[Source, ...]
    as_of_creation: bool
    primary_only: bool
    default: str | None
    property_sources: tuple[tuple[int, str, str], ...] = ()
    feeds: tuple[Feed, ...] = ()
    flaws: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()
    company_lines: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    """By file beside tiers.yaml, or endpoint: the lines about each company id; 0 where there are none."""
    skips_unranked: bool = False
    _known: dict[tuple[str, ...], _TierOverTime] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By the ids of the companies that count, where nothing else of a customer does."""

    @property
    def company_properties(self) -> tuple[str, ...]:
        """The company properties, with history, that `of` must be given."""
        return tuple(dict.fromkeys(name for _, about, name in self.property_sources if about == "company"))

    @property
    def contact_properties(self) -> tuple[str, ...]:
        """The contact properties, with history, that `of` must be given."""
        return tuple(dict.fromkeys(name for _, about, name in self.property_sources if about == "contact"))

    def of(
        self,
        companies: Sequence[CompanyView],
        created_at_ms: int,
        at_ms: int,
        contacts: Sequence[ContactView] = (),
    ) -> TierVerdict:
        """The tier of the customer behind a ticket with these companies and contacts, as of its creation or `at_ms`."""
        at_ms = created_at_ms if self.as_of_creation else at_ms
        chosen, how = self._chosen(companies)
        if self.property_sources:
            return self._of(chosen, how, at_ms, contacts)
        known = self._over_time(chosen)
        place = bisect_right(known.turns, at_ms)
        verdict = known.verdicts.get(place)
        if verdict is None:
            verdict = known.verdicts[place] = self._of(chosen, how, at_ms, contacts)
        return verdict

    def held_at(self, at_ms: int) -> Tiers:
        """As if what the tables said at this instant held from there on; itself where they say so. The histories of
        properties are not its own."""
        sources = tuple(one.held_at(at_ms) if isinstance(one, TableSource) else one for one in self.sources)
        is_same = all(one is other for one, other in zip(sources, self.sources, strict=True))
        return self if is_same else replace(self, sources=sources)

    def _over_time(self, chosen: Sequence[CompanyView]) -> _TierOverTime:
        """Of customers whose tier no property of HubSpot tells: the tables know them by the ids of their companies."""
        key = tuple([company.id for company in chosen])
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[key] = _TierOverTime(self._turns(chosen, ()), {})
        return known

    def _of(self, chosen: Sequence[CompanyView], how: str, at_ms: int, contacts: Sequence[ContactView]) -> TierVerdict:
        verdicts = [self._of_customer(Customer(company, contacts), at_ms) for company in chosen or (None,)]
        unranked = next((verdict for verdict in verdicts if verdict.unranked), None)
        if unranked is not None:
            return unranked
        with_tier = [verdict for verdict in verdicts if verdict.tier]
        if not with_tier:
            return self._without("; ".join(verdict.why for verdict in verdicts))
        best = min(with_tier, key=self._rank)
        return TierVerdict(best.tier, best.source, best.why + how)

    def turns(self, companies: Sequence[CompanyView], contacts: Sequence[ContactView] = ()) -> tuple[int, ...]:
        """Every instant (epoch ms) at which the tier may change; none where the day of creation decides."""
        if self.as_of_creation:
            return ()
        chosen, _ = self._chosen(companies)
        return self._turns(chosen, contacts) if self.property_sources else self._over_time(chosen).turns

    def _turns(self, chosen: Sequence[CompanyView], contacts: Sequence[ContactView]) -> tuple[int, ...]:
        customers = [Customer(company, contacts) for company in chosen or (None,)]
        return tuple(sorted({at for customer in customers for source in self.sources for at in source.turns(customer)}))

    def value_turns(
        self,
        companies: Sequence[CompanyView],
        company_properties: Sequence[str],
        contacts: Sequence[ContactView],
        contact_properties: Sequence[str],
    ) -> tuple[int, ...]:
        """Every instant (epoch ms) at which one of these properties may change; none where the day of creation
        decides."""
        if self.as_of_creation or not (company_properties or contact_properties):
            return ()
        chosen, _ = self._chosen(companies)
        views_and_names: list[tuple[CompanyView | ContactView, str]] = []
        views_and_names += [(company, name) for company in chosen for name in company_properties]
        views_and_names += [(contact, name) for contact in contacts for name in contact_properties]
        return tuple(sorted({at for view, name in views_and_names for at in change_instants(view, name)}))

    def valued(
        self, views: Sequence[CompanyView] | Sequence[ContactView], created_at_ms: int, at_ms: int
    ) -> list[dict[str, str | None]]:
        """The property values of these companies or contacts as conditions see them: as of the same moment as the
        tier, and of companies only those that count."""
        if not views:
            return []
        at_ms = created_at_ms if self.as_of_creation else at_ms
        if len(views) > 1 and self.primary_only:
            primary = [view for view in views if isinstance(view, CompanyView) and view.primary]
            views = primary[:1] or views
        return [_values(view.property_history, at_ms) if view.property_history else {} for view in views]

    def contract(
        self, companies: Sequence[CompanyView], created_at_ms: int, at_ms: int, contacts: Sequence[ContactView] = ()
    ) -> Mapping[str, str]:
        """The row of the customer's contract, by column, as of the same moment as the tier: of the first table that has
        one. Of several companies that of the best tier goes first."""
        at_ms = created_at_ms if self.as_of_creation else at_ms
        chosen, _ = self._chosen(companies)
        customers = [Customer(company, contacts) for company in chosen]
        by_tier = sorted(customers, key=lambda customer: self._rank(self._of_customer(customer, at_ms)))
        tables = [source for source in self.sources if isinstance(source, ContractSource)]
        rows = (table.row(customer, at_ms) for customer in by_tier for table in tables)
        return next((row for row in rows if row), {})

    @property
    def contract_columns(self) -> set[str] | None:
        """The columns that contracts may have; None where a table is not known yet."""
        tables = [source.columns for source in self.sources if isinstance(source, ContractSource)]
        known = [columns for columns in tables if columns is not None]
        return {name for columns in known for name in columns} if len(known) == len(tables) else None

    def _rank(self, verdict: TierVerdict) -> int:
        return self.ranks.index(verdict.tier) if verdict.tier else len(self.ranks)

    def _chosen(self, companies: Sequence[CompanyView]) -> tuple[Sequence[CompanyView], str]:
        if len(companies) < 2:
            return companies, ""
        primary = [company for company in companies if company.primary]
        if self.primary_only and primary:
            return primary[:1], ""
        return companies, f" (the highest of {len(companies)} companies)"

    def _of_customer(self, customer: Customer, at_ms: int) -> TierVerdict:
        reasons = []
        for source in self.sources:
            tier, why = source.tier(customer, at_ms)
            reasons.append(why)
            if tier in self.ranks:
                return TierVerdict(tier, source.name, "; ".join(reasons))
            if tier and not self.skips_unranked:
                why = f"{NOT_RANKED.format(tier)} ({'; '.join(reasons)})"
                company_id = customer.company.id if customer.company else ""
                return TierVerdict(None, source.name, why, unranked=tier, company_id=company_id)
        return TierVerdict(None, "none", "; ".join(dict.fromkeys(reasons)) or "no source is named")

    def _without(self, why: str) -> TierVerdict:
        if self.default:
            return TierVerdict(self.default, "default", f"{why}; the default is {self.default}")
        return TierVerdict(None, "none", why)


def _values(history_by_name: Mapping[str, History], at_ms: int) -> dict[str, str | None]:
    return {name: value_in_force(history, at_ms)[0] for name, history in history_by_name.items()}


def compiled_tiers(
    document: Document, file: TiersFile, texts: Mapping[str, str], grammar: int = CURRENT
) -> tuple[Tiers, list[Problem]]:
    """tiers.yaml with the CSV files and the answers of endpoints it names, out of `texts`, read by this grammar."""
    moment = "the ticket's creation" if file.as_of == "creation" else "the time of judging"
    ranks = tuple(file.ranks)
    compiled = [
        section.compiled(
            SourceContext(document, ("sources", number), ranks, moment, texts, skips_unranked=grammar == FIRST)
        )
        for number, section in enumerate(file.sources)
    ]
    properties = ((number, section.property_asked) for number, section in enumerate(file.sources))
    tiers = Tiers(
        document,
        ranks,
        tuple(source.source for source in compiled if source.source),
        file.as_of == "creation",
        file.several_companies == "primary",
        file.default,
        tuple((number, *names) for number, names in properties if names),
        tuple(section.feed for section in file.sources if section.feed),
        tuple(flaw for source in compiled for flaw in source.flaws),
        tuple(warning for source in compiled for warning in source.warnings),
        {file: lines for source in compiled for file, lines in source.company_lines.items()},
        skips_unranked=grammar == FIRST,
    )
    return tiers, [*_rank_problems(document, file), *(problem for source in compiled for problem in source.problems)]


def _rank_problems(document: Document, file: TiersFile) -> Iterator[Problem]:
    for number, rank in enumerate(file.ranks):
        if rank in file.ranks[:number]:
            yield document.problem(("ranks", number), f"the tier {rank!r} is ranked twice", code=Code.NAME_TAKEN)
    if file.default and file.default not in file.ranks:
        remedy = nearest(file.default, file.ranks)
        yield document.problem(("default",), f"there is no tier {file.default!r}", remedy, code=Code.UNKNOWN_NAME)
