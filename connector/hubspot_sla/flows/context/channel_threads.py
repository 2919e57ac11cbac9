"""Notices sent to their channels, each channel by a thread of its own: a dead one stalls none of the others.

The threads know nothing of the ledger. The thread that owns the ledger reads their reports and settles them: a command
waits for all reports, a worker only for a moment, and reads those of slow channels later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from hubspot_sla.channels.outcome import Outcome, Refused, TryLater, Unknown
from hubspot_sla.channels.sender import sender_for
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.channels.channel import ResolvedChannel
    from hubspot_sla.channels.message import Notice
    from hubspot_sla.channels.sender import Sender
    from hubspot_sla.ledger.outbox import OutboxItem


@dataclass(frozen=True, slots=True)
class ChannelBatch:
    """What one channel is to get, in this order, and the run that sends it."""

    channel: ResolvedChannel
    notices: Sequence[tuple[OutboxItem, Notice]]
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one outbox item; without an item, of the channel: its thread did not end in time."""

    channel: ResolvedChannel
    item: OutboxItem | None
    outcome: Outcome
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A thread that has ended, and the keys that it did not report. `given_up`: it has not ended, and is not waited for
    any longer, so the channel may have got them."""

    keys: frozenset[str]
    given_up: bool


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """How long a round may take: no notice is begun after `start_within_s`, none is waited for after `grace_s` more.

    A sender's own deadline ends well within the grace.
    """

    start_within_s: float = 10.0
    grace_s: float = 15.0


MOST: Final = 32
"""Channels served at the same time; the others are served in the next round."""


@dataclass(eq=False, slots=True)
class _Running:
    batch: ChannelBatch
    give_up_at: float
    unreported: set[str] = field(default_factory=set)


class ChannelThreads:
    """The threads that are sending. `patience_s` is how long a round waits for them, None: until all have ended or are
    given up."""

    def __init__(self, patience_s: float | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.patience_s = patience_s
        self._monotonic = monotonic
        self._running: dict[str, _Running] = {}
        self._reports: SimpleQueue[tuple[_Running, Report | None]] = SimpleQueue()

    @property
    def busy(self) -> frozenset[str]:
        """The names of the channels that are being served."""
        return frozenset(self._running)

    def start(self, batches: Sequence[ChannelBatch], limits: RoundLimits | None = None) -> None:
        """Send each batch in a thread of its own; a channel gets nothing more of it after a notice that failed."""
        limits = limits or RoundLimits()
        last_start = self._monotonic() + limits.start_within_s
        for batch in batches:
            running = _Running(batch, last_start + limits.grace_s, {item.key for item, _ in batch.notices})
            self._running[batch.channel.name] = running
            # Daemons: one that hangs must not keep the worker from ending.
            threading.Thread(target=self._serve, args=(running, last_start), name="channel", daemon=True).start()

    def reports(self, patience_s: float | None, of: Iterable[str] | None = None) -> Iterator[Report | Finished]:
        """Their reports, as they come in, for so long at most, and no longer than until the threads `of` these channels
        have ended; without it, all."""
        end = None if patience_s is None else self._monotonic() + patience_s
        awaited = frozenset(self._running if of is None else of)
        while not awaited.isdisjoint(self._running):
            now = self._monotonic()
            until = min(running.give_up_at for running in self._running.values())
            try:
                wait_s = max(0.0, (until if end is None else min(until, end)) - now)
                running, report = self._reports.get(timeout=wait_s)
            except Empty:
                yield from self._given_up()
                if end is not None and self._monotonic() >= end:
                    return
                continue
            if self._running.get(running.batch.channel.name) is not running:
                continue  # given up before: what it had has been put back already
            if report is None:
                yield self._finished(running, given_up=False)
            else:
                running.unreported -= {report.item.key} if report.item else set()
                yield report

    def _given_up(self) -> Iterator[Report | Finished]:
        now = self._monotonic()
        for running in [running for running in self._running.values() if running.give_up_at <= now]:
            outcome = Unknown("it was still answering when it was given up")
            yield Report(running.batch.channel, None, outcome, running.batch.run_id)
            yield self._finished(running, given_up=True)

    def _finished(self, running: _Running, *, given_up: bool) -> Finished:
        del self._running[running.batch.channel.name]
        return Finished(frozenset(running.unreported), given_up)

    def _serve(self, running: _Running, last_start: float) -> None:
        for report in _sent(running.batch, lambda: self._monotonic() < last_start):
            self._reports.put((running, report))
        self._reports.put((running, None))


def _sent(batch: ChannelBatch, in_time: Callable[[], bool]) -> Iterator[Report]:
    try:
        sender = sender_for(batch.channel)
    except UsageProblem as problem:
        for item, _ in batch.notices:
            yield Report(batch.channel, item, Refused(str(problem)), batch.run_id)
        return
    for item, notice in batch.notices:
        if not in_time():
            break
        outcome = _outcome(sender, notice)
        yield Report(batch.channel, item, outcome, batch.run_id)
        if isinstance(outcome, TryLater | Unknown) or (isinstance(outcome, Refused) and outcome.gone):
            break
    sender.close()


def _outcome(sender: Sender, notice: Notice) -> Outcome:
    try:
        return sender.send(notice)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not take the notices of other channels with it
        return TryLater(f"{type(error).__name__} while it was sent")
