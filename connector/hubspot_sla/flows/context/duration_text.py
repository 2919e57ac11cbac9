"""Lengths of time as people say them."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def span(ms: int) -> str:
    """`40 s`, `3 h 20 min`, `2 d 4 h`: the two largest units that say anything."""
    left = max(0, ms) // 1000
    parts: list[str] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)
