"""The places where tiers are kept, each asked for one customer at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hubspot_sla.policy.tier_table import TierTable

History = Sequence[tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class CompanyView:
    """A company of a ticket; `property_history` holds (at ms, value), oldest first, by property."""

    id: str
    primary: bool
    property_history: Mapping[str, History]


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact of a ticket; `property_history` holds (at ms, value), oldest first, by property."""

    id: str
    property_history: Mapping[str, History]


@dataclass(frozen=True, slots=True)
class TierVerdict:
    """`tier` is None where the customer has none; `source` and `why` belong into the explanation."""

    tier: str | None
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is behind a ticket: one company, or None, and the contacts."""

    company: CompanyView | None
    contacts: Sequence[ContactView] = ()


class Source(Protocol):
    """One place where tiers are kept."""

    @property
    def name(self) -> str: ...

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        """The customer's tier at an instant, None if this source has none; and why."""
        ...

    def turns(self, customer: Customer) -> Iterable[int]:
        """The instants at which the answer may change."""
        ...


_NO_COMPANY = "the ticket has no company"


@dataclass(frozen=True, slots=True)
class CompanyProperty:
    """A property of the company in HubSpot."""

    property_name: str
    ranks: tuple[str, ...]
    moment: str

    @property
    def name(self) -> str:
        return f"company property {self.property_name}"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        company = customer.company
        if company is None:
            return None, _NO_COMPANY
        history = company.property_history.get(self.property_name, ())
        return _valued(f"{self.property_name} of company {company.id}", history, at_ms, self.ranks, self.moment)

    def turns(self, customer: Customer) -> Iterable[int]:
        return _changes(customer.company, self.property_name) if customer.company else ()


@dataclass(frozen=True, slots=True)
class ContactProperty:
    """A property of the contacts in HubSpot; of several contacts with a tier the best one counts."""

    property_name: str
    ranks: tuple[str, ...]
    moment: str

    @property
    def name(self) -> str:
        return f"contact property {self.property_name}"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        if not customer.contacts:
            return None, "the ticket has no contact"
        answers = [self._of(contact, at_ms) for contact in customer.contacts]
        found = [(tier, why) for tier, why in answers if tier]
        if found:
            return min(found, key=lambda answer: self.ranks.index(answer[0]))
        return None, "; ".join(why for _, why in answers)

    def _of(self, contact: ContactView, at_ms: int) -> tuple[str | None, str]:
        history = contact.property_history.get(self.property_name, ())
        return _valued(f"{self.property_name} of contact {contact.id}", history, at_ms, self.ranks, self.moment)

    def turns(self, customer: Customer) -> Iterable[int]:
        return (at for contact in customer.contacts for at in _changes(contact, self.property_name))


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table with effective dates, from a CSV file or an endpoint. No table: the endpoint has never answered."""

    kind: str
    table: TierTable | None
    address: str
    moment: str

    @property
    def name(self) -> str:
        return f"{self.kind} {self.address}"

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        if self.table is None:
            return None, f"{self.address} has not answered yet"
        company = customer.company
        if company is None:
            return None, _NO_COMPANY
        term = self.table.at(company.id, at_ms)
        if term is None:
            return None, f"{self.address} has no tier for company {company.id} at {self.moment}"
        return term.tier, f"{self.address} gives company {company.id} {term.tier} {term}"

    def turns(self, customer: Customer) -> Iterable[int]:
        terms = self.table.terms.get(customer.company.id, ()) if self.table and customer.company else ()
        return (at for term in terms for at in term.ends)


def _changes(view: CompanyView | ContactView, name: str) -> Iterable[int]:
    return (at for at, _ in view.property_history.get(name, ()))


def _valued(said: str, history: History, at_ms: int, ranks: Sequence[str], moment: str) -> tuple[str | None, str]:
    value, late = in_force(history, at_ms)
    if not value:
        return None, f"{said} is empty"
    if value not in ranks:
        return None, f"{said} is {value!r}, which is no tier"
    when = f"at the earliest known moment, after {moment}" if late else f"at {moment}"
    return value, f"{said} was {value} {when}"


def in_force(history: History, at_ms: int) -> tuple[str | None, bool]:
    """The value at an instant; where none is known from then, the earliest later one, and True."""
    before = [value for set_at, value in history if set_at <= at_ms]
    if before:
        return before[-1], False
    return next((value for _, value in history if value), None), True
