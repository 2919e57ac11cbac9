"""The main job, the fast lane: pull what changed, judge it, record it, write the differences.

Every page is recorded with its verdicts before the next is asked for, and sent as soon as a batch is full, so a
run that dies at any instant has lost nothing: the next one goes on from the ledger.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows import binding, policies
from hubspot_sla.flows.pulling import gather, walk
from hubspot_sla.flows.run import (
    Before,
    Progress,
    begun,
    nothing_to_wait_for,
    silent,
    surveyor,
    vocabulary,
    went_live_at,
)
from hubspot_sla.ledger import lanes, notes, quarantine, tickets

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.judging import observe
    from hubspot_sla.flows.judging.case import Version
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.policies import Candidate
    from hubspot_sla.flows.pulling.gather import Look
    from hubspot_sla.flows.pulling.survey import Batch
    from hubspot_sla.flows.pulling.walk import Walk


def sync(parts: Parts, *, backfill: bool = False, progress: Progress = silent) -> Tally:
    """One run. `backfill` walks all tickets and also writes those closed before go-live.

    Raises what HubSpot, the mappings or the ledger raise; whatever was recorded until then stands.
    """
    with parts.ledger.telling_damage():
        return _sync(parts, backfill, progress)


def _sync(parts: Parts, backfill: bool, progress: Progress) -> Tally:
    go_live_at = went_live_at(parts)
    calls_before = Counter(parts.portal.transport.calls)
    binding.require_own(parts)
    edited = _edited(parts)
    with begun(parts, "sync", progress, calls=calls_before) as run:
        if edited is not None:
            policies.adopt(parts, edited, run.id)
        versions = policies.in_force(parts.ledger.db, parts.compiled)
        run.carry_out(lambda before: survey(parts, versions, go_live_at, backfill=backfill, before=before))
    return run.tally


def _edited(parts: Parts) -> Candidate | None:
    edited = policies.candidate(parts)
    if edited is not None and edited.missing:
        raise UsageProblem(
            f"the mappings write properties that HubSpot does not have: {', '.join(edited.missing)}",
            remedy="run `sla setup` first",
        )
    return edited


def plan(parts: Parts, *, backfill: bool = False) -> Iterator[Batch]:
    """What a sync would record and send, a page at a time. Nothing is written, here or in HubSpot."""
    if not binding.is_familiar(parts):
        binding.checked_portal(parts)
    go_live_at = notes.read_instant(parts.ledger.db, notes.GO_LIVE)
    edited = policies.candidate(parts)
    versions = policies.in_force(parts.ledger.db, parts.compiled)
    if edited is not None:
        versions.append(edited.version)
    return survey(
        parts,
        versions,
        parts.now() if go_live_at is None else go_live_at,
        backfill=backfill,
        all_open=edited is not None,
        dry=True,
    )


def survey(
    parts: Parts,
    versions: Sequence[Version],
    go_live_at: int,
    *,
    backfill: bool,
    all_open: bool = False,
    dry: bool = False,
    before: Before = nothing_to_wait_for,
) -> Iterator[Batch]:
    """First what HubSpot says, then what time alone has changed, then what could not be judged and has waited.

    `dry`: nobody records the batches. Otherwise whoever asks for the next one has recorded the one before."""
    db = parts.ledger.db
    unfinished = _begun(db, backfill=backfill)
    backfill = backfill or (unfinished is not None and unfinished.backfill)
    words = vocabulary(versions[-1])
    decider = surveyor(parts, versions, go_live_at, backfill=backfill, before=before)
    judged: set[str] = set()
    for batch in decider.of_looks(_looks(parts, words, unfinished, backfill=backfill)):
        if dry:  # a ticket whose verdict is recorded is neither outdated nor due any more
            judged.update(decision.case.ticket_id for decision in batch.decisions)
        judged.update(batch.failed)
        judged.update(batch.refused)
        yield batch
    rejudged = tickets.all_open(db) if all_open else tickets.outdated(db)
    yield from decider.of_tickets(id_ for id_ in rejudged if id_ not in judged)
    judged.update(rejudged)
    due = dict.fromkeys([*tickets.due(db, parts.now()), *quarantine.due(db, parts.now())])
    yield from decider.of_deadlines(id_ for id_ in due if id_ not in judged)


def _looks(parts: Parts, words: observe.Vocabulary, begun: Walk | None, *, backfill: bool) -> Iterable[Look]:
    db = parts.ledger.db
    cursor = notes.read_instant(db, notes.CURSOR)
    if begun is not None or backfill or cursor is None:
        return walk.walk(parts.portal, words, begun, parts.now, backfill=backfill)
    return gather.poll(parts.portal, words, cursor, parts.now, notes.read_instant(db, lanes.POLLED))


def _begun(db: sqlite3.Connection, *, backfill: bool) -> Walk | None:
    """The walk to go on with. A backfill starts anew where an unfinished one was none: it left tickets unwritten."""
    begun = walk.unfinished(db)
    return None if begun is not None and backfill and not begun.backfill else begun
