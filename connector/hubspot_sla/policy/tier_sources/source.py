"""What every kind of source of tiers has to offer once it is compiled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from hubspot_sla.policy.customers import value_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.customers import Customer, History
    from hubspot_sla.policy.yaml_document import Document, Path

NO_COMPANY = "the ticket has no company"


class Source(Protocol):
    """One place where tiers are kept."""

    @property
    def name(self) -> str: ...

    def tier(self, customer: Customer, at_ms: int) -> tuple[str | None, str]:
        """What it says of the customer at an instant, None if it says nothing; and why. Whether that is a tier, `ranks`
        decides."""
        ...

    def turns(self, customer: Customer) -> Iterable[int]:
        """The instants at which the answer may change."""
        ...


@runtime_checkable
class ContractSource(Protocol):
    """A source that knows more of a customer than the tier: a table with a row for each contract."""

    @property
    def columns(self) -> Sequence[str] | None:
        """What its rows say; None where that is not known yet."""
        ...

    def row(self, customer: Customer, at_ms: int) -> Mapping[str, str]:
        """The customer's row at an instant; nothing where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """An HTTP endpoint that says tiers: `token` names the variable that holds its bearer token ("": none is sent);
    an answer older than `max_age_ms` is asked for again."""

    url: str
    token: str
    max_age_ms: int


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What an entry is compiled with: where it stands, the tiers from best to least, as of which moment a value counts,
    in words, and the texts of files and answers of endpoints by name. `skips_unranked`: what `ranks` lacks is no
    answer, as in the first grammar."""

    document: Document
    path: Path
    ranks: tuple[str, ...]
    moment: str
    texts: Mapping[str, str]
    skips_unranked: bool = False

    def property_value(self, name: str) -> PropertyValue:
        """How a tier is read out of this property."""
        return PropertyValue(name, self.ranks, self.moment, self.skips_unranked)


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """The source, None where it is wrong. `problems` stop everything; `flaws` are rows that do not count, because they
    are wrong and nobody here can mend them; `warnings` are about rows that count, and are worth a second look.
    `company_lines` are the lines about each company id, by file beside tiers.yaml or endpoint, which has none: 0."""

    source: Source | None
    problems: list[Problem] = field(default_factory=list)
    flaws: list[Problem] = field(default_factory=list)
    warnings: Sequence[Problem] = ()
    company_lines: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PropertyValue:
    """Reads a tier out of the history of a property. `owner` says whose it is: `company 5021`."""

    property_name: str
    ranks: tuple[str, ...]
    moment: str
    skips_unranked: bool = False

    def tier(self, owner: str, history: History, at_ms: int) -> tuple[str | None, str]:
        value, later = value_in_force(history, at_ms)
        where = f"{self.property_name} of {owner}"
        if not value:
            return None, f"{where} is empty"
        if value not in self.ranks:
            return None if self.skips_unranked else value, f"{where} is {value!r}, which is no tier"
        when = f"at the earliest known moment, after {self.moment}" if later else f"at {self.moment}"
        return value, f"{where} was {value} {when}"
