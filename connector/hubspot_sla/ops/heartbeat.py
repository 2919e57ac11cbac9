"""A ping to a URL when the work was done, so that silence raises an alarm there.

At most once a minute, from a thread of its own: a service that hangs delays nothing, one that is down costs a warning.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubspot_sla.bounded_http import Bounds

logger = logging.getLogger("hubspot_sla.heartbeat")

AT_MOST_EVERY_S: Final = 60.0
TIMEOUT_S: Final = 5.0
DEADLINE_S: Final = 10.0
"""The total time of one ping."""


class Heartbeat:
    """Pings `url`, which is a secret and is shown to nobody. `bounds` limits each ping."""

    def __init__(
        self, url: str, *, monotonic: Callable[[], float] = time.monotonic, bounds: Bounds | None = None
    ) -> None:
        self._url = url
        self._bounds = bounds
        self._monotonic = monotonic
        self._last_s: float | None = None
        self._going: threading.Thread | None = None

    def __repr__(self) -> str:
        return "Heartbeat(…)"

    def beat(self) -> bool:
        """Ping, unless that was done within the last minute or is still going on; whether a ping was begun."""
        now_s = self._monotonic()
        if self._last_s is not None and now_s - self._last_s < AT_MOST_EVERY_S:
            return False
        if self._going is not None and self._going.is_alive():
            return False
        self._last_s = now_s
        self._going = threading.Thread(target=self._ping, name="heartbeat", daemon=True)
        self._going.start()
        return True

    def finish(self, timeout_s: float = TIMEOUT_S) -> None:
        """Wait for a ping under way."""
        if self._going is not None:
            self._going.join(timeout_s)

    def _ping(self) -> None:
        from hubspot_sla.bounded_http import Bounds, exchange_for_head, session

        try:
            with session() as within:
                bounds = self._bounds or Bounds(DEADLINE_S)
                response = exchange_for_head(within, "GET", self._url, 0, bounds, timeout=TIMEOUT_S)
        except Exception as error:  # noqa: BLE001 - requests lets some errors of urllib3 and of encodings through
            # The error's own text quotes the URL.
            logger.warning("the heartbeat did not get through: %s", type(error).__name__)
            return
        if response.status >= 400:
            logger.warning("the heartbeat was answered with %s", response.status)
