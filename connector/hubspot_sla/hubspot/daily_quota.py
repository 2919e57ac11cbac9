"""The portal's day: how many calls were made in it, how many there may be, and whether HubSpot has had enough.

HubSpot counts calls by the day of the account, midnight to midnight in its own time zone. A day that is over by our own
budget or by HubSpot's word (429 DAILY) stays over: until midnight no call is made. The count outlives the process
(`spent`), so a worker that is started again does not begin the day anew. Safe to use from several threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hubspot_sla.errors import DailyLimitReached
from hubspot_sla.hubspot import wire_time

if TYPE_CHECKING:
    from collections.abc import Callable

UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Spent:
    """What is known of one day of the portal: `ends_at` (epoch ms), the calls made in it, and whether HubSpot itself
    said that there will be no more of them."""

    ends_at: int = 0
    calls: int = 0
    refused: bool = False


class Day:
    """Counts calls. `zone` is the portal's time zone as an IANA name; one that is unknown here counts as UTC."""

    def __init__(
        self, now_ms: Callable[[], int], *, zone: str = UTC, budget: int | None = None, spent: Spent | None = None
    ) -> None:
        self._now_ms = now_ms
        self._zone = _known(zone)
        self._budget = budget
        self._spent = spent or Spent()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Count a call that is about to be made. Raises DailyLimitReached when there may be no more today."""
        with self._lock:
            today = self._today()
            if over := self._refusal(today):
                raise over
            self._spent = Spent(today.ends_at, today.calls + 1)

    def refuse(self) -> None:
        """HubSpot has said so: nothing more until midnight."""
        with self._lock:
            today = self._today()
            self._spent = Spent(today.ends_at, today.calls, refused=True)

    @property
    def matters(self) -> bool:
        """Whether anything depends on the count: a budget of ours, or HubSpot's word."""
        return self._budget is not None or self._spent.refused

    @property
    def spent(self) -> Spent:
        """The day so far, to be kept for the next process."""
        with self._lock:
            return self._today()

    @property
    def over(self) -> DailyLimitReached | None:
        """Why no call may be made today; None while they may."""
        with self._lock:
            return self._refusal(self._today())

    def _refusal(self, today: Spent) -> DailyLimitReached | None:
        if today.refused:
            return self._ended("HubSpot's daily quota of this portal is used up", today)
        if self._budget is not None and today.calls >= self._budget:
            return self._ended(f"our own budget of {self._budget:,} HubSpot calls a day is used up", today)
        return None

    def _today(self) -> Spent:
        now = self._now_ms()
        return self._spent if now < self._spent.ends_at else Spent(self._midnight_after(now))

    def _midnight_after(self, now_ms: int) -> int:
        here = datetime.fromtimestamp(now_ms / 1000, self._zone)
        midnight = datetime.combine(here.date() + timedelta(days=1), time(), self._zone)
        return int(midnight.timestamp() * 1000)

    def _ended(self, what: str, today: Spent) -> DailyLimitReached:
        until = datetime.fromtimestamp(today.ends_at / 1000, self._zone)
        return DailyLimitReached(
            f"{what}; it comes back at {wire_time.to_wire(today.ends_at)}, {until:%H:%M} in the portal's time zone",
            remedy="run again then: what was recorded until now stands",
        )


def _known(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone or UTC)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(UTC)
