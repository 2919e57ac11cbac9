"""Who is behind a ticket: its companies and contacts, with their properties over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hubspot_sla.quickly_made import quickly_made

History = Sequence[tuple[int, str | None]]
"""(at ms, value), oldest first."""


@quickly_made
@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company of a ticket; `property_history` holds (at ms, value), oldest first, by property."""

    id: str
    primary: bool
    property_history: Mapping[str, History]


@quickly_made
@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact of a ticket; `property_history` holds (at ms, value), oldest first, by property."""

    id: str
    property_history: Mapping[str, History]


class Customer(NamedTuple):
    """One company, or None, and the contacts."""

    company: CompanyView | None
    contacts: Sequence[ContactView] = ()


def value_in_force(history: History, at_ms: int) -> tuple[str | None, bool]:
    """The value at an instant; where none is known from then, the earliest later one, and True."""
    earlier = [value for set_at, value in history if set_at <= at_ms]
    if earlier:
        return earlier[-1], False
    return next((value for _, value in history if value), None), True


def change_instants(view: CompanyView | ContactView, property_name: str) -> tuple[int, ...]:
    """Every instant (epoch ms) at which the property got a value."""
    return tuple(at for at, _ in view.property_history.get(property_name, ()))
