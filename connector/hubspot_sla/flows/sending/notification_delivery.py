"""Notifications from the outbox to their channels.

Each is claimed before it is sent, and settled with its audit entry when the channel has answered. What was claimed when
a worker died, or was never answered, is sent again under the same id: at least once. Slack and Teams may show it twice.
Nothing is sent in quiet hours, nor more often than a channel allows: what exceeds its rate is folded into one digest,
unless it may have arrived by itself already.
A channel that fails is left alone for a while and the rest of its notices wait; the others go on. A worker waits for
none of them: the answer of a slow one is settled when it comes.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from hubspot_sla.channels.message import Message, Notice
from hubspot_sla.channels.outcome import Delivered, Refused, TryLater, Unknown
from hubspot_sla.errors import WrongInput
from hubspot_sla.flows.context import versions_in_force
from hubspot_sla.flows.context.channel_threads import MOST, ChannelBatch, Report, RoundLimits
from hubspot_sla.flows.judging.audit_entries import of_item
from hubspot_sla.flows.sending import report_letter
from hubspot_sla.flows.sending.channel_settings import UnusableChannel, UsableChannel, declared_in, resolve
from hubspot_sla.flows.sending.commit import RunStats
from hubspot_sla.ledger import audit, channel_health, notifications, rungs
from hubspot_sla.ledger.channel_health import Standing
from hubspot_sla.ledger.outbox import NO_RECORD, State, rung_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from hubspot_sla.flows.context.context import Context
    from hubspot_sla.flows.sending.channel_settings import ResolvedChannels
    from hubspot_sla.ledger.audit import Entry
    from hubspot_sla.ledger.outbox import OutboxItem

logger = logging.getLogger("hubspot_sla.outgoing")

MOST_A_ROUND = 100
NOTIFICATION = "notification"
UNUSABLE = "unusable"
"""In place of the fingerprint of an address, where there is none: any address deserves a try."""


def send(
    context: Context, channels: ResolvedChannels, run_id: str, stats: RunStats, limits: RoundLimits | None = None
) -> None:
    """One round: to each channel what it may get now. Never raises for what a channel does."""
    threads = context.channel_threads
    settle_reported(context, stats)
    batches: list[ChannelBatch] = []
    for name in notifications.targets_waiting(context.ledger.db, context.only_of(run_id)):
        if name in threads.busy or len(threads.busy) + len(batches) >= MOST:
            continue
        batch = _batch(context, channels, name, run_id, stats)
        batches += [] if batch is None else [batch]
    threads.start(batches, limits)
    _settle_reports(context, stats, threads.patience_s, [batch.channel.name for batch in batches])


def settle_reported(context: Context, stats: RunStats | None = None) -> None:
    """Settle what the threads of earlier rounds have reported since; waits for none of them."""
    _settle_reports(context, stats or RunStats(), 0.0)


def settle_all(context: Context) -> None:
    """Wait for all threads, and settle what they report."""
    _settle_reports(context, RunStats(), None)


def _settle_reports(
    context: Context, stats: RunStats, patience_s: float | None, of: Iterable[str] | None = None
) -> None:
    for report in context.channel_threads.reports(patience_s, of):
        if isinstance(report, Report):
            _settle(context, report, report.run_id, stats)
        else:
            with context.ledger.transaction() as db:
                notifications.put_back(db, report.keys, reason=None, tried=report.given_up)


def flush(context: Context, run_id: str, stats: RunStats) -> None:
    """One round to the channels that the mappings in force name; nothing where nothing waits."""
    if notifications.targets_waiting(context.ledger.db, context.only_of(run_id)):
        mappings = versions_in_force.in_force(context.ledger.db, context.compiled)[-1].mappings
        settings, declared = context.settings, declared_in(mappings.policy_set)
        channels = resolve(declared, settings.variables, settings.redactor, mappings.portal.language)
        send(context, channels, run_id, stats)


def shared_out(as_they_are: Sequence[str], singles: Sequence[str], room: int | None) -> tuple[list[str], list[str]]:
    """Which keys to send now, and which to fold into one digest that goes with them. `room`: how many notices the
    channel may still get, None without a limit."""
    if room is None:
        return [*as_they_are, *singles], []
    left = room - len(as_they_are)
    if left <= 0:
        return list(as_they_are[: max(room, 0)]), []
    if len(singles) <= left:
        return [*as_they_are, *singles], []
    return [*as_they_are, *singles[: left - 1]], list(singles[left - 1 :])


def _batch(
    context: Context, channels: ResolvedChannels, name: str, run_id: str, stats: RunStats
) -> ChannelBatch | None:
    """Claim what this channel is to get now, if anything."""
    at, channel = context.now(), channels.get(name)
    with context.ledger.transaction() as db:
        standing = channel_health.load(db).get(name, Standing())
        if not isinstance(channel, UsableChannel):
            _hold(db, name, channel, run_id=run_id, at=at, stats=stats)
            return None
        if standing.gone == channel.resolved.fingerprint:
            why = f"{name} is gone ({standing.reason}): give it another address"
            _refuse(db, name, why, run_id=run_id, at=at, stats=stats)
            return None
        if standing.again_at is not None and at < standing.again_at:
            return None
        if channel.declared.quiet is not None and channel.declared.quiet.holds_at(at):
            return None
        items = _claimed(db, channel, run_id=run_id, at=at, only_of=context.only_of(run_id))
    return ChannelBatch(channel.resolved, list(_notices(context, items, run_id, stats)), run_id)


def _claimed(
    db: sqlite3.Connection, channel: UsableChannel, *, run_id: str, at: int, only_of: str | None
) -> list[OutboxItem]:
    rate, name = channel.declared.at_most, channel.declared.name
    room = None if rate is None else rate.count - notifications.sent_since(db, name, at - rate.per_ms)
    now, folded = shared_out(*notifications.waiting_for(db, name, only_of), room)
    if folded:
        members = notifications.read(db, folded)
        digest = notifications.fold(db, name, folded, run_id=run_id, at=at)
        _record(db, [_entry(item, "held", digest=digest.key) for item in members], run_id=run_id, at=at)
        now.append(digest.key)
    return notifications.claim(db, now[:MOST_A_ROUND])


def _notices(
    context: Context, items: Iterable[OutboxItem], run_id: str, stats: RunStats
) -> Iterator[tuple[OutboxItem, Notice]]:
    """What each says. A report is made now, by what the ledger holds now; one that cannot be made is refused."""
    for item in items:
        if not notifications.is_report(item):
            yield item, _notice(context.ledger.db, item)
            continue
        try:
            yield item, report_letter.notice_of(context, item)
        except WrongInput as problem:
            logger.warning("report %s: %s", item.key, problem)
            with context.ledger.transaction() as db:
                _end(db, item, Refused(str(problem)), run_id=run_id, at=context.now())
            stats.notifications_refused += 1


def _notice(db: sqlite3.Connection, item: OutboxItem) -> Notice:
    return Notice(item.key, tuple(Message.from_body(single.key, single.body) for single in _singles(db, item)))


def _singles(db: sqlite3.Connection, item: OutboxItem) -> list[OutboxItem]:
    """The members of a digest; any other item is its own only member."""
    return notifications.read(db, notifications.members(item)) if notifications.is_digest(item) else [item]


def _hold(
    db: sqlite3.Connection, name: str, channel: UnusableChannel | None, *, run_id: str, at: int, stats: RunStats
) -> None:
    """A channel that the mappings no longer name gets nothing more; one that lacks its variable gets it later."""
    if channel is None:
        _refuse(db, name, f"escalations.yaml names no channel {name}", run_id=run_id, at=at, stats=stats)
        return
    reason = str(channel.problem)
    standing = channel_health.load(db).get(name)
    if standing is None or standing.reason != reason:
        logger.warning("channel %s: %s - %s", name, reason, channel.problem.remedy)
        channel_health.lost(db, name, UNUSABLE, reason, at=at)


def _refuse(db: sqlite3.Connection, name: str, reason: str, *, run_id: str, at: int, stats: RunStats) -> None:
    digests, singles = notifications.waiting_for(db, name)
    items = notifications.read(db, [*digests, *singles])
    for item in items:
        notifications.settle(db, item, State.REFUSED, reason=reason, at=None)
        _fail_rungs(db, item, reason)
    _record(db, [_entry(item, "refused", reason=reason) for item in items], run_id=run_id, at=at)
    logger.warning("channel %s: %d refused, %s", name, len(items), reason)
    stats.notifications_refused += len(items)


def _settle(context: Context, report: Report, run_id: str, stats: RunStats) -> None:
    at, name, item, outcome = context.now(), report.channel.name, report.item, report.outcome
    with context.ledger.transaction() as db:
        if isinstance(outcome, Delivered):
            channel_health.recovered(db, name)
        elif not isinstance(outcome, Refused):
            asked_s = outcome.after_s if isinstance(outcome, TryLater) else None
            channel_health.failed(db, name, outcome.reason, at=at, asked_ms=int((asked_s or 0) * 1000))
            if item is not None:
                notifications.put_back(db, [item.key], reason=outcome.reason, tried=isinstance(outcome, Unknown))
        elif outcome.gone:
            channel_health.lost(db, name, report.channel.fingerprint, outcome.reason, at=at)
        if item is not None and isinstance(outcome, Delivered | Refused):
            _end(db, item, outcome, run_id=run_id, at=at)
    if isinstance(outcome, Delivered):
        stats.notifications_sent += 1
    else:
        logger.warning("channel %s: %s", name, outcome.reason)
        stats.notifications_refused += isinstance(outcome, Refused)


def _end(db: sqlite3.Connection, item: OutboxItem, outcome: Delivered | Refused, *, run_id: str, at: int) -> None:
    delivered = isinstance(outcome, Delivered)
    why = outcome.remark if isinstance(outcome, Delivered) else outcome.reason
    state = State.CONFIRMED if delivered else State.REFUSED
    notifications.settle(db, item, state, reason=why or None, at=at if delivered else None)
    if not delivered:
        _fail_rungs(db, item, why)
    more = {"reason": why} if why else {}
    _record(db, [_entry(item, "delivered" if delivered else "refused", **more)], run_id=run_id, at=at)


def _fail_rungs(db: sqlite3.Connection, item: OutboxItem, reason: str) -> None:
    """The rung that asked for it shows as failed; its other actions, and the next rung, are not affected."""
    for single in _singles(db, item):
        rungs.failed(db, rung_of(single), f"{single.channel} was not notified: {reason}")


def _entry(item: OutboxItem, outcome: str, **more: str) -> Entry:
    entry = of_item(NOTIFICATION, item, channel=item.channel, outcome=outcome, **more)
    return entry if item.record != NO_RECORD else replace(entry, record=None)


def _record(db: sqlite3.Connection, entries: Sequence[Entry], *, run_id: str, at: int) -> None:
    audit.append(db, at=at, run_id=run_id, entries=entries)
