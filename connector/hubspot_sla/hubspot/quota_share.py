"""Which part of HubSpot's quota is ours. The portal's other apps live on what we leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST: Final = 8
"""Requests at once: enough to reach HubSpot's burst at 300 ms a round trip, with room to spare."""


@dataclass(frozen=True, slots=True)
class Share:
    """`burst` is the part of the requests that HubSpot allows in ten seconds, `searches_per_s` how many of its five
    searches, `calls_a_day` how many calls of a portal's day (None: as many as there are), `in_flight` how many
    requests at once."""

    burst: float = 0.8
    searches_per_s: int = 3
    calls_a_day: int | None = None
    in_flight: int = MOST
