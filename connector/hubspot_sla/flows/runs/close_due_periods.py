"""The job that closes months: each some time after its end, as `report.close_after` of portal.yaml says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.local_time import begins_at
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.run_result import NOTHING
from hubspot_sla.flows.reporting.query import zone_of
from hubspot_sla.flows.reporting.subscribed import calendars_of, is_business_day
from hubspot_sla.flows.runs import close_period
from hubspot_sla.flows.runs.close_period import Asked, following, last_ended, month_named
from hubspot_sla.ledger import periods, state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.measure.periods import Period
    from hubspot_sla.policy.durations import Duration

BY: Final = "job close_period"
_LONGEST: Final = 366
"""Days that are searched for business days."""


def close_due(context: Context) -> object:
    """Close every month whose time has come, in their order; what was closed, in words. NotYetPossible: one of them
    cannot be closed yet."""
    versions = versions_in_force.in_force(context.ledger.db, context.compiled)
    after = versions[-1].mappings.portal.close_after if versions else None
    if after is None:
        return NOTHING
    mappings, now = versions[-1].mappings, context.now()
    calendars = calendars_of(mappings)
    closed = []
    for period in _open_months(context.ledger.db, zone_of(mappings), now):
        if closes_at(period, after, calendars) > now:
            break
        close_period.close(context.ledger, period.name, Asked(BY, now))
        closed.append(period.name)
    return f"closed {', '.join(closed)}" if closed else NOTHING


def closes_at(period: Period, after: Duration, calendars: Sequence[Calendar]) -> int:
    """When the job closes a month (epoch ms): once so many business days have passed since its end, and then so much
    time on the wall. A business day is one on which any of the calendars is open; without calendars each day is."""
    day, left = period.end, after.business_days
    for _ in range(_LONGEST):
        if not left:
            break
        left -= is_business_day(day, period.zone, calendars)
        day += timedelta(days=1)
    return begins_at(day, 0, period.zone) + after.ms


def _open_months(db: sqlite3.Connection, zone: tzinfo, now: int) -> Iterator[Period]:
    """The months that have ended and are not closed, from the one after the last closed on; the last one alone where
    none is. What ended before go-live stays open."""
    last, closed = last_ended(zone, now), periods.every(db)
    period = month_named(following(closed[-1]), zone) if closed else last
    go_live_at = state.read_instant(db, state.GO_LIVE)
    while period.end <= last.end and go_live_at is not None and period.end_at > go_live_at:
        yield period
        period = month_named(f"{period.end:%Y-%m}", zone)
