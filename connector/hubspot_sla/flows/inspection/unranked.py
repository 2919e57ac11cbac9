"""Tiers that a source says and `ranks` in tiers.yaml lacks: errors of `sla check --portal` and `sla doctor`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from hubspot_sla.ledger import records
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.tiers import NOT_RANKED
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.inspection.unmatched import UnrankedTier
    from hubspot_sla.hubspot.schema import Property
    from hubspot_sla.policy.mappings import Mappings

    PropertiesOf = Callable[[str], Mapping[str, Property]]
    """From `companies` or `contacts` to the properties that the portal has of them, by name."""

OBJECT_TYPES: Final = {"company": "companies", "contact": "contacts"}
_PAGE: Final = 500


def unranked_problems(
    mappings: Mappings, properties_of: PropertiesOf, unranked_by_value: Mapping[str, UnrankedTier]
) -> list[Problem]:
    """One for each value: those that tickets have (`unranked_by_value`), then those that a property allows."""
    of_property = {f"{about} property {name}" for _, about, name in mappings.tiers.property_sources}
    problems = [
        _problem(mappings, value, _whom(tier), "in HubSpot" if tier.source in of_property else "there")
        for value, tier in sorted(unranked_by_value.items())
    ]
    return [*problems, *_of_options(mappings, properties_of, unranked_by_value)]


def unranked_of_open(
    mappings: Mappings, properties_of: PropertiesOf, ledger: sqlite3.Connection | None
) -> list[Problem]:
    """The same by what open records hold as of the last sync; without a ledger, what a property allows."""
    counts = _open_records(mappings, ledger) if ledger else Counter()
    problems = [
        _problem(mappings, value, f"{_counted(number, 'open record has', 'open records have')} it", "at its source")
        for value, number in sorted(counts.items())
    ]
    return [*problems, *_of_options(mappings, properties_of, counts)]


def _of_options(mappings: Mappings, properties_of: PropertiesOf, known: Mapping[str, object]) -> Iterator[Problem]:
    tiers = mappings.tiers
    for _, about, name in tiers.property_sources:
        definition = properties_of(OBJECT_TYPES[about]).get(name)
        for option in () if definition is None else definition.options:
            if option.value not in tiers.ranks and option.value not in known:
                whom = f"the {about} property {name} can be so; no ticket is concerned yet"
                yield _problem(mappings, option.value, whom, "in HubSpot")


def _open_records(mappings: Mappings, ledger: sqlite3.Connection) -> Counter[str]:
    """How many open records hold each tier that is not ranked, by the value that the source says."""
    before, after = NOT_RANKED.split("{}")
    counts: Counter[str] = Counter()
    for object_type in mappings.object_types:
        name = mappings.of(object_type).portal.written.of("tier")
        last = ""
        while page := records.open_page(ledger, object_type, last, _PAGE):
            last = page[-1]
            for row in records.load(ledger, object_type, page).values():
                held = row.written.get(name) or ""
                if held.startswith(before) and held.endswith(after):
                    counts[held.removeprefix(before).removesuffix(after)] += 1
    return counts


def _whom(tier: UnrankedTier) -> str:
    """A contact says the tier of its tickets, whatever company they belong to."""
    companies = _counted(len(tier.company_ids), "company", "companies")
    tickets = _counted(tier.open_tickets, "open ticket", "open tickets")
    whom = tickets if tier.source.startswith("contact ") else f"{companies} with {tickets}"
    return f"{tier.source.removeprefix('http ')} says so of {whom}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _problem(mappings: Mappings, value: str, whom: str, where: str) -> Problem:
    ranks = mappings.tiers.ranks
    close = nearest(value, ranks)
    hint = f"; {close}" if close.startswith("did you mean") else ""
    remedy = f"add it to `ranks`, or change it {where}{hint}"
    message = f"the tier {value!r} is not ranked: {whom}"
    return mappings.tiers.document.problem(("ranks",), message, remedy, at_key=True, code=Code.TIER_NOT_RANKED)
