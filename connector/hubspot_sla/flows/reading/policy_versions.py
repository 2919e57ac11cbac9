"""The versions of the mappings this ledger has judged by, and how a new one comes into force.

An edit counts from the instant the worker first loads it: every open ticket is judged again, what was due before
stays settled under the version then in force. A new version is checked against the portal before anything is
written, and a label keeps the id it was first resolved to.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.context.loaded_mappings import load_folder
from hubspot_sla.flows.context.mapping_texts import current_texts
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.context.versions_in_force import in_force, loaded
from hubspot_sla.flows.reading import calendar_versions, full_scan
from hubspot_sla.flows.reading.own_properties import lacks_options
from hubspot_sla.flows.reading.pipeline_names import of_pipelines
from hubspot_sla.flows.records.hubspot_facts import vocabulary
from hubspot_sla.hubspot.list_range import UnreadRange
from hubspot_sla.language.texts import ENGLISH
from hubspot_sla.ledger import audit, names, records, state, sync_health, versions
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.plan.properties import NEXT_DUE_METRIC
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.contract_owners import contract_owner_problems, contract_owners
from hubspot_sla.policy.escalation_check import owner_problems, owners_named
from hubspot_sla.policy.grammars import version_of
from hubspot_sla.policy.portal_check import property_problems
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.schema import Pipeline, Property
    from hubspot_sla.policy.mappings import Mappings


@dataclass(frozen=True, slots=True)
class Edited:
    """The mappings as they stand in the folder, different from those in force."""

    texts: dict[str, str]
    mappings: Mappings
    calendar_data: Mapping[str, bytes] = field(default_factory=dict)


def edited(settings: Settings, db: sqlite3.Connection, now: int) -> Edited | None:
    """What has changed in the folder, or behind an endpoint of tiers, since it was last loaded; None if nothing.

    Raises MappingInvalid, and Unreachable for an endpoint that has never answered.
    """
    texts = current_texts(settings, now)
    latest = versions.latest(db)
    if latest is not None and latest.version == version_of(texts):
        return None
    data = calendar_versions.for_edited(db, latest, now)
    return Edited(texts, load_folder(texts, latest.texts if latest else None, data), data.used)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The mappings' words in this portal: what the labels stand for, and which of the properties they would write the
    portal does not have; `sla setup` makes those. `pipelines` are by object type."""

    portal_ids: PortalIds
    missing: tuple[str, ...]
    pipelines: Mapping[str, Sequence[Pipeline]]


def against_portal(mappings: Mappings, portal: Portal, known: PortalIds | None) -> Fitted:
    """Hold the mappings against the portal. Raises MappingInvalid for words the portal does not know."""
    schema = portal.schema
    pipelines = {object_type: schema.pipelines(object_type) for object_type in mappings.object_types}
    properties = {object_type: schema.properties(object_type) for object_type in mappings.object_types}
    of_companies = schema.properties("companies") if mappings.company_properties else {}
    of_contacts = schema.properties("contacts") if mappings.contact_properties else {}
    problems = [
        *mappings.check(pipelines, known),
        *(
            problem
            for object_type, of_records in properties.items()
            for problem in property_problems(mappings.of(object_type), of_records, of_companies, of_contacts)
        ),
    ]
    escalations = mappings.policy_set.escalations
    people = {*escalations.people, *contract_owners(mappings)}
    owners = {} if not people else owners_named(people, portal.owners.every())
    problems += [*owner_problems(escalations, owners), *contract_owner_problems(mappings, owners)]
    if problems:
        raise MappingInvalid(problems)
    missing = tuple(
        name if object_type == TICKETS else f"{name} on {object_type}"
        for object_type, of_records in properties.items()
        for name in _missing(mappings.of(object_type), of_records)
    )
    return Fitted(replace(mappings.resolve(pipelines, known), owners=owners), missing, pipelines)


def _missing(mappings: Mappings, of_records: Mapping[str, Property]) -> Iterator[str]:
    """What we write to records of the type that the mappings are about, and what is not there, or cannot hold it."""
    for written in mappings.written_properties:
        name = mappings.portal.written.of(written.key)
        if name not in of_records or (written.key == NEXT_DUE_METRIC and lacks_options(written, name, of_records)):
            yield name


