"""The versions of the mappings this ledger has judged by, and how a new one comes into force.

An edit counts from the instant the worker first loads it: every open ticket is judged again, what was due before
stays settled under the version then in force. A new version is checked against the portal before anything is
written, and a label keeps the id it was first resolved to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows.compiled import Compiled
from hubspot_sla.flows.judging.case import Version
from hubspot_sla.flows.judging.observe import vocabulary
from hubspot_sla.flows.pulling import walk
from hubspot_sla.flows.tier_feed import texts_with_feeds
from hubspot_sla.hubspot.stretch import Span
from hubspot_sla.ledger import audit, notes, tickets, versions
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.versions import PolicyVersion
from hubspot_sla.plan.properties import WRITTEN
from hubspot_sla.policy.escalation_words import owner_problems, owners_named
from hubspot_sla.policy.loader import load, version_of
from hubspot_sla.policy.portal_words import property_problems
from hubspot_sla.policy.resolution import Resolution

if TYPE_CHECKING:
    import sqlite3

    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.settings import Settings
    from hubspot_sla.hubspot.portal import Portal
    from hubspot_sla.policy.loader import Mappings


def in_force(db: sqlite3.Connection, compiled: Compiled | None = None) -> list[Version]:
    """Every version this ledger knows, compiled, oldest first; its labels stand for what they stood for then.

    `compiled` are those of this ledger that were met before."""
    return (compiled or Compiled()).of(db, _compiled)


def _compiled(kept: PolicyVersion) -> Version:
    mappings = load(kept.texts)
    return Version(mappings, mappings.portal.resolve((), Resolution.from_json(kept.resolution)), kept.effective_at)


@dataclass(frozen=True, slots=True)
class Edited:
    """The mappings as they stand in the folder, different from those in force."""

    texts: dict[str, str]
    mappings: Mappings


def edited(settings: Settings, db: sqlite3.Connection, now: int) -> Edited | None:
    """What has changed in the folder, or behind an endpoint of tiers, since it was last loaded; None if nothing.

    Raises MappingInvalid, and Unreachable for an endpoint that has never answered.
    """
    texts = texts_with_feeds(settings, now)
    latest = versions.latest(db)
    if latest is not None and latest.version == version_of(texts):
        return None
    return Edited(texts, load(texts))


@dataclass(frozen=True, slots=True)
class Fitted:
    """The mappings' words in this portal: what the labels stand for, and which of the ticket properties they would
    write the portal does not have; `sla setup` makes those."""

    resolution: Resolution
    missing: tuple[str, ...]


def against_portal(mappings: Mappings, portal: Portal, known: Resolution | None) -> Fitted:
    """Hold the mappings against the portal. Raises MappingInvalid for words the portal does not know."""
    pipelines = portal.schema.pipelines()
    schema = portal.schema
    of_tickets = schema.properties("tickets")
    of_companies = schema.properties("companies") if mappings.company_properties else {}
    of_contacts = schema.properties("contacts") if mappings.contact_properties else {}
    problems = [
        *mappings.portal.check(pipelines, known),
        *property_problems(mappings, of_tickets, of_companies, of_contacts),
    ]
    people = mappings.book.escalations.people
    owners = {} if not people else owners_named(people, portal.owners.every())
    problems += owner_problems(mappings.book.escalations, owners)
    if problems:
        raise MappingInvalid(problems)
    names = (mappings.portal.written.of(written.key) for written in WRITTEN)
    missing = tuple(name for name in names if name not in of_tickets)
    return Fitted(replace(mappings.portal.resolve(pipelines, known), owners=owners), missing)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Edited mappings that fit the portal and are ready to come into force; `missing` as in `Fitted`."""

    version: Version
    texts: dict[str, str]
    missing: tuple[str, ...]


def candidate(parts: Parts) -> Candidate | None:
    """What would come into force now; None when nothing changed. Raises MappingInvalid."""
    found = edited(parts.settings, parts.ledger.db, parts.now())
    if found is None:
        return None
    latest = versions.latest(parts.ledger.db)
    known = Resolution.from_json(latest.resolution) if latest else None
    fitted = against_portal(found.mappings, parts.portal, known)
    return Candidate(Version(found.mappings, fitted.resolution, parts.now()), found.texts, fitted.missing)


def _looked_at(mappings: Mappings) -> set[tuple[str, str]]:
    """Whose properties, and which, these mappings read."""
    words = vocabulary(mappings.portal, (), mappings.book.ticket_properties)
    of = {"ticket": words.histories, "company": mappings.company_properties, "contact": mappings.contact_properties}
    return {(whose, name) for whose, names in of.items() for name in names}


def _begin_anew(db: sqlite3.Connection) -> None:
    """The next look is a walk from the first ticket on; one that is unfinished was without what is asked for now."""
    begun = walk.unfinished(db)
    notes.forget(db, notes.CURSOR)
    if begun is not None:
        notes.write(db, notes.LISTING, replace(begun, left=(Span(),)).noted())


def adopt(parts: Parts, new: Candidate, run_id: str) -> None:
    """From now on this version is in force. If it looks at properties that none looked at before, the next look is a
    walk through all tickets: what is asked for the first time has never been read."""
    mappings, at = new.version.mappings, new.version.effective_at
    with parts.ledger.transaction() as db:
        latest = versions.latest(db)
        if latest is not None and not _looked_at(mappings) <= _looked_at(load(latest.texts)):
            _begin_anew(db)
        versions.add(db, PolicyVersion(mappings.version, at, new.texts, new.version.resolution.to_json()))
        tickets.judge_all_open(db)
        audit.append(
            db,
            at=at,
            run_id=run_id,
            entries=[Entry("policy", {"version": mappings.version, "files": sorted(new.texts)})],
        )
