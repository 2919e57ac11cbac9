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

logger = logging.getLogger("hubspot_sla.heartbeat")

AT_MOST_EVERY_S: Final = 60.0
TIMEOUT_S: Final = 5.0


class Heartbeat:
    """Pings `url`, which is a secret and is told to nobody."""

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url = url
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
        import requests

        try:
            # Streamed: nobody reads the body, which may never end.
            with requests.get(self._url, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
                status = answer.status_code
        except Exception as error:  # noqa: BLE001 - requests lets some errors of urllib3 and of encodings through
            # The error's own text quotes the URL.
            logger.warning("the heartbeat did not get through: %s", type(error).__name__)
            return
        if status >= 400:
            logger.warning("the heartbeat was answered with %s", status)