def language(context: Context) -> str:
    """That of the mappings in force; English before there are any."""
    latest = in_force(context.ledger.db, context.compiled)
    return latest[-1].mappings.portal.language if latest else ENGLISH


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edited mappings that fit the portal and are ready to come into force; `missing` as in `Fitted`. `cause`: why, if
    nobody edited them."""

    version: Version
    texts: dict[str, str]
    missing: tuple[str, ...]
    pipelines: Mapping[str, Sequence[Pipeline]] = field(default_factory=dict)
    cause: str = ""


def candidate(context: Context) -> Candidate | None:
    """What would come into force now; None when nothing changed. Raises MappingInvalid."""
    edit = edited(context.settings, context.ledger.db, context.now())
    latest = versions.latest(context.ledger.db)
    if edit is None:
        return None if latest is None else _with_newer_calendar_data(context, latest)
    known = PortalIds.from_json(latest.portal_ids) if latest else None
    fitted = against_portal(edit.mappings, context.portal, known)
    version = Version(edit.mappings, fitted.portal_ids, context.now(), edit.calendar_data)
    return Candidate(version, edit.texts, fitted.missing, fitted.pipelines)


def _with_newer_calendar_data(context: Context, latest: PolicyVersion) -> Candidate | None:
    """The mappings in force once more, where a library says otherwise about a date in use."""
    db, now = context.ledger.db, context.now()
    if not calendar_versions.is_changed(db, latest, now):
        return None
    data = calendar_versions.for_edited(db, latest, now)
    mappings = loaded(latest, data)
    portal_ids = mappings.resolve({}, PortalIds.from_json(latest.portal_ids))
    version = Version(mappings, portal_ids, now, data.used)
    return Candidate(version, dict(latest.texts), (), cause=calendar_versions.CAUSE)


def looked_at(mappings: Mappings) -> set[tuple[str, str]]:
    """Whose properties, and which, these mappings read for records of one type."""
    words = vocabulary(mappings.portal, (), mappings.policy_set.read_properties)
    of = {"ticket": words.histories, "company": mappings.company_properties, "contact": mappings.contact_properties}
    return {(whose, name) for whose, names in of.items() for name in names}


def _begin_anew(db: sqlite3.Connection, object_type: str) -> None:
    """The next look is a walk from the first record on; one that is unfinished was without what is asked for now."""
    begun = full_scan.unfinished(db, object_type)
    state.forget(db, state.of(object_type, state.CURSOR))
    if begun is not None:
        state.write(db, state.of(object_type, state.LISTING), replace(begun, left=(UnreadRange(),)).noted())


def _seen_in_another_light(mappings: Mappings, before: Mappings | None) -> list[str]:
    """The object types of which more is read than by the version before. One that is new to the mappings has never been
    read at all."""
    if before is None:
        return []
    return [
        object_type
        for object_type in mappings.object_types
        if object_type in before.object_types
        and not looked_at(mappings.of(object_type)) <= looked_at(before.of(object_type))
    ]


def adopt(context: Context, new: Candidate, run_id: str) -> None:
    """From now on this version is in force. If it looks at properties that none looked at before, the next look is a
    walk through all records of that type: what is asked for the first time has never been read. What was read of a type
    that the mappings name no more is forgotten: it is walked through again when they name it again."""
    mappings, at = new.version.mappings, new.version.effective_at
    with context.ledger.transaction() as db:
        every = in_force(db, context.compiled)
        before = every[-1].mappings if every else None
        for object_type in _seen_in_another_light(mappings, before):
            _begin_anew(db, object_type)
        for object_type in set(before.object_types if before else ()) - set(mappings.object_types):
            state.forget_type(db, object_type, sync_health.PLACES)
        calendar_versions.note(db, [*every, new.version], run_id, at)
        contents = new.version.calendar_data
        number = versions.add(
            db, PolicyVersion(mappings.version, at, new.texts, new.version.portal_ids.to_json(), contents)
        )
        for object_type, pipelines in new.pipelines.items():
            for kind, of_kind in of_pipelines(object_type, pipelines).items():
                names.remember(db, kind, of_kind, at)
        records.judge_all_open(db)
        body = {"mappings": number, "version": mappings.version, "files": sorted(new.texts)}
        body |= calendar_versions.told(contents) | ({"cause": new.cause} if new.cause else {})
        audit.append(db, at=at, run_id=run_id, entries=[Entry("policy", body)])
