"""How lengths of time and instants are written for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo


def length(ms: int) -> str:
    """`1h30m`, `45s`, `0s`."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def local(at: int | None, zone: tzinfo) -> str:
    """`Mon 2026-11-23 10:00 CET`."""
    if at is None:
        return "never"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")
