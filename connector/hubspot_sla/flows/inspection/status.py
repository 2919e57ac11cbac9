"""Is it working? Read from the ledger alone: HubSpot is not asked, nothing is written, no worker is disturbed.

It works when the newest sync that ended succeeded and is not older than it should be. What failed since, what waits and
what is in quarantine is shown beside it and does not count: it is set apart so that the rest goes on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from hubspot_sla.flows.context.local_clock import kept_offset
from hubspot_sla.flows.runs.working import working
from hubspot_sla.hubspot.current_time import ClockMode, distrust
from hubspot_sla.ledger import (
    channel_health,
    lease,
    notifications,
    outbox,
    outcomes,
    quarantine,
    records,
    rungs,
    runs,
    state,
    sync_health,
    verdicts,
)
from hubspot_sla.ledger.channel_health import Standing
from hubspot_sla.plan.instant_text import wire
from hubspot_sla.plan.ladder import Outcome
from hubspot_sla.plan.records import RecordRef

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from hubspot_sla.ledger.lease import Lease
    from hubspot_sla.ledger.runs import Run

HOUR_MS = 3_600_000
_SETTLED = ("/confirmed", "/withdrawn")


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Open tickets by when time alone changes their verdicts; `next_at` epoch ms, None where nothing will."""

    open_tickets: int
    all_tickets: int
    late_clocks: int
    next_at: int | None
    within_an_hour: int
    waiting: int
    next_ticket: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """`oldest_since` and `next_try_at` are epoch ms."""

    invalid: int = 0
    rejected: int = 0
    oldest_since: int | None = None
    next_try_at: int | None = None


@dataclass(frozen=True, slots=True)
class Rungs:
    """What became of all that were ever reached, and the newest that failed."""

    fired: int = 0
    passed_by: int = 0
    failed: int = 0
    last_failed: str = ""
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class OutcomesState:
    """How many records that an earlier version judged have no outcomes yet, and what the last check of all outcomes
    found: when (epoch ms, None before the first), how many differed from what the facts give, and how many were judged
    by older rules of the clock."""

    missing: int = 0
    can_be_filled: bool = False
    checked_at: int | None = None
    differing: int = 0
    older_rules: int = 0


@dataclass(frozen=True, slots=True)
class ChannelBacklog:
    """A channel of notifications for which something waits, or that does not take what it gets; `again_at` (epoch ms)
    is when it is tried again, None where it may be now or is gone."""

    name: str
    waiting: int
    failures: int = 0
    gone: bool = False
    again_at: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything on the screen. `exit_code` 0: all is well. Instants and spans in ms."""

    now: int
    verdict: str
    exit_code: int
    remedy: str
    worker: str
    lag_ms: int | None
    last: tuple[Run, ...]
    deadlines: Deadlines
    queue: Mapping[str, int]
    quarantined: Quarantined
    quota: Mapping[str, int | None]
    slow_lane: Mapping[str, int | None]
    index_lag: Mapping[str, int | None]
    rungs: Rungs
    channels: tuple[ChannelBacklog, ...]
    outcomes: OutcomesState
    portal: str | None = None
    clock: str = ""
    """Why HubSpot's clock is not followed; "" where it is."""
    working: bool = True

    def as_json(self) -> dict[str, object]:
        return {
            "working": self.working,
            "verdict": self.verdict,
            "remedy": self.remedy or None,
            "at": wire(self.now),
            "portal": self.portal,
            "worker": self.worker or None,
            "clock": self.clock or None,
            "lag_s": None if self.lag_ms is None else self.lag_ms // 1000,
            "runs": [_run(run) for run in self.last],
            "deadlines": {
                **asdict(self.deadlines),
                "next_at": None if self.deadlines.next_at is None else wire(self.deadlines.next_at),
            },
            "queue": dict(self.queue),
            "quarantine": {
                "invalid": self.quarantined.invalid,
                "rejected": self.quarantined.rejected,
                "oldest_since": _wired(self.quarantined.oldest_since),
                "next_try_at": _wired(self.quarantined.next_try_at),
            },
            "quota": {**self.quota, "at": _wired(self.quota.get("at"))},
            "slow_lane": dict(self.slow_lane),
            "index_lag": dict(self.index_lag),
            "rungs": {**asdict(self.rungs), "last_failed": self.rungs.last_failed or None},
            "outcomes": {**asdict(self.outcomes), "checked_at": _wired(self.outcomes.checked_at)},
            "channels": [{**asdict(channel), "again_at": _wired(channel.again_at)} for channel in self.channels],
        }


