"""Places in HubSpot's request budgets. Nothing is sent without one.

Two budgets: the burst (so many requests in any ten seconds, per app) and the searches (five a second per
account, shared with every other app). Search and association endpoints are exempt from the burst; the
associations have no budget of their own. We take a share of each and leave the rest to others. A third, the day's,
is kept in `day.py` and asked first.
Safe to use from several threads: those that wait for one budget wait in a queue, so that a place that comes free
wakes one of them and not all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubspot_sla.hubspot.paths import Kind

# What most portals with Service Hub have (Professional and up), until the first answer says otherwise.
ASSUMED_BURST_MAX: Final = 190
BURST_INTERVAL_S: Final = 10.0
# A request counts when it reaches HubSpot, up to this much later than it left here.
_TRANSIT_S: Final = 1.0
_UNLIMITED: Final = 2**31
_SHORTEST_SLEEP_S: Final = 0.001  # a rounding error of a wait would not move the clock at all


@dataclass(slots=True)
class _Budget:
    """A rolling window: at most `capacity` sends in any `interval_s`, and none while the gate is shut."""

    capacity: int
    interval_s: float
    gate_opens_at_s: float = float("-inf")
    taken_by_others: int = 0
    others_until_s: float = float("-inf")
    queue: threading.Lock = field(default_factory=threading.Lock)
    _sent_s: deque[float] = field(default_factory=deque)

    def wait_s(self, now_s: float) -> float:
        """Seconds until a place is free: zero or less when there is one now."""
        shut_s = self.gate_opens_at_s - now_s
        used = self._in_last(self.interval_s, now_s)
        allowed = self._allowed(now_s)
        if used < allowed:
            return shut_s
        leaves_first = self._sent_s[-allowed]
        return max(shut_s, leaves_first + self.interval_s - now_s)

    def take(self, now_s: float) -> None:
        while self._sent_s and self._sent_s[0] <= now_s - self.interval_s - _TRANSIT_S:
            self._sent_s.popleft()
        self._sent_s.append(now_s)

    def saw_used(self, used: int, now_s: float) -> None:
        """HubSpot counts `used` requests in its window; what we did not send, another process did."""
        ours = self._in_last(self.interval_s + _TRANSIT_S, now_s)
        self.taken_by_others = max(0, used - ours)
        self.others_until_s = now_s + self.interval_s

    def _allowed(self, now_s: float) -> int:
        others = self.taken_by_others if now_s < self.others_until_s else 0
        return max(1, self.capacity - others)

    def _in_last(self, seconds: float, now_s: float) -> int:
        return sum(sent_s > now_s - seconds for sent_s in self._sent_s)


class Limits:
    """Hands out places, learns the size of the burst from answers, and shuts a kind's gate after a 429.

    `burst_share` is the part of HubSpot's maximum that we use; `searches_per_s` our part of its five.
    """

    def __init__(
        self,
        *,
        burst_share: float = 0.8,
        searches_per_s: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = burst_share
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._burst = _Budget(self._our_part(ASSUMED_BURST_MAX), BURST_INTERVAL_S)
        self._special: dict[Kind, _Budget] = {
            "search": _Budget(searches_per_s, 1.0),
            "associations": _Budget(_UNLIMITED, 0.0),
        }

    @property
    def burst_capacity(self) -> int:
        """Requests we allow ourselves in ten seconds."""
        return self._burst.capacity

    def acquire(self, kind: Kind) -> None:
        """Return when a request of this kind may be sent; sleeps until then."""
        with self._budget(kind).queue:
            while (wait_s := self._try(kind)) > 0:
                self._sleep(max(wait_s, _SHORTEST_SLEEP_S))

    def shut(self, kind: Kind, for_s: float) -> None:
        """No request from this kind's budget for so many seconds: HubSpot just answered 429."""
        with self._lock:
            budget = self._budget(kind)
            budget.gate_opens_at_s = max(budget.gate_opens_at_s, self._monotonic() + for_s)

    def shut_s(self, kind: Kind) -> float:
        """For how many seconds there will be no place for this kind at all; 0 where its gate is open."""
        with self._lock:
            return max(0.0, self._budget(kind).gate_opens_at_s - self._monotonic())

    def learn(self, kind: Kind, headers: Mapping[str, str]) -> None:
        """Take the size and use of the burst from an answer's headers; search answers carry none."""
        maximum = _whole(headers.get("X-HubSpot-RateLimit-Max"))
        if maximum is None or maximum <= 0 or kind in self._special:
            return
        remaining = _whole(headers.get("X-HubSpot-RateLimit-Remaining"))
        interval_ms = _whole(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
        with self._lock:
            self._burst.capacity = self._our_part(maximum)
            if interval_ms:
                self._burst.interval_s = interval_ms / 1000
            if remaining is not None:
                self._burst.saw_used(maximum - remaining, self._monotonic())

    def _try(self, kind: Kind) -> float:
        with self._lock:
            now_s = self._monotonic()
            budget = self._budget(kind)
            wait_s = budget.wait_s(now_s)
            if wait_s <= 0:
                budget.take(now_s)
            return wait_s

    def _budget(self, kind: Kind) -> _Budget:
        return self._special.get(kind, self._burst)

    def _our_part(self, maximum: int) -> int:
        return max(1, int(maximum * self._share))


def _whole(header: str | None) -> int | None:
    return int(header) if header is not None and header.isascii() and header.isdigit() else None
