"""Notices carried to their targets, each target by a thread of its own: a dead one stalls none of the others.

The threads know nothing of the ledger. What they report is settled by whoever reads the reports, as they come: a
command waits for all of them, a worker only in passing, and hears of the slow ones later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from hubspot_sla.channels.channel_types import sender_for
from hubspot_sla.channels.outcome import Outcome, Refused, TryLater, Unknown
from hubspot_sla.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubspot_sla.channels.channel import Target
    from hubspot_sla.channels.message import Notice
    from hubspot_sla.channels.outcome import Sender
    from hubspot_sla.ledger.outbox import OutboxItem


@dataclass(frozen=True, slots=True)
class Load:
    """What one target is to get, in this order, and the run that has it sent."""

    target: Target
    parcels: Sequence[tuple[OutboxItem, Notice]]
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one parcel; without one, of the target: its courier did not come back."""

    target: Target
    parcel: OutboxItem | None
    outcome: Outcome
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Back:
    """A courier that is out no more, and the keys of what it did not report. `lost`: it did not come back itself, so
    the target may have got them."""

    keys: frozenset[str]
    lost: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """How long a courier may take: no notice is begun after `round_s`, none is waited for after `grace_s` more.

    A sender's own timeouts end well within the grace; what does not, dribbles its answer.
    """

    round_s: float = 10.0
    grace_s: float = 15.0


MOST: Final = 32
"""Targets served at the same time; the others have their turn in the next round."""


@dataclass(eq=False, slots=True)
class _Out:
    load: Load
    given_up_at: float
    left: set[str] = field(default_factory=set)


class ChannelThreads:
    """Those who are out. `patience_s` is how long a round waits for them, None: until all are back or given up."""

    def __init__(self, patience_s: float | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.patience_s = patience_s
        self._monotonic = monotonic
        self._out: dict[str, _Out] = {}
        self._said: SimpleQueue[tuple[_Out, Report | None]] = SimpleQueue()

    @property
    def out(self) -> frozenset[str]:
        """The names of the targets that are being served."""
        return frozenset(self._out)

    def start(self, loads: Sequence[Load], hours: Hours | None = None) -> None:
        """Send each load on its way; a target gets nothing more in it after one that failed."""
        hours = hours or Hours()
        last_start = self._monotonic() + hours.round_s
        for load in loads:
            out = _Out(load, last_start + hours.grace_s, {parcel.key for parcel, _ in load.parcels})
            self._out[load.target.name] = out
            # Daemons: one that hangs must not keep the worker from ending.
            threading.Thread(target=self._carry, args=(out, last_start), name="courier", daemon=True).start()

    def reports(self, patience_s: float | None, of: Iterable[str] | None = None) -> Iterator[Report | Back]:
        """What they say, as it comes in, for so long at most, and no longer than until those `of` these targets are
        back; without it, all."""
        end = None if patience_s is None else self._monotonic() + patience_s
        awaited = frozenset(self._out if of is None else of)
        while not awaited.isdisjoint(self._out):
            now = self._monotonic()
            until = min(out.given_up_at for out in self._out.values())
            try:
                out, report = self._said.get(timeout=max(0.0, (until if end is None else min(until, end)) - now))
            except Empty:
                yield from self._given_up()
                if end is not None and self._monotonic() >= end:
                    return
                continue
            if self._out.get(out.load.target.name) is not out:
                continue  # given up before: it has been put back already
            if report is None:
                yield self._back(out, lost=False)
            else:
                out.left -= {report.parcel.key} if report.parcel else set()
                yield report

    def _given_up(self) -> Iterator[Report | Back]:
        now = self._monotonic()
        for out in [out for out in self._out.values() if out.given_up_at <= now]:
            yield Report(out.load.target, None, Unknown("it was still answering when it was given up"), out.load.run_id)
            yield self._back(out, lost=True)

    def _back(self, out: _Out, *, lost: bool) -> Back:
        del self._out[out.load.target.name]
        return Back(frozenset(out.left), lost)

    def _carry(self, out: _Out, last_start: float) -> None:
        for report in _reports(out.load, lambda: self._monotonic() < last_start):
            self._said.put((out, report))
        self._said.put((out, None))


def _reports(load: Load, in_time: Callable[[], bool]) -> Iterator[Report]:
    try:
        sender = sender_for(load.target)
    except UsageProblem as problem:
        for parcel, _ in load.parcels:
            yield Report(load.target, parcel, Refused(str(problem)), load.run_id)
        return
    for parcel, notice in load.parcels:
        if not in_time():
            break
        outcome = _sent(sender, notice)
        yield Report(load.target, parcel, outcome, load.run_id)
        if isinstance(outcome, TryLater | Unknown) or (isinstance(outcome, Refused) and outcome.gone):
            break
    sender.close()


def _sent(sender: Sender, notice: Notice) -> Outcome:
    try:
        return sender.send(notice)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not take the notices of other targets with it
        return TryLater(f"{type(error).__name__} while it was sent")
