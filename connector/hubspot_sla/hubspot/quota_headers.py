"""How much of HubSpot's quotas is left, as the headers of its answers tell; they are not on every answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """`daily` requests of the whole account and how many are left; `burst` requests of this app in ten seconds.

    None where HubSpot has not said: OAuth tokens are told nothing of the day, searches nothing of the burst.
    """

    daily: int | None = None
    daily_left: int | None = None
    burst: int | None = None
    burst_left: int | None = None

    def and_then(self, headers: Mapping[str, str]) -> Quota:
        """With what another answer tells; what it does not mention stays."""
        daily, daily_left = _told(headers, "Daily"), _told(headers, "Daily-Remaining")
        burst, burst_left = _told(headers, "Max"), _told(headers, "Remaining")
        if daily is None and burst is None:
            return self
        day = (daily, daily_left) if daily is not None else (self.daily, self.daily_left)
        ten_seconds = (burst, burst_left) if burst is not None else (self.burst, self.burst_left)
        return Quota(*day, *ten_seconds)


def _told(headers: Mapping[str, str], name: str) -> int | None:
    header = headers.get(f"X-HubSpot-RateLimit-{name}")
    return int(header) if header is not None and header.isascii() and header.isdigit() else None
