"""The slow lane: the same poll an hour behind, which catches and counts what the fast lane missed.

HubSpot's search index lags, by seconds to minutes, and shows changes out of order. So each stretch of time is looked
at a second time when the index has settled. It ends where the fast lane has been: what it finds is truly missed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.reading import incremental
from hubspot_sla.flows.reading.batch import Batch
from hubspot_sla.flows.records.hubspot_facts import changed_at
from hubspot_sla.flows.runs.sync_run import Before, Progress, begun, settled, silent
from hubspot_sla.ledger import state, sync_health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.reading.evaluate_page import PageEvaluator
    from hubspot_sla.flows.sending.commit import RunStats

BEHIND_MS = 60 * 60_000
FURTHEST_MS = 24 * 60 * 60_000
"""How far back the very first one looks, and never further than the go-live."""


def slow_lane(context: Context, progress: Progress = silent) -> RunStats:
    """One run. One call for each object type when there is nothing to see, none when nothing has changed since the last
    one."""
    with begun(context, "slow_lane", progress) as run:
        run.carry_out(lambda before: _survey(context, before))
    return run.stats


def _survey(context: Context, before: Before) -> Iterator[Batch]:
    for evaluator in settled(context, before):
        since, until = _stretch(context, evaluator.object_type)
        if since < until:
            yield from _missed(context, evaluator, since, until)


def _missed(context: Context, evaluator: PageEvaluator, since: int, until: int) -> Iterator[Batch]:
    for batch in evaluator.evaluate_pages(incremental.poll_between(context.portal, evaluator.words, since, until)):
        yield replace(batch, caught=_caught(batch, evaluator))
    yield Batch(evaluator.object_type, after={state.of(evaluator.object_type, sync_health.SLOW_CURSOR): str(until)})


def _stretch(context: Context, object_type: str) -> tuple[int, int]:
    """From where the last one ended to an hour ago, or to where the fast lane is."""
    db, now = context.ledger.db, context.now()
    until = min(now - BEHIND_MS, state.read_instant(db, state.of(object_type, state.CURSOR)) or 0)
    began = max(state.read_instant(db, state.GO_LIVE) or 0, now - BEHIND_MS - FURTHEST_MS)
    since = state.read_instant(db, state.of(object_type, sync_health.SLOW_CURSOR))
    return began if since is None else since, until


def _caught(batch: Batch, evaluator: PageEvaluator) -> list[int]:
    """When what is news here was changed. What came to nothing, as a ticket gone since, was not missed."""
    judged = {decision.record.ref.record_id for decision in batch.decisions}
    news = (*batch.changes.changed, *batch.changes.only_ours_changed)
    return [changed_at(row, evaluator.words) for row in news if row.id in judged]
