"""How much of HubSpot's quotas is left, by the headers of its responses; not every response has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Quota:
    """`daily` requests of the whole account and how many are left; `burst` requests of this app in ten seconds.

    None where HubSpot has not said: responses to OAuth tokens lack the day, responses to searches the burst.
    """

    daily: int | None = None
    daily_left: int | None = None
    burst: int | None = None
    burst_left: int | None = None

    def and_then(self, headers: Mapping[str, str]) -> Quota:
        """Updated by another response; what it does not mention stays."""
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
