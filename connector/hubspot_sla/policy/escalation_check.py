"""escalations.yaml held against the portal: the people it names, the properties it sets and those it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.ladders import Escalations
    from hubspot_sla.policy.portal_objects import Owner, Properties, PropertyDefinition
    from hubspot_sla.policy.yaml_document import Document, Path


def owners_named(people: Iterable[str], owners: Iterable[Owner]) -> dict[str, str]:
    """The owner id of everybody who is named, by id or by e-mail; people the portal does not know are left out."""
    ids = {owner.id: owner.id for owner in owners} | {owner.email.casefold(): owner.id for owner in owners}
    return {word: ids[word.casefold()] for word in people if word.casefold() in ids}


def owner_problems(escalations: Escalations, owner_ids: Mapping[str, str]) -> list[Problem]:
    """Everybody whom the portal does not know, and circles of leads that only show once e-mails and ids are one.

    `owner_ids` are those that `owners_named` gave."""
    document = escalations.document
    if document is None:
        return []
    unknown = [
        document.problem(
            path,
            f"the portal has no owner {word!r}",
            "an owner is named by e-mail or by owner id",
            code=Code.UNKNOWN_OWNER,
        )
        for word, path in escalations.people.items()
        if word not in owner_ids
    ]
    leads = escalations.leads.items()
    lead_of = {owner_ids[who]: owner_ids[lead] for who, lead in leads if who in owner_ids and lead in owner_ids}
    circles = [
        document.problem(
            ("leads", who), f"the leads go in a circle: {who} leads their own lead", at_key=True, code=Code.CIRCLE
        )
        for who in escalations.leads
        if who in owner_ids and _leads_themselves(owner_ids[who], lead_of)
    ]
    return [*unknown, *circles[:1]]


def _leads_themselves(owner_id: str, lead_of: Mapping[str, str]) -> bool:
    lead, visited = lead_of.get(owner_id), set[str]()
    while lead is not None and lead != owner_id and lead not in visited:
        visited.add(lead)
        lead = lead_of.get(lead)
    return lead == owner_id


def escalation_problems(
    escalations: Escalations, portal: Mapping[About, Properties], singular: str
) -> Iterator[Problem]:
    """Every property that a rung asks for or sets, and that this portal does not have or would not take. `singular` is
    the word for a record of the object type."""
    if escalations.document is not None:
        yield from _question_problems(escalations, escalations.document, portal, singular)
        yield from _setting_problems(escalations, escalations.document, portal[About.TICKET], singular)


def _question_problems(
    escalations: Escalations, document: Document, portal: Mapping[About, Properties], singular: str
) -> Iterator[Problem]:
    for path, question in escalations.questions():
        properties = portal.get(question.about)
        if properties is None:
            continue
        at: Path = (*path, *question.path)
        if question.name not in properties:
            noun = singular if question.about is About.TICKET else question.about
            message = f"the portal has no {noun} property {question.name!r}"
            yield document.problem(at, message, nearest(question.name, properties), at_key=True, code=Code.NO_PROPERTY)
            continue
        for value in question.wanted.one_of:
            yield from _value_problems(document, at, properties[question.name], value)


def _setting_problems(
    escalations: Escalations, document: Document, records: Properties, singular: str
) -> Iterator[Problem]:
    for path, name, value in escalations.settings():
        if name not in records:
            message = f"the portal has no {singular} property {name!r}"
            yield document.problem(path, message, nearest(name, records), at_key=True, code=Code.NO_PROPERTY)
        elif records[name].read_only:
            yield document.problem(
                path, f"HubSpot does not let anybody set {name!r}", at_key=True, code=Code.READ_ONLY_PROPERTY
            )
        elif value:
            yield from _value_problems(document, path, records[name], value)


def _value_problems(document: Document, path: Path, definition: PropertyDefinition, value: str) -> Iterator[Problem]:
    values = [option.value for option in definition.options]
    if values and value not in values:
        yield document.problem(
            path, f"{definition.name} has no value {value!r}", nearest(value, values), code=Code.NO_SUCH_VALUE
        )
