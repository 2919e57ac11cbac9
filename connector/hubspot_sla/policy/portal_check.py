"""The mappings held against the portal's properties: does every property exist, of a type that can be used, with the
values that the policies name? Problems carry the line that must be mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.metrics import PropertyIs
from hubspot_sla.policy.condition_values import Wanted
from hubspot_sla.policy.conditions import About
from hubspot_sla.policy.escalation_check import escalation_problems
from hubspot_sla.policy.message_check import not_needed_problems
from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hubspot_sla.errors import Problem
    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.portal_objects import Properties
    from hubspot_sla.policy.yaml_document import Document, Path


NUMBER_TYPES = frozenset({"number", "string"})
"""HubSpot's types that may hold a number; one of text is read as far as it is one."""
DATE_TYPES = frozenset({"date", "datetime"})


def property_problems(
    mappings: Mappings, record_properties: Properties, company_properties: Properties, contact_properties: Properties
) -> list[Problem]:
    """Everything in the mappings of one object type that this portal's properties do not bear out. Properties of
    companies and contacts are looked at where the mappings name any."""
    portal = {About.TICKET: record_properties, About.COMPANY: company_properties, About.CONTACT: contact_properties}
    return [
        *_mapped_properties(mappings, record_properties),
        *_closing_reasons(mappings, record_properties),
        *_dimensions(mappings, record_properties),
        *not_needed_problems(mappings.portal, record_properties),
        *_tier_properties(mappings, portal),
        *dict.fromkeys(_asked_properties(mappings, portal)),
        *dict.fromkeys(_named_values(mappings, portal)),
        *_numbers(mappings, portal),
        *_dates(mappings, record_properties),
        *escalation_problems(mappings.policy_set.escalations, portal, mappings.portal.singular),
    ]


def _mapped_properties(mappings: Mappings, records: Properties) -> Iterator[Problem]:
    """Those of portal.yaml, and whether they hold instants where instants are needed."""
    words, document, noun = mappings.portal.properties, mappings.portal.document, mappings.portal.singular
    needed: list[tuple[Path, str, str]] = [
        (("priority",), words.priority, ""),
        (("owner",), words.owner, ""),
        *((("first_agent_reply", number), name, "datetime") for number, name in enumerate(words.first_agent_reply)),
        (("customer_message",), words.customer_message, "datetime"),
        (("agent_message",), words.agent_message, "datetime"),
    ]
    for path, name, type_ in needed:
        at: Path = (*mappings.portal.place, "properties", *path)
        definition = records.get(name)
        if not name:
            continue
        if definition is None:
            yield _unknown(document, at, noun, name, records)
        elif type_ and definition.type != type_:
            yield document.problem(
                at, f"{noun} property {name!r} is of type {definition.type}, not {type_}", code=Code.PROPERTY_TYPE
            )


def _closing_reasons(mappings: Mappings, records: Properties) -> Iterator[Problem]:
    """The property that says why a record was closed exists, and can hold the values that are named."""
    portal, closing = mappings.portal, mappings.portal.closing
    if closing is None:
        return
    at: Path = (*portal.place, "closing")
    definition = records.get(closing.property)
    if definition is None:
        yield _unknown(portal.document, (*at, "property"), portal.singular, closing.property, records)
        return
    options = [option.value for option in definition.options]
    for value, kind in closing.kinds.items():
        if options and value not in options:
            message = f"{portal.singular} property {closing.property!r} has no value {value!r}"
            yield portal.document.problem((*at, kind.value), message, nearest(value, options), code=Code.NO_SUCH_VALUE)


def _dimensions(mappings: Mappings, records: Properties) -> Iterator[Problem]:
    """What `report.dimensions` names exists: outcomes would carry nothing otherwise."""
    portal = mappings.portal
    for number, name in enumerate(portal.dimensions):
        if name not in records:
            at: Path = (*portal.place, "report", "dimensions", number)
            yield _unknown(portal.document, at, portal.singular, name, records)


def _tier_properties(mappings: Mappings, portal: Mapping[About, Properties]) -> Iterator[Problem]:
    document = mappings.tiers.document
    for number, about, name in mappings.tiers.property_sources:
        properties = portal[About(about)]
        if name not in properties:
            yield _unknown(document, ("sources", number, f"{about}_property"), about, name, properties)


def _asked_properties(mappings: Mappings, portal: Mapping[About, Properties]) -> Iterator[Problem]:
    """Every property that a condition or a target looks at exists."""
    document = mappings.policy_set.document
    for path, about, name in _questions(mappings):
        if about not in portal or name in portal[about]:
            continue
        if not name:
            message = f"{mappings.portal.object_type} have no property for {path[-1]!r}"
            remedy = f"name one in portal.yaml under objects, {mappings.portal.object_type}, properties"
            yield document.problem(path, message, remedy, at_key=True, code=Code.NO_PROPERTY)
            continue
        message = f"the portal has no {_noun(about, mappings)} property {name!r}"
        yield document.problem(path, message, nearest(name, portal[about]), at_key=True, code=Code.NO_PROPERTY)


