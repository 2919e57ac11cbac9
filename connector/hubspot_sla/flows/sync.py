"""The main job: pull what changed, judge it, record it, write the differences.

Every page is recorded with its verdicts before the next is asked for, and sent as soon as a batch is full, so a
run that dies at any instant has lost nothing: the next one goes on from the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from hubspot_sla.errors import UsageProblem
from hubspot_sla.flows import binding, deliver, gather, journal, observe, policies, run
from hubspot_sla.flows.decide import Terms
from hubspot_sla.flows.journal import Tally
from hubspot_sla.flows.survey import Surveyor
from hubspot_sla.ledger import notes, runs, tickets
from hubspot_sla.plan.properties import WRITTEN

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.case import Version
    from hubspot_sla.flows.gather import Look
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.survey import Batch

Progress = Callable[[Tally], None]


def sync(parts: Parts, *, backfill: bool = False, progress: Progress = lambda _: None) -> Tally:
    """One run. `backfill` walks all tickets and also writes those closed before go-live.

    Raises what HubSpot, the mappings or the ledger raise; whatever was recorded until then stands.
    """
    with parts.ledger.telling_damage():
        return _sync(parts, backfill, progress)


def _sync(parts: Parts, backfill: bool, progress: Progress) -> Tally:
    go_live_at = _go_live(parts)
    run_id, tally = new_run_id(), Tally()
    calls_before = Counter(parts.portal.transport.calls)
    if not binding.is_familiar(parts):
        binding.bind_portal(parts)
    edited = policies.candidate(parts)
    if edited is not None and edited.missing:
        raise UsageProblem(
            f"the mappings write properties that HubSpot does not have: {', '.join(edited.missing)}",
            remedy="run `sla setup` first",
        )
    with parts.ledger.transaction() as db:
        runs.begin(db, run_id, "sync", parts.now())
    if edited is not None:
        policies.adopt(parts, edited, run_id)
    try:
        deliver.resume(parts)
        for batch in survey(parts, policies.in_force(parts.ledger.db), go_live_at, backfill=backfill):
            journal.write(parts.ledger, batch, run_id=run_id, at=parts.now())
            journal.count(batch, tally)
            deliver.flush(parts, run_id, tally, full_batches_only=True)
            tally.calls = _calls_since(calls_before, parts)
            progress(tally)
            if parts.stopping():
                break
        deliver.finish(parts, run_id, tally)
    finally:
        tally.calls = _calls_since(calls_before, parts)
        with parts.ledger.transaction() as db:
            runs.end(db, run_id, parts.now(), tally.as_json())
    return tally


def _calls_since(before: Counter[str], parts: Parts) -> Counter[str]:
    return Counter(parts.portal.transport.calls) - before


def plan(parts: Parts, *, backfill: bool = False) -> Iterator[Batch]:
    """What a sync would record and send, a page at a time. Nothing is written, here or in HubSpot."""
    if not binding.is_familiar(parts):
        binding.checked_portal(parts)
    go_live_at = notes.read_instant(parts.ledger.db, notes.GO_LIVE)
    edited = policies.candidate(parts)
    versions = policies.in_force(parts.ledger.db)
    if edited is not None:
        versions.append(edited.version)
    return survey(
        parts,
        versions,
        parts.now() if go_live_at is None else go_live_at,
        backfill=backfill,
        all_open=edited is not None,
    )


def survey(
    parts: Parts, versions: Sequence[Version], go_live_at: int, *, backfill: bool, all_open: bool = False
) -> Iterator[Batch]:
    """First what HubSpot says, then what time alone has changed."""
    db = parts.ledger.db
    begun = _begun(db, backfill=backfill)
    backfill = backfill or (begun is not None and begun.backfill)
    surveyor = surveyor_of(parts, versions, go_live_at, backfill=backfill)
    words = surveyor.words
    judged: set[str] = set()
    for batch in surveyor.of_looks(_looks(parts, words, begun, backfill=backfill)):
        judged.update(decision.case.ticket_id for decision in batch.decisions)
        yield batch
    rejudged = tickets.all_open(db) if all_open else tickets.outdated(db)
    yield from surveyor.of_tickets(id_ for id_ in rejudged if id_ not in judged)
    judged.update(rejudged)
    yield from surveyor.of_deadlines(id_ for id_ in tickets.due(db, parts.now()) if id_ not in judged)


def surveyor_of(parts: Parts, versions: Sequence[Version], go_live_at: int, *, backfill: bool = False) -> Surveyor:
    """Decides about tickets by these versions of the mappings, the newest one's words and the time as it goes on."""
    current = versions[-1].mappings
    words = observe.vocabulary(
        current.portal, (written.key for written in WRITTEN), also=current.book.ticket_properties
    )

    def terms() -> Terms:
        return Terms(versions, words.written, go_live_at, parts.now(), backfill)

    return Surveyor(parts.ledger.db, parts.portal, words, terms)


def _looks(parts: Parts, words: observe.Vocabulary, begun: gather.Walk | None, *, backfill: bool) -> Iterable[Look]:
    cursor = notes.read_instant(parts.ledger.db, notes.CURSOR)
    if begun is not None or backfill or cursor is None:
        return gather.walk(parts.portal, words, begun, parts.now, backfill=backfill)
    return gather.poll(parts.portal, words, cursor, parts.now)


def _begun(db: sqlite3.Connection, *, backfill: bool) -> gather.Walk | None:
    """The walk to go on with. A backfill starts anew where an unfinished one was none: it left tickets unwritten."""
    begun = gather.unfinished_walk(db)
    return None if begun is not None and backfill and not begun.backfill else begun


def _go_live(parts: Parts) -> int:
    at = notes.read_instant(parts.ledger.db, notes.GO_LIVE)
    if at is None:
        raise UsageProblem("this portal is not set up yet", remedy="run `sla setup` first")
    return at


def new_run_id() -> str:
    return run.new_id()