def status(
    db: sqlite3.Connection, now: int, wall: int, *, within_ms: int | None = None, clock: ClockMode = ClockMode.AUTO
) -> Status:
    """As of `now`, HubSpot's time; `wall` is this machine's, by which leases end (epoch ms). `within_ms`: how old the
    last good sync may be (`flows.runs.working`)."""
    last, standing = runs.last(db), lease.standing(db)
    judged = working(db, now, wall, within_ms=within_ms)
    cursor = sync_health.polled_at(db) or state.read_instant(db, state.CURSOR)
    return Status(
        now=now,
        verdict=judged.verdict,
        exit_code=judged.exit_code,
        remedy=judged.remedy,
        worker=_worker(standing, wall),
        lag_ms=None if cursor is None else max(0, now - cursor),
        last=tuple(last),
        deadlines=_deadlines(db, now),
        queue={what: count for what, count in outbox.waiting(db).items() if not what.endswith(_SETTLED)},
        quarantined=_quarantined(db),
        quota=_noted(db, state.QUOTA),
        slow_lane=asdict(sync_health.slow_lane(db)),
        index_lag=asdict(sync_health.index_lag(db)),
        rungs=_rungs(db),
        channels=tuple(_channels(db)),
        outcomes=_outcomes(db),
        portal=state.read(db, state.PORTAL),
        clock=distrust(kept_offset(db), clock),
        working=judged.working,
    )


def _worker(standing: Lease | None, wall: int) -> str:
    is_held = standing is not None and standing.lives(wall) and not standing.left_behind()
    return standing.holder if standing is not None and is_held else ""


def _deadlines(db: sqlite3.Connection, now: int) -> Deadlines:
    everything, still_open = records.count(db)
    between = "select count(*) from records where next_at > ? and next_at <= ?"
    late = sum(of_metric.get("breached", 0) for of_metric in verdicts.tally(db).values())
    query = "select next_at, object_type, record_id from records where next_at > ? order by next_at limit 1"
    later, *whose = db.execute(query, (now,)).fetchone() or (None,)
    return Deadlines(
        open_tickets=still_open,
        all_tickets=everything,
        late_clocks=late,
        next_at=later,
        within_an_hour=db.execute(between, (now, now + HOUR_MS)).fetchone()[0],
        waiting=db.execute("select count(*) from records where next_at <= ?", (now,)).fetchone()[0],
        next_ticket=RecordRef(*whose).key if whose else None,
    )


def _quarantined(db: sqlite3.Connection) -> Quarantined:
    rows = quarantine.every(db)
    if not rows:
        return Quarantined()
    tries = [row.again_at for row in rows if row.again_at is not None]
    invalid = sum(row.word == quarantine.INVALID for row in rows)
    return Quarantined(invalid, len(rows) - invalid, min(row.since_at for row in rows), min(tries) if tries else None)


def _rungs(db: sqlite3.Connection) -> Rungs:
    counts, newest = rungs.tally(db), rungs.every_failed(db, limit=1)
    texts = [f"ticket {rung.record.key}, {rung.ladder} {rung.rung}: {rung.reason or 'no reason'}" for rung in newest]
    fired, passed_by, failed, withdrawn = (
        counts.get(outcome.value, 0) for outcome in (Outcome.FIRED, Outcome.SKIPPED, Outcome.FAILED, Outcome.WITHDRAWN)
    )
    return Rungs(fired, passed_by, failed, "".join(texts), withdrawn)


def _outcomes(db: sqlite3.Connection) -> OutcomesState:
    missing, last = outcomes.missing(db), _noted(db, state.CHECKED)
    differing = (last.get("differing") or 0) + (last.get("not_reproduced") or 0)
    return OutcomesState(missing.number, missing.can_be_filled, last.get("at"), differing, last.get("older_rules") or 0)


def _channels(db: sqlite3.Connection) -> Iterator[ChannelBacklog]:
    waiting, standings = notifications.counts_waiting(db), channel_health.load(db)
    for name in sorted(waiting.keys() | standings.keys()):
        standing = standings.get(name, Standing())
        yield ChannelBacklog(
            name,
            waiting.get(name, 0),
            standing.failures,
            standing.gone is not None,
            standing.again_at,
            standing.reason or "",
        )


def _noted(db: sqlite3.Connection, key: str) -> dict[str, int | None]:
    """What another flow has noted about itself as JSON; empty before it has."""
    text = state.read(db, key)
    values = orjson.loads(text) if text else {}
    return {name: value for name, value in values.items() if value is None or isinstance(value, int)}


def _run(run: Run) -> dict[str, object]:
    return {
        "command": run.command,
        "started_at": wire(run.started_at),
        "ended_at": _wired(run.ended_at),
        "took_ms": run.took_ms,
        "error": run.error,
        "exit_code": run.exit_code if run.error is not None else None,
    }


def _wired(at: int | None) -> str | None:
    return None if at is None else wire(at)