def _noun(about: About, mappings: Mappings) -> str:
    return mappings.portal.singular if about is About.TICKET else about


def _questions(mappings: Mappings) -> Iterator[tuple[Path, About, str]]:
    """(path, whose property, its name) of everything that a policy or a metric looks at."""
    for at, condition in _clock_conditions(mappings):
        yield at, About.TICKET, condition.property
    for metric in mappings.policy_set.metrics.values():
        yield from ((at, About.TICKET, name) for at, name in metric.dates())
    for policy in mappings.policy_set.policies:
        path: Path = ("policies", policy.number)
        for question in policy.when.parts():
            yield (*path, "when", *question.path), question.about, question.name
        for target in policy.targets.values():
            for keys, value, _ in target.values():
                yield (*path, "targets", *target.keys, *keys), value.about, value.name
            if target.calendars.value is not None:
                word = "follow" if target.calendars.follows else "by"
                yield (*path, "calendar", word), target.calendars.value.about, target.calendars.value.name


def _named_values(mappings: Mappings, portal: Mapping[About, Properties]) -> Iterator[Problem]:
    """Values are compared exactly, so one that is no option of its property would never match."""
    document = mappings.policy_set.document
    for path, about, name, value, word in (*values_named(mappings), *_values_of_clocks(mappings)):
        definition = portal.get(about, {}).get(name)
        options = [option.value for option in definition.options] if definition else []
        if options and value not in options:
            noun = word if word.startswith(about) else f"{_noun(about, mappings)} {word}"
            message = f"the portal has no {noun} {value!r}"
            yield document.problem(path, message, nearest(value, options), at_key=True, code=Code.NO_SUCH_VALUE)


def _values_of_clocks(mappings: Mappings) -> Iterator[tuple[Path, About, str, str, str]]:
    """As `_values`, of the conditions of metrics and pauses."""
    for at, condition in _clock_conditions(mappings):
        for value in condition.matcher.one_of if isinstance(condition.matcher, Wanted) else ():
            yield at, About.TICKET, condition.property, value, condition.property


def values_named(mappings: Mappings) -> Iterator[tuple[Path, About, str, str, str]]:
    """(path, whose property, its name, the value a policy names, the admin's word for the property)."""
    for policy in mappings.policy_set.policies:
        path: Path = ("policies", policy.number)
        for question in policy.when.parts():
            for number, value in enumerate(question.wanted.one_of):
                yield (*path, "when", *question.path, number), question.about, question.name, value, question.word
        for target in policy.targets.values():
            for keys, named, values in target.values():
                for value in values:
                    at: Path = (*path, "targets", *target.keys, *keys[:-1], value)
                    yield at, named.about, named.name, value, named.word
            chosen_by = target.calendars.value
            if chosen_by is not None:
                for value in target.calendars.cases:
                    yield (*path, "calendar", value), chosen_by.about, chosen_by.name, value, chosen_by.word


def _clock_conditions(mappings: Mappings) -> Iterator[tuple[Path, PropertyIs]]:
    """Each condition of a metric or a pause that looks at a ticket property, and where it stands."""
    for metric in mappings.policy_set.metrics.values():
        yield from metric.looked_at()
    for policy in mappings.policy_set.policies:
        for metric_name, forms in policy.pauses.items():
            for number, form in enumerate(forms):
                if isinstance(form.condition, PropertyIs):
                    yield ("policies", policy.number, "pauses", metric_name, number), form.condition


def _dates(mappings: Mappings, records: Properties) -> Iterator[Problem]:
    """What a metric waits for is a date."""
    document = mappings.policy_set.document
    for metric in mappings.policy_set.metrics.values():
        for path, name in metric.dates():
            definition = records.get(name)
            if definition is not None and definition.type not in DATE_TYPES:
                message = f"{mappings.portal.singular} property {name!r} is of type {definition.type}, not a date"
                yield document.problem(
                    path, message, "name a property of type date or datetime", code=Code.PROPERTY_TYPE
                )


def _numbers(mappings: Mappings, portal: Mapping[About, Properties]) -> Iterator[Problem]:
    """A target out of a property needs a number in it."""
    document = mappings.policy_set.document
    for policy in mappings.policy_set.policies:
        for target in policy.targets.values():
            for keys, node in target.numbers():
                definition = portal.get(node.value.about, {}).get(node.value.name)
                if definition is not None and definition.type not in NUMBER_TYPES:
                    message = f"{node.value.word} is of type {definition.type}, not a number"
                    at: Path = ("policies", policy.number, "targets", *target.keys, *keys, "property")
                    yield document.problem(at, message, "name a property of type number", code=Code.PROPERTY_TYPE)


def _unknown(document: Document, path: Path, noun: str, name: str, names: Collection[str]) -> Problem:
    return document.problem(
        path, f"the portal has no {noun} property {name!r}", nearest(name, names), code=Code.NO_PROPERTY
    )
