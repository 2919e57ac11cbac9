"""The job that closes windows of contracts: each some time after its end, as `report.close_after` of portal.yaml says,
in the contract's zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.errors import NotYetPossible, UsageProblem
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.reporting.contracts.feed_files import FeedReader
from hubspot_sla.flows.reporting.contracts.history import windows_through
from hubspot_sla.flows.reporting.contracts.sealed import SealedStatements
from hubspot_sla.flows.runs import close_contract, keep_feeds
from hubspot_sla.flows.runs.close_due_periods import closes_at
from hubspot_sla.flows.runs.close_period import Asked
from hubspot_sla.ledger import state
from hubspot_sla.ledger.contract_closings import BY_JOB

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.written_contracts import WrittenContract


def close_due(context: Context) -> object:
    """Close every window whose time has come, of each contract in their order; what was closed, in words. One that
    cannot be closed yet does not keep those of other contracts open: NotYetPossible names all of them at the end."""
    db, now = context.ledger.db, context.now()
    versions = versions_in_force.in_force(db, context.compiled)
    after = versions[-1].mappings.portal.close_after if versions else None
    if after is None:
        return NOTHING
    mappings = versions[-1].mappings
    used = mappings.policy_set.calendars_used
    calendars = [calendar for name, calendar in mappings.calendars.items() if name in used]
    reader = FeedReader(context.settings.mappings, context.settings.secret)
    keep_feeds.keep(context.ledger, mappings, reader, now)
    closed, waiting = [], []
    for contract in mappings.contracts.ids:
        for window in _open_windows(db, mappings.contracts.versions(contract), now):
            if closes_at(window, after, calendars) > now:
                break
            try:
                close_contract.close(context.ledger, contract, window.name, reader, Asked(BY_JOB, now))
            except (NotYetPossible, UsageProblem) as error:
                waiting.append(f"{contract} {window.name}: {error}")
                break
            closed.append(f"{contract} {window.name}")
    if waiting:
        done = f"; closed {', '.join(closed)}" if closed else ""
        raise NotYetPossible("; ".join(waiting) + done, remedy="`sla contract close` tries one of them by hand")
    return f"closed {', '.join(closed)}" if closed else NOTHING


def _open_windows(db: sqlite3.Connection, versions: Sequence[WrittenContract], now: int) -> Iterator[Period]:
    """The windows that have ended and are not closed, from the one after the last closed on; the last one alone where
    none is. What ended before go-live stays open."""
    terms, go_live_at = versions[0].terms, state.read_instant(db, state.GO_LIVE)
    running = terms.window.holding(local_date(now, terms.zone), terms.zone)
    ended = [each for each in windows_through(versions, running) if each.end_at <= now]
    sealed = SealedStatements.of(db, terms.id)
    last = sealed.editions[-1].start if sealed.editions else None
    due = ended[-1:] if last is None else [each for each in ended if each.start > last]
    for window in due:
        if go_live_at is not None and window.end_at > go_live_at:
            yield window
