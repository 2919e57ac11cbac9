"""What changes without a record's changing: who the open records are for, and what the portal is made of.

Associations, companies and contacts of open records are read again, a thousand at a time, and those judged
whose customers are not what they were. Pipelines and properties are held against the mappings: a difference is
told, in the log and in the audit log, and nothing is changed by it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied, MappingInvalid
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.reading.customers import CUSTOMERS, read_customers, reason_to_rest
from hubspot_sla.flows.reading.own_properties import plan_setup
from hubspot_sla.flows.records.assemble import NewlyRead
from hubspot_sla.flows.runs.refresh_names import refresh_names
from hubspot_sla.flows.runs.sync_run import Before, Progress, Run, begun, settled, silent
from hubspot_sla.hubspot.batches import ASSOCIATION_BATCH
from hubspot_sla.ledger import audit, companies, contacts, markers, missing_scopes, records, sync_health
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.reading.evaluate_page import PageEvaluator
    from hubspot_sla.flows.sending.commit import RunStats
    from hubspot_sla.hubspot.record_rows import CompanyLink
    from hubspot_sla.ledger.records import RecordRow
    from hubspot_sla.policy.mappings import Pipelines

logger = logging.getLogger("hubspot_sla.refresh")

PORTAL_CHECK = "check of the portal"
"""What rests where the token may not read the properties or the owners that the mappings name."""
AGE_MS = 30 * 60_000
"""A company is read again when the last look is older than this."""


def refresh(context: Context, progress: Progress = silent) -> RunStats:
    """One run."""
    with begun(context, "refresh", progress) as run:
        versions = versions_in_force.in_force(context.ledger.db, context.compiled)
        if versions:
            object_types = versions[-1].mappings.object_types
            pipelines = {name: context.portal.schema.pipelines(name) for name in object_types}
            _look_at_portal(context, versions[-1], pipelines, run)
            refresh_names(context, pipelines)
        run.carry_out(lambda before: _survey(context, before))
    return run.stats


def _survey(context: Context, before: Before) -> Iterator[Batch]:
    for evaluator in settled(context, before):
        yield from _open_records(context, evaluator)


def _open_records(context: Context, evaluator: PageEvaluator) -> Iterator[Batch]:
    after = ""
    while ids := records.open_page(context.ledger.db, evaluator.object_type, after, ASSOCIATION_BATCH):
        after = ids[-1]
        evaluator.before(
            RecordRef(evaluator.object_type, id_) for id_ in ids
        )  # what is still on its way would be overwritten by rows read before it arrived
        yield _refreshed(context, evaluator, list(records.load(context.ledger.db, evaluator.object_type, ids).values()))


def _refreshed(context: Context, evaluator: PageEvaluator, known: Sequence[RecordRow]) -> Batch:
    """A record of which HubSpot says nothing keeps the companies it had; and one whose new companies the token may not
    read."""
    links, reason = _links(context, evaluator.object_type, known)
    rows = [_linked(row, links) for row in known]
    customers = read_customers(evaluator.customers(), evaluator.object_type, rows, lambda _id: True, AGE_MS)
    rows = [was if was.id in customers.withheld else now for was, now in zip(known, rows, strict=True)]
    read, people = customers.companies, customers.contacts
    before = companies.load(context.ledger.db, read)
    changed = {id_ for id_, row in read.items() if id_ not in before or before[id_].history != row.history}
    knew = contacts.load(context.ledger.db, evaluator.object_type, people)
    news = [
        now
        for was, now in zip(known, rows, strict=True)
        if now is not was
        or any(id_ in changed for id_, _ in now.companies or ())
        or (now.id in people and people[now.id] != knew[now.id])
    ]
    return replace(
        evaluator.evaluate_customers(news, NewlyRead(companies=read, contacts=people)),
        seen=len(rows),
        resting={CUSTOMERS: reason or customers.missing_scope},
    )


def _links(
    context: Context, object_type: str, known: Sequence[RecordRow]
) -> tuple[Mapping[str, Sequence[CompanyLink]], str]:
    """The companies of records, by record id, and the reason why the token may not read them; "" where it may."""
    try:
        return context.portal.customers.companies_of(object_type, (row.id for row in known)), ""
    except AccessDenied as denied:
        return {}, reason_to_rest(denied)


def _linked(row: RecordRow, links_by_id: Mapping[str, Sequence[CompanyLink]]) -> RecordRow:
    """The row itself where nothing is new: their order means nothing."""
    if row.id not in links_by_id:
        return row
    links = tuple((link.id, link.primary) for link in links_by_id[row.id])
    return row if row.companies is not None and set(links) == set(row.companies) else replace(row, companies=links)


def _look_at_portal(context: Context, version: Version, pipelines: Pipelines, run: Run) -> None:
    """Report what is new and what is over since the last refresh. Where the token may not see all, nothing is over."""
    now, reason = portal_warnings(context, version, pipelines)
    before = sync_health.portal_warnings(context.ledger.db)
    _note_resting(context, run, reason)
    if reason:
        now += [warning for warning in before if warning not in now]
    news = [warning for warning in now if warning not in before]
    over = [warning for warning in before if warning not in now]
    for warning in news:
        logger.warning("%s", warning)
    if news or over:
        with context.ledger.transaction() as db:
            sync_health.warned(db, now)
            entry = Entry("portal", {"new": news, "over": over})
            audit.append(db, at=context.now(), run_id=run.id, entries=[entry])


def _note_resting(context: Context, run: Run, reason: str) -> None:
    """Whether the mappings can be held against the portal; `reason` says why not."""
    if reason:
        run.stats.resting[PORTAL_CHECK] = reason
        logger.warning("%s: not done until the token may: %s", PORTAL_CHECK, reason)
    with context.ledger.transaction() as db:
        if reason:
            missing_scopes.note(db, PORTAL_CHECK, reason)
        else:
            missing_scopes.end(db, PORTAL_CHECK)


def portal_warnings(context: Context, version: Version, pipelines: Pipelines) -> tuple[list[str], str]:
    """Where pipelines, stages and properties are not, or no longer, what the mappings and we take them for; and the
    reason why not all of the portal can be seen, "" where it can."""
    warnings = [str(problem) for problem in version.mappings.warnings(pipelines, version.portal_ids)]
    reason = ""
    try:
        policy_versions.against_portal(version.mappings, context.portal, version.portal_ids)
    except MappingInvalid as invalid:
        warnings += [str(problem) for problem in invalid.problems]
    except AccessDenied as denied:
        reason = reason_to_rest(denied)
    plan = plan_setup(context, version.mappings)
    lost = [marker for kind, marker in plan.markers.items() if markers.is_marked(context.ledger.db, kind)]
    missing = [*plan.missing, *(str(marker["name"]) for marker in lost)]
    warnings += [f"our property {name} is missing in HubSpot - run `sla setup`" for name in missing]
    return [*warnings, *plan.drifted], reason
