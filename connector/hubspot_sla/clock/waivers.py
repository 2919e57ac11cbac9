"""Waivers as facts: who excused what, since when, until when, and whom it concerns. `excuses.py` applies them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubspot_sla.clock.promise import Clock


@dataclass(frozen=True, slots=True)
class Waiver:
    """Granted at `at` by `by`: lateness is excused, of one metric or clock or (None) of all, until `expires_at` where
    that is said; from `revoked_at` on it is as if it had never been. `since` and `until` limit it to lateness that
    began in [since, until).
    """

    at: int
    why: str
    metric: str | None = None
    expires_at: int | None = None
    revoked_at: int | None = None
    since: int | None = None
    until: int | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class StoppedInterval:
    """A waiver that excuses nothing: the clocks that it concerns stand still in [since, until). The rest is as for
    `Waiver`."""

    at: int
    why: str
    since: int
    until: int
    metric: str | None = None
    revoked_at: int | None = None
    by: str = ""


def concerns(waiver: Waiver | StoppedInterval, clock: Clock) -> bool:
    """Whether it was granted for this clock, by its metric or its key."""
    return waiver.metric is None or waiver.metric in (clock.metric, clock.key)


def is_in_force(waiver: Waiver | StoppedInterval, now: int) -> bool:
    """Granted, and not revoked."""
    return waiver.at <= now and (waiver.revoked_at is None or now < waiver.revoked_at)


def stopped_by(stops: Iterable[StoppedInterval], now: int) -> tuple[StoppedInterval, ...]:
    """Those that are in force at `now`."""
    return tuple(stop for stop in stops if is_in_force(stop, now))
