"""The versions of the mappings this ledger has judged by, and how a new one comes into force.

An edit counts from the instant the worker first loads it: every open ticket is judged again, what was due before
stays settled under the version then in force. A new version is checked against the portal before anything is
written, and a label keeps the id it was first resolved to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.context.compiled_versions import Compiled
from hubspot_sla.flows.context.mapping_texts import current_texts
from hubspot_sla.flows.context.mappings_version import Version
from hubspot_sla.flows.reading import full_scan
from hubspot_sla.flows.reading.own_properties import lacks_options
from hubspot_sla.flows.reading.pipeline_names import of_pipelines
from hubspot_sla.flows.records.hubspot_facts import vocabulary
from hubspot_sla.hubspot.list_range import UnreadRange
from hubspot_sla.ledger import audit, names, records, state, versions
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.plan.properties import NEXT_DUE_METRIC, written_for
from hubspot_sla.plan.records import TICKETS
from hubspot_sla.policy.escalation_check import owner_problems, owners_named
from hubspot_sla.policy.loader import grammar_of_version, load, version_of
from hubspot_sla.policy.portal_check import property_problems
from hubspot_sla.policy.portal_ids import PortalIds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.settings import Settings
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.hubspot.schema import Pipeline
    from hubspot_sla.policy.loader import Mappings


def in_force(db: sqlite3.Connection, compiled: Compiled | None = None) -> list[Version]:
    """Every version this ledger knows, compiled, oldest first; its labels stand for what they stood for then.

    `compiled` are those of this ledger that were met before."""
    return (compiled or Compiled()).of(db, _compiled)


def _compiled(stored: PolicyVersion) -> Version:
    mappings = _loaded(stored)
    return Version(mappings, mappings.portal.resolve((), PortalIds.from_json(stored.portal_ids)), stored.effective_at)


def _loaded(stored: PolicyVersion) -> Mappings:
    """By the grammar of its day."""
    return load(stored.texts, grammar=grammar_of_version(stored.version))


@dataclass(frozen=True, slots=True)
class Edited:
    """The mappings as they stand in the folder, different from those in force."""

    texts: dict[str, str]
    mappings: Mappings


def edited(settings: Settings, db: sqlite3.Connection, now: int) -> Edited | None:
    """What has changed in the folder, or behind an endpoint of tiers, since it was last loaded; None if nothing.

    Raises MappingInvalid, and Unreachable for an endpoint that has never answered.
    """
    texts = current_texts(settings, now)
    latest = versions.latest(db)
    if latest is not None and latest.version == version_of(texts):
        return None
    return Edited(texts, load(texts))


@dataclass(frozen=True, slots=True)
class Fitted:
    """The mappings' words in this portal: what the labels stand for, and which of the ticket properties they would
    write the portal does not have; `sla setup` makes those."""

    portal_ids: PortalIds
    missing: tuple[str, ...]
    pipelines: Sequence[Pipeline]


def against_portal(mappings: Mappings, portal: Portal, known: PortalIds | None) -> Fitted:
    """Hold the mappings against the portal. Raises MappingInvalid for words the portal does not know."""
    pipelines = portal.schema.pipelines(TICKETS)
    schema = portal.schema
    of_tickets = schema.properties(TICKETS)
    of_companies = schema.properties("companies") if mappings.company_properties else {}
    of_contacts = schema.properties("contacts") if mappings.contact_properties else {}
    problems = [
        *mappings.portal.check(pipelines, known),
        *property_problems(mappings, of_tickets, of_companies, of_contacts),
    ]
    people = mappings.policy_set.escalations.people
    owners = {} if not people else owners_named(people, portal.owners.every())
    problems += owner_problems(mappings.policy_set.escalations, owners)
    if problems:
        raise MappingInvalid(problems)
    ours = {mappings.portal.written.of(one.key): one for one in written_for(mappings.policy_set.more_clocks)}
    due_next = mappings.portal.written.of(NEXT_DUE_METRIC)
    missing = tuple(
        name
        for name, written in ours.items()
        if name not in of_tickets or (name == due_next and lacks_options(written, name, of_tickets))
    )
    return Fitted(replace(mappings.portal.resolve(pipelines, known), owners=owners), missing, pipelines)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edited mappings that fit the portal and are ready to come into force; `missing` as in `Fitted`."""

    version: Version
    texts: dict[str, str]
    missing: tuple[str, ...]
    pipelines: Sequence[Pipeline] = ()


def candidate(context: Context) -> Candidate | None:
    """What would come into force now; None when nothing changed. Raises MappingInvalid."""
    found = edited(context.settings, context.ledger.db, context.now())
    if found is None:
        return None
    latest = versions.latest(context.ledger.db)
    known = PortalIds.from_json(latest.portal_ids) if latest else None
    fitted = against_portal(found.mappings, context.portal, known)
    return Candidate(
        Version(found.mappings, fitted.portal_ids, context.now()), found.texts, fitted.missing, fitted.pipelines
    )


def _looked_at(mappings: Mappings) -> set[tuple[str, str]]:
    """Whose properties, and which, these mappings read."""
    words = vocabulary(mappings.portal, (), mappings.policy_set.read_properties)
    of = {"ticket": words.histories, "company": mappings.company_properties, "contact": mappings.contact_properties}
    return {(whose, name) for whose, names in of.items() for name in names}


def _begin_anew(db: sqlite3.Connection) -> None:
    """The next look is a walk from the first ticket on; one that is unfinished was without what is asked for now."""
    begun = full_scan.unfinished(db)
    state.forget(db, state.CURSOR)
    if begun is not None:
        state.write(db, state.LISTING, replace(begun, left=(UnreadRange(),)).noted())


def adopt(context: Context, new: Candidate, run_id: str) -> None:
    """From now on this version is in force. If it looks at properties that none looked at before, the next look is a
    walk through all tickets: what is asked for the first time has never been read."""
    mappings, at = new.version.mappings, new.version.effective_at
    with context.ledger.transaction() as db:
        latest = versions.latest(db)
        if latest is not None and not _looked_at(mappings) <= _looked_at(_loaded(latest)):
            _begin_anew(db)
        adopted = PolicyVersion(mappings.version, at, new.texts, new.version.portal_ids.to_json())
        number = versions.add(db, adopted)
        for kind, of_kind in of_pipelines(new.pipelines).items():
            names.remember(db, kind, of_kind, at)
        records.judge_all_open(db)
        body = {"mappings": number, "version": mappings.version, "files": sorted(new.texts)}
        audit.append(db, at=at, run_id=run_id, entries=[Entry("policy", body)])
