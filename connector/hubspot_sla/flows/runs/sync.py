"""The main job, the fast lane: pull what changed, judge it, record it, write the differences.

Every page is recorded with its verdicts before the next is asked for, and sent as soon as a batch is full, so a
run that dies at any instant has lost nothing: the next one goes on from the ledger.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem, WrongInput
from hubspot_sla.flows.context import portal_binding, versions_in_force
from hubspot_sla.flows.reading import full_scan, incremental, policy_versions
from hubspot_sla.flows.runs import clock_ran_ahead, rebuild_outcomes, waivers_take_effect
from hubspot_sla.flows.runs.clock_ran_ahead import adopted_before
from hubspot_sla.flows.runs.refresh_names import require_owner_names
from hubspot_sla.flows.runs.sync_run import (
    Before,
    Progress,
    begun,
    nothing_to_wait_for,
    silent,
    surveyor,
    went_live_at,
)
from hubspot_sla.ledger import quarantine, records, state, sync_health
from hubspot_sla.ledger import versions as versions_ever

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.errors import Problem
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.context.mappings_version import Version
    from hubspot_sla.flows.reading.batch import Batch
    from hubspot_sla.flows.reading.evaluate_page import PageEvaluator
    from hubspot_sla.flows.reading.full_scan import Walk
    from hubspot_sla.flows.reading.incremental import RecordPage
    from hubspot_sla.flows.reading.policy_versions import Candidate
    from hubspot_sla.flows.records import hubspot_facts
    from hubspot_sla.flows.sending.commit import RunStats


logger = logging.getLogger("hubspot_sla.sync")

MISSING_DEFAULTS = (
    "targets without `default`: %d, the first at %s; records with any other value are promised nothing. These mappings"
    " go on, edited ones are refused: say default:, or default: none (`sla check` names each)"
)
REFUSED_BY_NOW = "a contract in force goes on, and would be refused once edited: %s"
REFUSED = "the edited mappings are refused, and those before the edit go on: %s%s"


def sync(context: Context, *, backfill: bool = False, progress: Progress = silent) -> RunStats:
    """One run. `backfill` walks all records and also writes those closed before go-live.

    Edited mappings that cannot be used do not stop it: it goes by those in force, and `refused` of what it returns says
    why. Raises what HubSpot, the mappings or the ledger raise; whatever was recorded until then stands.
    """
    with context.ledger.telling_damage():
        return _sync(context, backfill, progress)


def _sync(context: Context, backfill: bool, progress: Progress) -> RunStats:
    go_live_at = went_live_at(context)
    calls_before = Counter(context.portal.transport.calls)
    portal_binding.require_own(context)
    candidate, refused = _edited_or_refused(context)
    if refused is not None:
        logger.error(REFUSED, refused, f" - {refused.remedy}" if refused.remedy else "")
    with begun(context, "sync", progress, calls=calls_before) as run:
        run.stats.refused = refused
        require_owner_names(context)
        if candidate is not None:
            waivers_take_effect.adopt(context, candidate, run.id)
        versions = versions_in_force.in_force(context.ledger.db, context.compiled)
        _warn_of_missing_defaults(versions[-1].mappings.missing_defaults)
        for problem in versions[-1].mappings.refused_by_now:
            logger.warning(REFUSED_BY_NOW, problem)
        run.carry_out(
            lambda before: survey(context, versions, go_live_at, backfill=backfill, before=before, run_id=run.id)
        )
        rebuild_outcomes.fill(context.ledger, stopping=partial(_has_other_work, context))
    return run.stats


def _edited_or_refused(context: Context) -> tuple[Candidate | None, WrongInput | None]:
    """What comes into force, or why it does not where the work goes on by what is in force: a slip in a file must not
    keep tickets from being judged. WrongInput: nothing was ever in force."""
    try:
        return edited(context), None
    except WrongInput as refused:
        if versions_ever.latest(context.ledger.db) is None:
            raise
        return None, refused


def _warn_of_missing_defaults(missing: Sequence[Problem]) -> None:
    """Mappings that were in force before each target had to say its default go on, and every run says so."""
    if missing:
        logger.warning(MISSING_DEFAULTS, len(missing), missing[0].where)


def _has_other_work(context: Context) -> bool:
    """The rest of what an upgrade left to be filled waits for the next sync."""
    due_at = records.next_deadline(context.ledger.db)
    return context.stopping() or (due_at is not None and due_at <= context.now())


def edited(context: Context) -> Candidate | None:
    """The mappings that come into force with the next sync; None where they are in force already. UsageProblem: they
    need `sla setup` first."""
    candidate = policy_versions.candidate(context)
    if candidate is not None and candidate.missing:
        raise UsageProblem(
            f"the mappings write properties that HubSpot does not have: {', '.join(candidate.missing)}",
            remedy="run `sla setup` first",
        )
    return candidate


def plan(context: Context, *, backfill: bool = False) -> Iterator[Batch]:
    """What a sync would record and send, a page at a time. Nothing is written, here or in HubSpot."""
    if not portal_binding.is_familiar(context):
        portal_binding.checked_portal(context)
    go_live_at = state.read_instant(context.ledger.db, state.GO_LIVE)
    candidate = policy_versions.candidate(context)
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    if candidate is not None:
        versions.append(candidate.version)
    return survey(
        context,
        versions,
        context.now() if go_live_at is None else go_live_at,
        backfill=backfill,
        all_open=candidate is not None,
    )


def survey(
    context: Context,
    versions: Sequence[Version],
    go_live_at: int,
    *,
    backfill: bool,
    all_open: bool = False,
    before: Before = nothing_to_wait_for,
    run_id: str | None = None,
) -> Iterator[Batch]:
    """Of each object type first what HubSpot says, then what time alone has changed, then what could not be judged and
    has waited.

    Without `run_id` nobody records the batches. Otherwise the caller has recorded each before it asks for the next."""
    correction = clock_ran_ahead.noticed(context) if run_id is None else None
    for object_type in versions[-1].mappings.object_types:
        unfinished = _begun(context.ledger.db, object_type, backfill=backfill)
        closed_too = backfill or (unfinished is not None and unfinished.backfill)
        evaluator = surveyor(
            context, versions, object_type, go_live_at, backfill=closed_too, before=before, correction=correction
        )
        pages = _looks(context, evaluator.words, unfinished, backfill=closed_too)
        if run_id is not None:
            pages = adopted_before(context, run_id, pages)
        again = all_open or correction is not None
        yield from _survey(context, evaluator, pages, all_open=again, dry=run_id is None)


def _survey(
    context: Context, evaluator: PageEvaluator, pages: Iterable[RecordPage], *, all_open: bool, dry: bool
) -> Iterator[Batch]:
    db, object_type = context.ledger.db, evaluator.object_type
    judged: set[str] = set()
    for batch in evaluator.evaluate_pages(pages):
        if dry:  # a record whose verdict is recorded is neither outdated nor due any more
            judged.update(decision.record.ref.record_id for decision in batch.decisions)
        judged.update(batch.failed)
        judged.update(batch.refused)
        yield batch
    for batch in evaluator.evaluate_listed():
        judged.update(decision.record.ref.record_id for decision in batch.decisions if dry)
        yield batch
    rejudged = records.all_open(db, object_type) if all_open else records.outdated(db, object_type)
    yield from evaluator.evaluate_again(id_ for id_ in rejudged if id_ not in judged)
    judged.update(rejudged)
    waiting = (records.due(db, context.now()), quarantine.due(db, context.now()))
    due = dict.fromkeys(record_id for by_type in waiting for record_id in by_type.get(object_type, ()))
    yield from evaluator.evaluate_deadlines(id_ for id_ in due if id_ not in judged)


def _looks(
    context: Context, words: hubspot_facts.Vocabulary, begun: Walk | None, *, backfill: bool
) -> Iterable[RecordPage]:
    db = context.ledger.db
    cursor = state.read_instant(db, state.of(words.object_type, state.CURSOR))
    if begun is not None or backfill or cursor is None:
        return full_scan.walk(context.portal, words, begun, context.now, backfill=backfill)
    polled_at = state.read_instant(db, state.of(words.object_type, sync_health.POLLED))
    return incremental.poll(context.portal, words, cursor, context.now, polled_at)


def _begun(db: sqlite3.Connection, object_type: str, *, backfill: bool) -> Walk | None:
    """The walk to go on with. A backfill starts anew where an unfinished one was none: it left records unwritten."""
    begun = full_scan.unfinished(db, object_type)
    return None if begun is not None and backfill and not begun.backfill else begun
