"""Notices carried to their targets, each target by a thread of its own: a dead one stalls none of the others.

The threads know nothing of the ledger. What they report is settled by whoever reads the reports, as they come.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from hubspot_sla.errors import UsageProblem
from hubspot_sla.notify.outcome import Outcome, Refused, TryLater, Unknown
from hubspot_sla.notify.senders import sender_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubspot_sla.ledger.outbox import Parcel
    from hubspot_sla.notify.message import Notice
    from hubspot_sla.notify.outcome import Sender
    from hubspot_sla.notify.target import Target


@dataclass(frozen=True, slots=True)
class Load:
    """What one target is to get in this round, in this order."""

    target: Target
    parcels: Sequence[tuple[Parcel, Notice]]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one parcel; without one, of the target: its courier did not come back."""

    target: Target
    parcel: Parcel | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Hours:
    """How long a round may take: no notice is begun after `round_s`, none is waited for after `grace_s` more.

    A sender's own timeouts end well within the grace; what does not, dribbles its answer.
    """

    round_s: float = 10.0
    grace_s: float = 15.0


MOST: Final = 32
"""Targets served in one round; the others have their turn in the next."""


def carry(
    loads: Sequence[Load], hours: Hours | None = None, *, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[Report]:
    """Send all loads at the same time; reports as they come in. A target that fails gets nothing more."""
    hours = hours or Hours()
    last_start = monotonic() + hours.round_s
    reports: SimpleQueue[Report | Target] = SimpleQueue()
    out = {load.target.name: load.target for load in loads[:MOST]}
    for load in loads[:MOST]:
        # Daemons: one that hangs must not keep the worker from ending.
        courier = threading.Thread(target=_carry, args=(load, reports, last_start, monotonic), daemon=True)
        courier.start()
    while out:
        try:
            report = reports.get(timeout=max(0.0, last_start + hours.grace_s - monotonic()))
        except Empty:
            break
        if isinstance(report, Report):
            yield report
        else:
            del out[report.name]
    for target in out.values():
        yield Report(target, None, Unknown(f"it was still answering after {hours.round_s + hours.grace_s:.0f} s"))


def _carry(
    load: Load, reports: SimpleQueue[Report | Target], last_start: float, monotonic: Callable[[], float]
) -> None:
    try:
        sender = sender_for(load.target)
    except UsageProblem as problem:
        for parcel, _ in load.parcels:
            reports.put(Report(load.target, parcel, Refused(str(problem))))
        reports.put(load.target)
        return
    for parcel, notice in load.parcels:
        if monotonic() >= last_start:
            break
        outcome = _sent(sender, notice)
        reports.put(Report(load.target, parcel, outcome))
        if isinstance(outcome, TryLater | Unknown) or (isinstance(outcome, Refused) and outcome.gone):
            break
    sender.close()
    reports.put(load.target)


def _sent(sender: Sender, notice: Notice) -> Outcome:
    try:
        return sender.send(notice)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not take the notices of other targets with it
        return TryLater(f"{type(error).__name__} while it was sent")
