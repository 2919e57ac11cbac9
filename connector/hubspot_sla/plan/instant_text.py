"""Instants as text: ISO 8601 in UTC, as properties, plans and answers of commands hold them. One instant has one text,
so that what is there and what is wanted compare equal."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=8192)
def wire(at: int | None) -> str:
    """`2026-10-05T13:00:00Z`, with a fraction only where the milliseconds are not zero; "" clears. The instants of one
    record are asked for again and again, and so are those at which a calendar opens."""
    if at is None:
        return ""
    whole, ms = divmod(at, 1000)
    text = datetime.fromtimestamp(whole, UTC).isoformat()[:19]  # four times as fast as strftime
    return f"{text}.{ms:03d}Z" if ms else f"{text}Z"


def wire_of_many(at: int | None) -> str:
    """The same, for a million instants of which hardly two are equal but many lie in one minute."""
    if at is None:
        return ""
    minute, ms = divmod(at, 60_000)
    second, ms = divmod(ms, 1000)
    return f"{_minute(minute)}:{second:02d}.{ms:03d}Z" if ms else f"{_minute(minute)}:{second:02d}Z"


@lru_cache(maxsize=8192)
def _minute(number: int) -> str:
    """`2026-10-05T13:00`; `number` counts from the epoch."""
    return datetime.fromtimestamp(number * 60, UTC).isoformat()[:16]
