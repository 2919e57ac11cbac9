"""The slow lane: the same poll an hour behind, which catches and counts what the fast lane missed.

HubSpot's search index lags, by seconds to minutes, and shows changes out of order. So each stretch of time is looked
at a second time when the index has settled. It ends where the fast lane has been: what it finds is truly missed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.flows.judging.observe import changed_at
from hubspot_sla.flows.pulling import gather
from hubspot_sla.flows.pulling.survey import Batch
from hubspot_sla.flows.run import Before, Progress, begun, settled, silent
from hubspot_sla.ledger import lanes, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.journal import Tally
    from hubspot_sla.flows.parts import Parts
    from hubspot_sla.flows.pulling.survey import Surveyor

BEHIND_MS = 60 * 60_000
FURTHEST_MS = 24 * 60 * 60_000
"""How far back the very first one looks, and never further than the go-live."""


def slow_lane(parts: Parts, progress: Progress = silent) -> Tally:
    """One run. One call when there is nothing to see, none when nothing has changed since the last one."""
    with begun(parts, "slow_lane", progress) as run:
        run.carry_out(lambda before: _survey(parts, before))
    return run.tally


def _survey(parts: Parts, before: Before) -> Iterator[Batch]:
    decider = settled(parts, before)
    if decider is None:
        return
    since, until = _stretch(parts)
    if since >= until:
        return
    for batch in decider.of_looks(gather.poll_between(parts.portal, decider.words, since, until)):
        yield replace(batch, caught=_caught(batch, decider))
    yield Batch(after={lanes.SLOW_CURSOR: str(until)})


def _stretch(parts: Parts) -> tuple[int, int]:
    """From where the last one ended to an hour ago, or to where the fast lane is."""
    db, now = parts.ledger.db, parts.now()
    until = min(now - BEHIND_MS, notes.read_instant(db, notes.CURSOR) or 0)
    began = max(notes.read_instant(db, notes.GO_LIVE) or 0, now - BEHIND_MS - FURTHEST_MS)
    since = notes.read_instant(db, lanes.SLOW_CURSOR)
    return began if since is None else since, until


def _caught(batch: Batch, decider: Surveyor) -> list[int]:
    """When what is news here was changed. What came to nothing, as a ticket gone since, was not missed."""
    judged = {decision.case.ticket_id for decision in batch.decisions}
    news = (*batch.found.stale, *batch.found.touched)
    return [changed_at(row, decider.words) for row in news if row.id in judged]
