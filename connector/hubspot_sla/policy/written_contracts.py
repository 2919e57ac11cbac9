"""What contracts.yaml says, compiled: each version of each contract, and where what it measures comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.contract.key_dates import KeyDate
    from hubspot_sla.contract.outages import Exclusion
    from hubspot_sla.contract.terms import Contract
    from hubspot_sla.policy.condition_values import Wanted
    from hubspot_sla.policy.report_documents import OutcomeWhen
    from hubspot_sla.policy.yaml_document import Document


@dataclass(frozen=True, slots=True)
class Source:
    """What an objective is measured by: promises of some metrics (None: all) that `when` selects, or a feed. Of outages
    only the time counts in which `hours` is open, or closed where it is the time `outside` that counts. Promises are
    late, and last, in business time, or by the calendar (`on_the_wall`)."""

    metrics: Wanted | None
    when: OutcomeWhen
    only_late: bool = False
    feed: str | None = None
    hours: Calendar | None = None
    outside: bool = False
    on_the_wall: bool = False


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """A `file` beside contracts.yaml, or an address (`url`); `token` names the variable with its bearer token, "" for
    none."""

    file: str = ""
    url: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class WrittenContract:
    """One version: its terms, and by objective where its figures come from. `waived` are the reasons of waivers that
    leave a promise out, `exclusions` the outages that are left out. `number` is its place in the file."""

    terms: Contract
    sources: Mapping[str, Source]
    number: int = 0
    waived: frozenset[str] = frozenset()
    exclusions: tuple[Exclusion, ...] = ()
    dates: tuple[KeyDate, ...] = ()
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Contracts:
    """All of the file, in its order; `feeds` say where outages and requests are read, by name; `company_properties`:
    how contracts stand is written to companies. `document` is None where there is no contracts.yaml."""

    written: tuple[WrittenContract, ...] = ()
    feeds: Mapping[str, FeedPlace] = field(default_factory=dict)
    company_properties: bool = False
    document: Document | None = None

    def versions(self, contract_id: str) -> list[WrittenContract]:
        return [each for each in self.written if each.terms.id == contract_id]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.terms.id for each in self.written))


NO_CONTRACTS: Final = Contracts()
