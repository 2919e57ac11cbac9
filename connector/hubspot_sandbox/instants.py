"""Instants as they travel: ISO 8601 in UTC out, ISO or epoch milliseconds in.

HubSpot drops the fraction when the milliseconds are zero (`2026-10-05T13:00:00Z`).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_MS = re.compile(r"-?\d+")
_MILLISECOND = timedelta(milliseconds=1)


def to_wire(ms: int) -> str:
    """The instant `ms` (epoch milliseconds) as HubSpot writes it."""
    instant = _EPOCH + timedelta(milliseconds=ms)
    precision = "milliseconds" if ms % 1000 else "seconds"
    return instant.isoformat(timespec=precision).removesuffix("+00:00") + "Z"


def parse_instant(value: str | int | float) -> int:
    """Epoch milliseconds of an ISO instant or of epoch milliseconds as text or number.

    An ISO value without a zone is UTC; one without a time is midnight. Raises ValueError for anything else.
    """
    text = str(int(value)) if isinstance(value, float) else str(value).strip()
    if _EPOCH_MS.fullmatch(text):
        to_wire(int(text))  # refuses what no calendar can show
        return int(text)
    return to_ms(datetime.fromisoformat(text))


def to_ms(instant: datetime) -> int:
    """Epoch milliseconds of `instant`; a naive one is taken as UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MILLISECOND


def to_instant(ms: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=ms)


def http_date(ms: int) -> str:
    """The `Date` header of an instant (RFC 9110: whole seconds, truncated)."""
    return format_datetime(to_instant(ms - ms % 1000), usegmt=True)
