"""The values over time of the properties that metrics and pauses look at or that say why a record was closed, and what
of them nobody can know. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.timeline import ClosingReason, Gap, PropertyChange
from hubspot_sla.flows.records.hubspot_facts import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubspot_sla.ledger.facts import Fact, FactsByName
    from hubspot_sla.policy.portal import ClosingWords

TOLERANCE_MS: Final = 60_000
"""HubSpot stamps what a record was created with a moment before or after the creation time it shows."""

Properties = dict[str, tuple[PropertyChange, ...]]


def properties_of(facts: FactsByName, names: Iterable[str], created_at: int | None) -> Properties:
    """By internal name."""
    if created_at is None:
        return {}
    return {name: tuple(_changes(facts.get(name, ()), created_at)) for name in names}


def _changes(facts: Iterable[Fact], created_at: int) -> Iterator[PropertyChange]:
    value: str | None = None
    for fact in facts:
        if fact.value != value:
            value = fact.value
            at = created_at if fact.at <= created_at + TOLERANCE_MS else fact.at
            yield PropertyChange(at, value, "" if fact.source == SHOWN else fact.source)


def closing_reasons_of(
    facts: FactsByName, words: ClosingWords | None, created_at: int | None
) -> tuple[ClosingReason, ...]:
    """What the property of portal.yaml said of why it was or will be closed."""
    if words is None or created_at is None:
        return ()
    changes = _changes(facts.get(words.property, ()), created_at)
    return tuple(ClosingReason(change.at, words.kind(change.value), change.by) for change in changes)


def gaps_of(facts: FactsByName, properties: Iterable[str]) -> Iterator[Gap]:
    """Values that HubSpot shows without saying since when."""
    for name in properties:
        first = next((fact for fact in facts.get(name, ()) if fact.value), None)
        if first is not None and first.source == SHOWN:
            yield Gap(name, f"{name} has a value, but no history says since when")
