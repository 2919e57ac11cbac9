"""What changes without a ticket's changing: who the open tickets are for, and what the portal is made of.

Associations, companies and contacts of open tickets are read again, a thousand tickets at a time, and those judged
whose customers are not what they were. Pipelines and properties are held against the mappings: a difference is
told, in the log and in the audit log, and nothing is changed by it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import MappingInvalid
from hubspot_sla.flows import policies
from hubspot_sla.flows.pulling.survey import Fresh
from hubspot_sla.flows.run import Before, Progress, Run, begun, settled, silent
from hubspot_sla.flows.setup import plan_setup
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH
from hubspot_sla.ledger import audit, companies, contacts, lanes, tickets
from hubspot_sla.ledger.audit import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.judging.case import Version
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.pulling.survey import Batch, Surveyor
    from hubspot_sla.hubspot.tickets import CompanyLink
    from hubspot_sla.ledger.tickets import TicketRow

logger = logging.getLogger("hubspot_sla.refresh")

AGE_MS = 30 * 60_000
"""A company is read again when the last look is older than this."""


def refresh(parts: Parts, progress: Progress = silent) -> Tally:
    """One run."""
    with begun(parts, "refresh", progress) as run:
        versions = policies.in_force(parts.ledger.db, parts.compiled)
        if versions:
            _look_at_portal(parts, versions[-1], run)
        run.carry_out(lambda before: _survey(parts, before))
    return run.tally


def _survey(parts: Parts, before: Before) -> Iterator[Batch]:
    decider = settled(parts, before)
    after = ""
    while decider is not None and (ids := tickets.open_page(parts.ledger.db, after, ASSOCIATION_BATCH)):
        after = ids[-1]
        decider.before(ids)  # what is still on its way would be overwritten by rows read before it arrived
        yield _refreshed(parts, decider, list(tickets.load(parts.ledger.db, ids).values()))


def _refreshed(parts: Parts, decider: Surveyor, known: Sequence[TicketRow]) -> Batch:
    """A ticket of which HubSpot says nothing keeps the companies it had."""
    links = parts.portal.customers.companies_of(row.id for row in known)
    rows = [_linked(row, links) for row in known]
    customers = decider.customers()
    read = customers.companies(rows, AGE_MS)
    people = customers.contacts([row.id for row in rows])
    before = companies.load(parts.ledger.db, read)
    changed = {id_ for id_, row in read.items() if id_ not in before or before[id_].history != row.history}
    knew = contacts.load(parts.ledger.db, people)
    news = [
        now
        for was, now in zip(known, rows, strict=True)
        if now is not was
        or any(id_ in changed for id_, _ in now.companies or ())
        or (now.id in people and people[now.id] != knew[now.id])
    ]
    return replace(decider.of_customers(news, Fresh(companies=read, contacts=people)), seen=len(rows))


def _linked(row: TicketRow, told: Mapping[str, Sequence[CompanyLink]]) -> TicketRow:
    """The row itself where nothing is new: their order means nothing."""
    if row.id not in told:
        return row
    links = tuple((link.id, link.primary) for link in told[row.id])
    return row if row.companies is not None and set(links) == set(row.companies) else replace(row, companies=links)


def _look_at_portal(parts: Parts, version: Version, run: Run) -> None:
    """Tell what is new, and what is over, since the last look."""
    now, before = portal_warnings(parts, version), lanes.portal_warnings(parts.ledger.db)
    news = [warning for warning in now if warning not in before]
    over = [warning for warning in before if warning not in now]
    for warning in news:
        logger.warning("%s", warning)
    if news or over:
        with parts.ledger.transaction() as db:
            lanes.warned(db, now)
            entry = Entry("portal", {"new": news, "over": over})
            audit.append(db, at=parts.now(), run_id=run.id, entries=[entry])


def portal_warnings(parts: Parts, version: Version) -> list[str]:
    """Where pipelines, stages and properties are not, or no longer, what the mappings and we take them for."""
    portal_map, pipelines = version.mappings.portal, parts.portal.schema.pipelines()
    found = [str(problem) for problem in portal_map.warnings(pipelines, version.resolution)]
    try:
        policies.against_portal(version.mappings, parts.portal, version.resolution)
    except MappingInvalid as invalid:
        found += [str(problem) for problem in invalid.problems]
    plan = plan_setup(parts, portal_map)
    wishes = [*plan.ticket_properties, *plan.markers.values()]
    found += [f"our property {wish['name']} is missing in HubSpot - run `sla setup`" for wish in wishes]
    return [*found, *plan.drifted]
