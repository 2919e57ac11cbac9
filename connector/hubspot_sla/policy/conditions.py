"""When a policy applies. A condition answers with the reason why it does not hold, or with nothing.

Conditions ask a `Subject`: a ticket as it was at one instant. `implies` and `excludes` compare two conditions
without any ticket, for `sla check`; both are cautious: False where it is not certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.policy.condition_values import Wanted

Values = Mapping[str, str | None]


class About(StrEnum):
    """Whose value a condition looks at."""

    TIER = "tier"
    PIPELINE = "pipeline"
    STAGE = "stage"
    TICKET = "ticket"
    COMPANY = "company"
    CONTACT = "contact"
    CONTRACT = "contract"


@quickly_made
@dataclass(frozen=True, slots=True)
class Subject:
    """A ticket as policies see it at one instant, `at` (epoch ms).

    `pipeline` and `stage` are ids; `PolicySet.match` puts the names of portal.yaml in their place. `properties`
    holds the ticket's values by internal name; `companies` and `contacts` those of each one that counts; `contract`
    the row of the customer's contract, by column. `histories` are (at ms, value), oldest first, by ticket property, and
    of `holder`: the team or vendor that holds the stage. They are the same at every instant of one ticket.
    """

    at: int
    tier: str | None
    pipeline: str
    stage: str = ""
    properties: Values = field(default_factory=dict)
    companies: Sequence[Values] = ()
    contacts: Sequence[Values] = ()
    contract: Values = field(default_factory=dict)
    histories: Mapping[str, Sequence[tuple[int, str | None]]] = field(default_factory=dict)
    unranked: str = ""
    """What a source of tiers says of the customer where `ranks` does not know it."""

    def values(self, about: About, name: str) -> Sequence[str | None]:
        """The value, or one for each company or contact; never empty."""
        match about:
            case About.TICKET:
                return (self.properties.get(name),)
            case About.TIER:
                return (self.tier,)
            case About.PIPELINE:
                return (self.pipeline,)
            case About.STAGE:
                return (self.stage,)
            case About.COMPANY:
                return [company.get(name) for company in self.companies] or (None,)
            case About.CONTACT:
                return [contact.get(name) for contact in self.contacts] or (None,)
            case About.CONTRACT:
                return (self.contract.get(name),)


class Condition(Protocol):
    """One thing that must hold."""

    def reason_against(self, subject: Subject) -> str | None:
        """None: it holds. Otherwise a clause such as `tier is silver, not gold or platinum`."""
        ...

    def implies(self, other: Condition) -> bool: ...
    def excludes(self, other: Condition) -> bool: ...
    def parts(self) -> Iterator[Asks]:
        """Every question in it, at any depth."""
        ...


@dataclass(frozen=True, slots=True)
class Asks:
    """A question about one value. `word` is what the admin called it; `name` the property, where it is one; `path`
    where it stands under `when`."""

    word: str
    about: About
    name: str
    wanted: Wanted
    path: tuple[str | int, ...] = field(default=(), compare=False)

    def reason_against(self, subject: Subject) -> str | None:
        values = subject.values(self.about, self.name)
        for value in values:
            if self.wanted.accepts(value):
                return None
        values_text = " and ".join(dict.fromkeys(value or "not set" for value in values))
        return f"{self.word} is {values_text}, not {self.wanted}"

    def implies(self, other: Condition) -> bool:
        if isinstance(other, Asks):
            return self._same_question(other) and self.wanted.implies(other.wanted)
        return _implies(self, other)

    def excludes(self, other: Condition) -> bool:
        if isinstance(other, Asks):
            return self._same_question(other) and self._single and self.wanted.excludes(other.wanted)
        return _excludes(self, other)

    def parts(self) -> Iterator[Asks]:
        yield self

    @property
    def _single(self) -> bool:
        """There is one value at most: a company property may differ between companies, and any property of HubSpot
        may hold several values, but these never do."""
        return self.about in (About.TIER, About.PIPELINE, About.STAGE) or self.word in ("priority", "owner", "source")

    def _same_question(self, other: Asks) -> bool:
        return (self.about, self.name) == (other.about, other.name)

    def __str__(self) -> str:
        return f"{self.word} {self.wanted}"


@dataclass(frozen=True, slots=True)
class All:
    """Every one of the conditions holds; none at all holds for everybody."""

    conditions: tuple[Condition, ...] = ()

    def reason_against(self, subject: Subject) -> str | None:
        for condition in self.conditions:
            reason = condition.reason_against(subject)
            if reason is not None:
                return reason
        return None

    def implies(self, other: Condition) -> bool:
        if isinstance(other, All):
            return self.impossible or all(self.implies(condition) for condition in other.conditions)
        return _implies(self, other) or any(condition.implies(other) for condition in self.conditions)

    def excludes(self, other: Condition) -> bool:
        return any(condition.excludes(other) for condition in self.conditions) or self.impossible

    @property
    def impossible(self) -> bool:
        """Two of the conditions exclude each other, so that nothing ever fulfils all."""
        pairs = (
            (condition, other) for place, condition in enumerate(self.conditions) for other in self.conditions[:place]
        )
        return any(condition.excludes(other) for condition, other in pairs)

    def parts(self) -> Iterator[Asks]:
        for condition in self.conditions:
            yield from condition.parts()

    def __str__(self) -> str:
        return ", ".join(str(condition) for condition in self.conditions) or "everybody"


@dataclass(frozen=True, slots=True)
class Any:
    """At least one of the conditions holds."""

    conditions: tuple[Condition, ...]

    def reason_against(self, subject: Subject) -> str | None:
        reasons = []
        for condition in self.conditions:
            reason = condition.reason_against(subject)
            if reason is None:
                return None
            reasons.append(reason)
        return "; and ".join(reasons)

    def implies(self, other: Condition) -> bool:
        return all(condition.implies(other) for condition in self.conditions)

    def excludes(self, other: Condition) -> bool:
        return all(condition.excludes(other) for condition in self.conditions)

    def parts(self) -> Iterator[Asks]:
        for condition in self.conditions:
            yield from condition.parts()

    def __str__(self) -> str:
        return "any of (" + " | ".join(str(condition) for condition in self.conditions) + ")"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition

    def reason_against(self, subject: Subject) -> str | None:
        if self.condition.reason_against(subject) is not None:
            return None
        return f"it has {self.condition}, and must not"

    def implies(self, other: Condition) -> bool:
        if isinstance(other, Not):
            return other.condition.implies(self.condition)
        return _implies(self, other)

    def excludes(self, other: Condition) -> bool:
        return other.implies(self.condition)

    def parts(self) -> Iterator[Asks]:
        yield from self.condition.parts()

    def __str__(self) -> str:
        return f"not ({self.condition})"


def _implies(condition: Condition, other: Condition) -> bool:
    """What follows from the form of `other` alone."""
    match other:
        case All():
            return all(condition.implies(part) for part in other.conditions)
        case Any():
            return any(condition.implies(part) for part in other.conditions)
        case Not():
            return condition.excludes(other.condition)
    return False


def _excludes(condition: Condition, other: Condition) -> bool:
    match other:
        case All():
            return any(condition.excludes(part) for part in other.conditions)
        case Any():
            return all(condition.excludes(part) for part in other.conditions)
        case Not():
            return condition.implies(other.condition)
    return False


EVERYBODY = All()
