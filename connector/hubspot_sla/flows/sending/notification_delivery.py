"""Notifications from the outbox to their targets.

Each is claimed before it is sent and settled with its audit entry when the target has answered. What was claimed when a
worker died, or never answered, is sent again under the same id: at least once, which Slack and Teams may show as twice.
Never at quiet hours, never more often than a target allows: what exceeds its rate is folded into one digest, unless it
may have arrived by itself already.
A target that fails is left alone for a while and the rest of its parcels wait; the others go on. A worker waits for
none of them: what a slow one answers is settled when it does.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.channels.outcome import Delivered, Refused, TryLater, Unknown
from hubspot_sla.flows.context.channel_threads import MOST, Hours, Load, Report
from hubspot_sla.flows.reading import policy_versions
from hubspot_sla.flows.sending.channel_settings import Reachable, Unusable, resolved, said_in
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import audit, channel_health, notifications, rungs
from hubspot_sla.ledger.audit import Entry
from hubspot_sla.ledger.channel_health import Standing
from hubspot_sla.ledger.outbox import State, rung_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.channel_settings import Targets
    from hubspot_sla.ledger.outbox import OutboxItem

logger = logging.getLogger("hubspot_sla.outgoing")

MOST_A_ROUND = 100
NOTIFICATION = "notification"
UNUSABLE = "unusable"
"""In place of the fingerprint of an address, where there is none: any address deserves a try."""


def send(context: Context, known: Targets, run_id: str, stats: RunStats, hours: Hours | None = None) -> None:
    """One round: to each target what it may be told now. Never raises for what a target does."""
    couriers = context.couriers
    hear(context, stats)
    loads: list[Load] = []
    for name in notifications.targets_waiting(context.ledger.db):
        if name in couriers.out or len(couriers.out) + len(loads) >= MOST:
            continue
        load = _loaded(context, known, name, run_id, stats)
        loads += [] if load is None else [load]
    couriers.start(loads, hours)
    _settle_all(context, stats, couriers.patience_s, [load.target.name for load in loads])


def hear(context: Context, stats: RunStats | None = None) -> None:
    """Settle what couriers of earlier rounds have reported since; waits for none of them."""
    _settle_all(context, stats or RunStats(), 0.0)


def land(context: Context) -> None:
    """Wait for all who are out, and settle what they say."""
    _settle_all(context, RunStats(), None)


def _settle_all(context: Context, stats: RunStats, patience_s: float | None, of: Iterable[str] | None = None) -> None:
    for said in context.couriers.reports(patience_s, of):
        if isinstance(said, Report):
            _settle(context, said, said.run_id, stats)
        else:
            with context.ledger.transaction() as db:
                notifications.put_back(db, said.keys, reason=None, tried=said.lost)


def flush(context: Context, run_id: str, stats: RunStats) -> None:
    """One round to the targets that the mappings in force name; nothing where nothing waits."""
    if notifications.targets_waiting(context.ledger.db):
        policy_set = policy_versions.in_force(context.ledger.db, context.compiled)[-1].mappings.policy_set
        known = resolved(said_in(policy_set), context.settings.variables, context.settings.redactor)
        send(context, known, run_id, stats)


def shared_out(as_they_are: Sequence[str], singles: Sequence[str], room: int | None) -> tuple[list[str], list[str]]:
    """Which keys to send now, and which to fold into one digest that goes with them. `room`: how many notices the
    target may still get, None without a limit."""
    if room is None:
        return [*as_they_are, *singles], []
    left = room - len(as_they_are)
    if left <= 0:
        return list(as_they_are[: max(room, 0)]), []
    if len(singles) <= left:
        return [*as_they_are, *singles], []
    return [*as_they_are, *singles[: left - 1]], list(singles[left - 1 :])


def _loaded(context: Context, known: Targets, name: str, run_id: str, stats: RunStats) -> Load | None:
    """Claim what this target is to get now, if anything."""
    at, found = context.now(), known.get(name)
    with context.ledger.transaction() as db:
        standing = channel_health.load(db).get(name, Standing())
        if not isinstance(found, Reachable):
            _hold(db, name, found, run_id=run_id, at=at, stats=stats)
            return None
        if standing.gone == found.target.fingerprint:
            why = f"{name} is gone ({standing.reason}): give it another address"
            _refuse(db, name, why, run_id=run_id, at=at, stats=stats)
            return None
        if standing.again_at is not None and at < standing.again_at:
            return None
        if found.said.quiet is not None and found.said.quiet.holds_at(at):
            return None
        return Load(found.target, _claimed(db, found, run_id=run_id, at=at), run_id)


def _claimed(db: sqlite3.Connection, found: Reachable, *, run_id: str, at: int) -> list[tuple[OutboxItem, Notice]]:
    rate, name = found.said.at_most, found.said.name
    room = None if rate is None else rate.count - notifications.sent_since(db, name, at - rate.per_ms)
    now, folded = shared_out(*notifications.waiting_for(db, name), room)
    if folded:
        held = notifications.read(db, folded)
        digest = notifications.fold(db, name, folded, run_id=run_id, at=at)
        _record(db, [_entry(parcel, "held", digest=digest.key) for parcel in held], run_id=run_id, at=at)
        now.append(digest.key)
    claimed = notifications.claim(db, now[:MOST_A_ROUND])
    return [(parcel, _notice(db, parcel)) for parcel in claimed]


def _notice(db: sqlite3.Connection, parcel: OutboxItem) -> Notice:
    return Notice(parcel.key, tuple(Message.from_body(told.key, told.body) for told in _told(db, parcel)))


def _told(db: sqlite3.Connection, parcel: OutboxItem) -> list[OutboxItem]:
    """What a digest tells; anything else tells itself."""
    return notifications.read(db, notifications.members(parcel)) if notifications.is_digest(parcel) else [parcel]


def _hold(db: sqlite3.Connection, name: str, found: Unusable | None, *, run_id: str, at: int, stats: RunStats) -> None:
    """A target that the mappings no longer name is told nothing more; one that lacks its variable is, later."""
    if found is None:
        _refuse(db, name, f"escalations.yaml names no target {name}", run_id=run_id, at=at, stats=stats)
        return
    reason = str(found.problem)
    standing = channel_health.load(db).get(name)
    if standing is None or standing.reason != reason:
        logger.warning("target %s: %s - %s", name, reason, found.problem.remedy)
        channel_health.lost(db, name, UNUSABLE, reason, at=at)


def _refuse(db: sqlite3.Connection, name: str, reason: str, *, run_id: str, at: int, stats: RunStats) -> None:
    digests, singles = notifications.waiting_for(db, name)
    parcels = notifications.read(db, [*digests, *singles])
    for parcel in parcels:
        notifications.settle(db, parcel, State.REFUSED, reason=reason, at=None)
        _fail_rungs(db, parcel, reason)
    _record(db, [_entry(parcel, "refused", reason=reason) for parcel in parcels], run_id=run_id, at=at)
    logger.warning("target %s: %d refused, %s", name, len(parcels), reason)
    stats.notifications_refused += len(parcels)


def _settle(context: Context, report: Report, run_id: str, stats: RunStats) -> None:
    at, name, parcel, outcome = context.now(), report.target.name, report.parcel, report.outcome
    with context.ledger.transaction() as db:
        if isinstance(outcome, Delivered):
            channel_health.recovered(db, name)
        elif not isinstance(outcome, Refused):
            asked_s = outcome.after_s if isinstance(outcome, TryLater) else None
            channel_health.failed(db, name, outcome.reason, at=at, asked_ms=int((asked_s or 0) * 1000))
            if parcel is not None:
                notifications.put_back(db, [parcel.key], reason=outcome.reason, tried=isinstance(outcome, Unknown))
        elif outcome.gone:
            channel_health.lost(db, name, report.target.fingerprint, outcome.reason, at=at)
        if parcel is not None and isinstance(outcome, Delivered | Refused):
            _end(db, parcel, outcome, run_id=run_id, at=at)
    if isinstance(outcome, Delivered):
        stats.notifications_sent += 1
    else:
        logger.warning("target %s: %s", name, outcome.reason)
        stats.notifications_refused += isinstance(outcome, Refused)


def _end(db: sqlite3.Connection, parcel: OutboxItem, outcome: Delivered | Refused, *, run_id: str, at: int) -> None:
    taken = isinstance(outcome, Delivered)
    why = outcome.remark if isinstance(outcome, Delivered) else outcome.reason
    state = State.CONFIRMED if taken else State.REFUSED
    notifications.settle(db, parcel, state, reason=why or None, at=at if taken else None)
    if not taken:
        _fail_rungs(db, parcel, why)
    told = {"reason": why} if why else {}
    _record(db, [_entry(parcel, "delivered" if taken else "refused", **told)], run_id=run_id, at=at)


def _fail_rungs(db: sqlite3.Connection, parcel: OutboxItem, reason: str) -> None:
    """What asked for it shows as failed; whatever else it asked for, and the next rung, go their own way."""
    for told in _told(db, parcel):
        rungs.failed(db, rung_of(told), f"{told.target} was not told: {reason}")


def _entry(parcel: OutboxItem, outcome: str, **more: str) -> Entry:
    told: Mapping[str, object] = {**parcel.body, "key": parcel.key, "target": parcel.target, "outcome": outcome}
    return Entry(NOTIFICATION, {**told, **more}, parcel.ticket_id or None)


def _record(db: sqlite3.Connection, entries: Sequence[Entry], *, run_id: str, at: int) -> None:
    audit.append(db, at=at, run_id=run_id, entries=entries)
