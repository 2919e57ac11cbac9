"""Instants as HubSpot writes them, to and from whole milliseconds since 1970 (UTC).

HubSpot sends ISO 8601 with and without a fraction (zero milliseconds are dropped), epoch milliseconds as
a string, a bare date for `date` properties (midnight UTC), and the empty string or null for "not set".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from hubspot_sla.plan.instant_text import wire

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DATE_LENGTH: Final = len("2026-10-05")
_DAY_MS: Final = 86_400_000
EARLIEST_MS: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)
LATEST_MS: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=8192)
def parse(text: str | None) -> int | None:
    """Milliseconds since 1970, or None for null and the empty string. Raises ValueError naming the value. Many values
    of one record have the same instant."""
    if not text:
        return None
    if text.isascii() and text.removeprefix("-").isdigit():
        return _epoch_ms(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _malformed(text) from None
    if moment.tzinfo is None:
        if len(text) != _DATE_LENGTH:
            raise _malformed(text)
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return since.days * _DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def to_wire(at_ms: int) -> str:
    """`2026-10-05T13:00:00Z`; the fraction is written only when it is not zero."""
    return wire(at_ms)


def _epoch_ms(text: str) -> int:
    if len(text) <= len(str(EARLIEST_MS)) and EARLIEST_MS <= (at_ms := int(text)) <= LATEST_MS:
        return at_ms
    raise _malformed(text)


def _malformed(text: str) -> ValueError:
    return ValueError(f"not an instant: {text!r}")
