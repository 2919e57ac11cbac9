"""The mappings held against the portal's properties: does every property exist, of a type that can be used, with the
values that the policies name? Problems carry the line that must be mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubspot_sla.policy.book import DEFAULT
from hubspot_sla.policy.refusals import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.loader import Mappings
    from hubspot_sla.policy.reading import Document, Path


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
    def options(self) -> Sequence[OptionLike]: ...


def property_problems(
    mappings: Mappings, of_tickets: Mapping[str, PropertyLike], of_companies: Mapping[str, PropertyLike]
) -> list[Problem]:
    """Everything in the mappings that this portal's ticket and company properties do not bear out."""
    return [
        *_read_properties(mappings, of_tickets),
        *_tier_properties(mappings, of_companies),
        *_priorities(mappings, of_tickets.get(mappings.portal.properties.priority)),
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


def _tier_properties(mappings: Mappings, there: Mapping[str, PropertyLike]) -> Iterator[Problem]:
    document = mappings.tiers.document
    for number, name in mappings.tiers.property_sources:
        if name not in there:
            yield _unknown(document, ("sources", number, "company_property"), "company", name, there)


def _priorities(mappings: Mappings, priority: PropertyLike | None) -> Iterator[Problem]:
    """Priorities are compared exactly, so one that is no option of the property would never match."""
    values = [option.value for option in priority.options] if priority else []
    if not values:
        return
    document = mappings.book.document
    for number, policy in enumerate(mappings.book.policies):
        named: list[tuple[Path, str]] = [
            (("policies", number, "when", "priority", index), value)
            for index, value in enumerate(policy.when.priority.wanted if policy.when.priority else ())
        ]
        for metric, targets in policy.promises.items():
            named += [(("policies", number, "targets", metric.value, value), value) for value in targets]
        for path, value in named:
            if value not in values and value != DEFAULT:
                message = f"the portal has no ticket priority {value!r}"
                yield document.problem(path, message, nearest(value, values), at_key=True)


def _unknown(document: Document, path: Path, noun: str, name: str, there: Collection[str]) -> Problem:
    return document.problem(path, f"the portal has no {noun} property {name!r}", nearest(name, there))
