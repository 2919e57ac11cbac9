"""By how much HubSpot's clock is ahead of this machine's, learned from `Date` headers.

Promise: the estimate does not run ahead of HubSpot, so nothing is called late before it is. A `Date` is
cut to the whole second, so (Date - receive time) is a lower bound of the true offset and the greatest of
the recent ones is the best; (Date + 1 s - send time) is an upper bound, and an answer that proves the
estimate too high starts it anew. A `Date` outside the years 2000 to 2100 is no evidence of anything.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Final

_RECENT: Final = 32
_DATE_RESOLUTION_MS: Final = 1000
EARLIEST_MS: Final = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
LATEST_MS: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)


class ServerClock:
    """Offset in milliseconds to add to the local clock; what was assumed, or 0, until the first answer."""

    def __init__(self) -> None:
        self._lower_bounds_ms: deque[int] = deque(maxlen=_RECENT)
        self.offset_ms = 0

    def assume(self, offset_ms: int, *, local_ms: int) -> None:
        """The offset to go by until HubSpot has answered. One that no portal's clock can have is forgotten."""
        if not self._lower_bounds_ms and EARLIEST_MS <= local_ms + offset_ms < LATEST_MS:
            self.offset_ms = offset_ms

    def observe(self, date: str | None, *, sent_ms: int, received_ms: int) -> bool:
        """Learn from one answer: its `Date` header, and the local times of sending and receiving. False where the
        header says nothing."""
        date_ms = _date_ms(date)
        if date_ms is None:
            return False
        if self._lower_bounds_ms and self.offset_ms > date_ms + _DATE_RESOLUTION_MS - sent_ms:
            self._lower_bounds_ms.clear()
        self._lower_bounds_ms.append(date_ms - received_ms)
        self.offset_ms = max(self._lower_bounds_ms)
        return True


def _date_ms(date: str | None) -> int | None:
    from email.utils import parsedate_to_datetime  # a command that asks nobody need not wait for it

    try:
        date_ms = round(parsedate_to_datetime(date).timestamp() * 1000) if date else None
    except (ValueError, OverflowError):
        return None
    return date_ms if date_ms is not None and EARLIEST_MS <= date_ms < LATEST_MS else None
