"""escalations.yaml held against the portal: the people it names, the properties it sets and those it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.conditions import About
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.portal_check import PropertyLike
    from hubspot_sla.policy.yaml_reader import Path


class OwnerLike(Protocol):
    """Somebody who may own a ticket."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...


def owners_named(people: Iterable[str], owners: Iterable[OwnerLike]) -> dict[str, str]:
    """The owner id of everybody who is named, by id or by e-mail; whoever the portal does not know is left out."""
    ids = {owner.id: owner.id for owner in owners} | {owner.email.casefold(): owner.id for owner in owners}
    return {word: ids[word.casefold()] for word in people if word.casefold() in ids}


def owner_problems(escalations: Escalations, found: Mapping[str, str]) -> list[Problem]:
    """Everybody whom the portal does not know, and circles of leads that only show once e-mails and ids are one."""
    document = escalations.document
    if document is None:
        return []
    unknown = [
        document.problem(path, f"the portal has no owner {word!r}", "an owner is named by e-mail or by owner id")
        for word, path in escalations.people.items()
        if word not in found
    ]
    above = {found[who]: found[lead] for who, lead in escalations.leads.items() if who in found and lead in found}
    circles = [
        document.problem(("leads", who), f"the leads go in a circle: {who} leads whoever leads them", at_key=True)
        for who in escalations.leads
        if who in found and _comes_back(found[who], above)
    ]
    return [*unknown, *circles[:1]]


def _comes_back(start: str, above: Mapping[str, str]) -> bool:
    at, seen = above.get(start), set[str]()
    while at is not None and at != start and at not in seen:
        seen.add(at)
        at = above.get(at)
    return at == start


def escalation_problems(
    escalations: Escalations, there: Mapping[About, Mapping[str, PropertyLike]]
) -> Iterator[Problem]:
    """Every property that a rung asks for or sets, and that this portal does not have or would not take."""
    document = escalations.document
    if document is None:
        return
    for path, question in escalations.questions():
        of = there.get(question.about)
        at: Path = (*path, *question.path)
        if of is not None and question.name not in of:
            message = f"the portal has no {question.about} property {question.name!r}"
            yield document.problem(at, message, nearest(question.name, of), at_key=True)
        elif of is not None:
            for word in question.wanted.one_of:
                yield from _value_problems(escalations, at, of[question.name], word)
    of_tickets = next(of for about, of in there.items() if about == "ticket")
    for path, name, value in escalations.settings():
        if name not in of_tickets:
            message = f"the portal has no ticket property {name!r}"
            yield document.problem(path, message, nearest(name, of_tickets), at_key=True)
        elif of_tickets[name].read_only:
            yield document.problem(path, f"HubSpot does not let anybody set {name!r}", at_key=True)
        elif value:
            yield from _value_problems(escalations, path, of_tickets[name], value)


def _value_problems(escalations: Escalations, path: Path, asked: PropertyLike, value: str) -> Iterator[Problem]:
    values = [option.value for option in asked.options]
    if values and value not in values and escalations.document is not None:
        yield escalations.document.problem(path, f"{asked.name} has no value {value!r}", nearest(value, values))
