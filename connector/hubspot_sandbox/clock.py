"""The sandbox's own time: starts at an instant, runs on with real time, and can be set, moved and frozen."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import TYPE_CHECKING

from hubspot_sandbox.instants import to_instant, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable

_MS_PER_S = 1000


class VirtualClock:
    """`start` must be aware; it is kept in whole milliseconds. Safe to use from several threads."""

    def __init__(
        self, start: datetime, *, monotonic: Callable[[], float] = time.monotonic, frozen: bool = False
    ) -> None:
        self._monotonic = monotonic
        self._lock = RLock()
        self._frozen = frozen
        self._anchor(_whole_ms(start))

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        with self._lock:
            if self._frozen:
                return self._at_ms
            return self._at_ms + int((self._monotonic() - self._since_s) * _MS_PER_S)

    def now(self) -> datetime:
        """The same instant, aware, in UTC."""
        return to_instant(self.now_ms())

    def set(self, instant: datetime) -> None:
        """Go to `instant`, forwards or backwards."""
        with self._lock:
            self._anchor(_whole_ms(instant))

    def advance(self, by: timedelta) -> None:
        """Go `by` further than now; negative goes back."""
        with self._lock:
            self._anchor(self.now_ms() + by // timedelta(milliseconds=1))

    @property
    def frozen(self) -> bool:
        """Whether time stands still between moves."""
        return self._frozen

    def freeze(self) -> None:
        """Stand still from now on."""
        self._stand(still=True)

    def thaw(self) -> None:
        """Run on with real time."""
        self._stand(still=False)

    def _stand(self, *, still: bool) -> None:
        with self._lock:
            self._anchor(self.now_ms())
            self._frozen = still

    def _anchor(self, at_ms: int) -> None:
        self._at_ms = at_ms
        self._since_s = self._monotonic()


def _whole_ms(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return to_ms(instant.astimezone(UTC))
