"""HubSpot's rate limits: a rolling ten seconds per token, five searches a second per account, a count per day.

They run on real time, whatever the virtual clock says: a client that is too fast is too fast in real seconds.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals

if TYPE_CHECKING:
    from collections.abc import Callable

BURST_SPAN_S = 10.0
SEARCH_SPAN_S = 1.0
_SECONDLY = 19  # "deprecated", and still sent
_EXEMPT = frozenset({"search", "associations"})


@dataclass(slots=True)
class RollingWindow:
    """At most `limit` passes in any `span_s` seconds. What is refused is not counted."""

    limit: int
    span_s: float
    monotonic: Callable[[], float]
    _passed: deque[float] = field(default_factory=deque)

    def admit(self) -> bool:
        """Let one pass, if there is room."""
        if self.remaining <= 0:
            return False
        self._passed.append(self.monotonic())
        return True

    @property
    def remaining(self) -> int:
        """How many more may pass now."""
        horizon = self.monotonic() - self.span_s
        while self._passed and self._passed[0] <= horizon:
            self._passed.popleft()
        return self.limit - len(self._passed)


class Limits:
    """The limits of one account. With `enforce` off nobody is refused, and the headers still count."""

    def __init__(
        self,
        *,
        burst: int = 190,
        searches: int = 5,
        daily: int = 625_000,
        enforce: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.enforce = enforce
        self._burst = burst
        self._daily = daily
        self._used_today = 0
        self._monotonic = monotonic
        self._searches = RollingWindow(searches, SEARCH_SPAN_S, monotonic)
        self._by_token: dict[str, RollingWindow] = {}

    def take(self, token: str, kind: str, portal_id: int) -> None:
        """Count a request of a route kind. Raises `Refused` 429."""
        self._used_today += 1
        if kind == "search":
            self._pass(self._searches, refusals.too_many_searches())
        elif kind not in _EXEMPT:
            self._pass(self._window(token), refusals.too_many_in_ten_seconds(portal_id))

    def usage(self) -> tuple[int, int]:
        """Requests counted today, and how many there may be."""
        return self._used_today, self._daily

    def headers(self, token: str, kind: str) -> dict[str, str]:
        """What an answer of that kind tells: searches and associations tell of the day only."""
        daily = {
            "X-HubSpot-RateLimit-Daily": str(self._daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self._daily - self._used_today)),
        }
        if kind in _EXEMPT:
            return daily
        remaining = max(0, self._window(token).remaining)
        return daily | {
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(BURST_SPAN_S * 1000)),
            "X-HubSpot-RateLimit-Max": str(self._burst),
            "X-HubSpot-RateLimit-Remaining": str(remaining),
            "X-HubSpot-RateLimit-Secondly": str(_SECONDLY),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(min(_SECONDLY, remaining)),
        }

    def _pass(self, window: RollingWindow, refusal: refusals.Refused) -> None:
        if not window.admit() and self.enforce:
            raise refusal

    def _window(self, token: str) -> RollingWindow:
        if token not in self._by_token:
            self._by_token[token] = RollingWindow(self._burst, BURST_SPAN_S, self._monotonic)
        return self._by_token[token]
