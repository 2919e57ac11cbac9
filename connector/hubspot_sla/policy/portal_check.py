"""The mappings held against the portal's properties: does every property exist, of a type that can be used, with the
values that the policies name? Problems carry the line that must be mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from hubspot_sla.policy.compile_policies import target_path
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.escalation_check import escalation_problems
from hubspot_sla.policy.policy_documents import DEFAULT
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.yaml_reader import Document, Path


class OptionLike(Protocol):
    """One value of an enumeration."""

    @property
    def value(self) -> str: ...


class PropertyLike(Protocol):
    """A property as the portal defines it."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def read_only(self) -> bool: ...
    @property
    def options(self) -> Sequence[OptionLike]: ...


def property_problems(
    mappings: Mappings,
    of_tickets: Mapping[str, PropertyLike],
    of_companies: Mapping[str, PropertyLike],
    of_contacts: Mapping[str, PropertyLike],
) -> list[Problem]:
    """Everything in the mappings that this portal's properties do not bear out. Properties of companies and contacts
    are looked at where the mappings name any."""
    there = {About.TICKET: of_tickets, About.COMPANY: of_companies, About.CONTACT: of_contacts}
    return [
        *_read_properties(mappings, of_tickets),
        *_tier_properties(mappings, of_companies, of_contacts),
        *_asked_properties(mappings, there),
        *_words(mappings, there),
        *escalation_problems(mappings.policy_set.escalations, there),
    ]


def _read_properties(mappings: Mappings, there: Mapping[str, PropertyLike]) -> Iterator[Problem]:
    words = mappings.portal.properties
    document = mappings.portal.document
    replies: list[tuple[Path, str, str]] = [
        (("first_agent_reply", number), name, "datetime") for number, name in enumerate(words.first_agent_reply)
    ]
    wanted: list[tuple[Path, str, str]] = [
        (("priority",), words.priority, ""),
        (("owner",), words.owner, ""),
        *replies,
        (("customer_message",), words.customer_message, "datetime"),
        (("agent_message",), words.agent_message, "datetime"),
    ]
    for path, name, kind in wanted:
        at: Path = ("properties", *path)
        found = there.get(name)
        if found is None:
            yield _unknown(document, at, "ticket", name, there)
        elif kind and found.type != kind:
            yield document.problem(at, f"ticket property {name!r} is of type {found.type}, not {kind}")


def _tier_properties(
    mappings: Mappings, of_companies: Mapping[str, PropertyLike], of_contacts: Mapping[str, PropertyLike]
) -> Iterator[Problem]:
    document = mappings.tiers.document
    for number, about, name in mappings.tiers.property_sources:
        there = of_companies if about == About.COMPANY else of_contacts
        if name not in there:
            yield _unknown(document, ("sources", number, f"{about}_property"), about, name, there)


Properties = Mapping[str, PropertyLike]


def _asked_properties(mappings: Mappings, there: Mapping[About, Properties]) -> Iterator[Problem]:
    """Every property that a condition or a target looks at exists."""
    document = mappings.policy_set.document
    for path, about, name in _questions(mappings):
        if about in there and name not in there[about]:
            yield document.problem(
                path,
                f"the portal has no {about} property {name!r}",
                nearest(name, there[about]),
                at_key=True,
            )


def _questions(mappings: Mappings) -> Iterator[tuple[Path, About, str]]:
    for policy in mappings.policy_set.policies:
        path: Path = ("policies", policy.number)
        for question in policy.when.parts():
            yield (*path, "when", *question.path), question.about, question.name
        for clock, target in policy.targets.items():
            if set(target.promises) != {DEFAULT}:
                yield (*path, "targets", *target_path(clock)), target.about, target.name


def _words(mappings: Mappings, there: Mapping[About, Properties]) -> Iterator[Problem]:
    """Values are compared exactly, so one that is no option of its property would never match."""
    document = mappings.policy_set.document
    for path, about, name, said, word in _said(mappings):
        found = there.get(about, {}).get(name)
        values = [option.value for option in found.options] if found else []
        if values and said not in values:
            message = f"the portal has no {about} {word} {said!r}"
            yield document.problem(path, message, nearest(said, values), at_key=True)


def _said(mappings: Mappings) -> Iterator[tuple[Path, About, str, str, str]]:
    """(path, whose property, its name, the value a policy names, the admin's word for the property)."""
    for policy in mappings.policy_set.policies:
        path: Path = ("policies", policy.number)
        for question in policy.when.parts():
            for number, value in enumerate(question.wanted.one_of):
                yield (*path, "when", *question.path, number), question.about, question.name, value, question.word
        for clock, target in policy.targets.items():
            for value in target.promises:
                if value != DEFAULT:
                    at: Path = (*path, "targets", *target_path(clock), value)
                    yield at, target.about, target.name, value, target.by


def _unknown(document: Document, path: Path, noun: str, name: str, there: Collection[str]) -> Problem:
    return document.problem(path, f"the portal has no {noun} property {name!r}", nearest(name, there))
