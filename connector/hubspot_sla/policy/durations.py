"""Durations as admins write them: `90s`, `15m`, `1h30m`, `2bd`.

Seconds, minutes and hours run on the policy's calendar; `bd` is that calendar's stated business day. A bare
day or week is refused: whether it means 24 hours, a day's opening hours or the same time tomorrow is what
engines disagree about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubspot_sla.policy.message_codes import Code
from hubspot_sla.policy.value_errors import Refused, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000}
_UNITS = (*_UNIT_MS, "bd")
_WORDS = {
    "s": ("sec", "secs", "second", "seconds"),
    "m": ("min", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
}
_PART = re.compile(r"(\d{1,9})\s*([a-zA-Z]*)\s*", re.ASCII)
_FRACTION = re.compile(r"\d*[.,]\d")
_FRACTION_OF_HOURS = re.compile(r"(\d{0,5})[.,](\d{1,3})\s*h\w*", re.ASCII | re.IGNORECASE)
_AS_ON_A_CLOCK = re.compile(r"(\d{1,3}):(\d{2})", re.ASCII)
_MANY_DIGITS = re.compile(r"\d{10}", re.ASCII)
_LONGEST_MS = 10 * 366 * 24 * _UNIT_MS["h"]


@dataclass(frozen=True, slots=True)
class Duration:
    """`ms` of business time and `business_days` on top; `text` as it was written."""

    text: str
    ms: int
    business_days: int = 0

    def on(self, business_day_ms: int | None) -> int:
        """Business ms on a calendar. Refused: the calendar does not say what a business day is."""
        if self.business_days and business_day_ms is None:
            raise Refused(
                f"{self.text!r} counts business days, and the calendar does not say how long one is",
                code=Code.BUSINESS_DAY_LENGTH,
            )
        return self.ms + self.business_days * (business_day_ms or 0)


def parse_duration(written: object) -> Duration:
    """Refused: anything but a positive sum of whole s, m, h and bd, each said once at most."""
    if not isinstance(written, str):
        raise Refused("a duration must be text", "for example 15m, 4h, 2bd", code=Code.DURATION)
    amounts: dict[str, int] = {}
    for amount, unit in _parts(written):
        _check_unit(written, amount, unit)
        if unit in amounts:
            raise Refused(f"{written!r} says {unit!r} twice", code=Code.DURATION)
        amounts[unit] = amount
    ms = sum(amounts.get(unit, 0) * size for unit, size in _UNIT_MS.items())
    return _sensible(Duration(written.strip(), ms, amounts.get("bd", 0)))


def _parts(written: str) -> Iterator[tuple[int, str]]:
    text = written.strip()
    position = 0
    if text.endswith("%"):
        raise Refused(f"{written!r} is a share, not a length of time", "for example 15m, 4h, 2bd", code=Code.DURATION)
    if _MANY_DIGITS.search(text):
        raise Refused(f"{written!r} is longer than ten years", "write a shorter time", code=Code.DURATION)
    if remedy := _other_form_meant(text):
        raise Refused(f"{written!r} is not a duration", remedy, code=Code.DURATION)
    if text.casefold() in ("never", "no", "nothing"):
        raise Refused(f"{written!r} is not a duration", "leave the line out if nothing is promised", code=Code.DURATION)
    while position < len(text) or not text:
        part = _PART.match(text, position)
        if not part or _FRACTION.match(text):
            raise Refused(
                f"{written!r} is not a duration", "write whole numbers with units: 90s, 1h30m, 2bd", code=Code.DURATION
            )
        yield int(part[1]), part[2].lower()
        position = part.end()


def _other_form_meant(text: str) -> str:
    """The remedy for `1.5h`, `1,5 h` and `02:30`; "" where it is none of them."""
    if clock := _AS_ON_A_CLOCK.fullmatch(text):
        return f"write {int(clock[1])}h{int(clock[2])}m"
    if fraction := _FRACTION_OF_HOURS.fullmatch(text):
        minutes, rest = divmod(int(fraction[1] or 0) * 60 * 1000 + int(fraction[2].ljust(3, "0")) * 60, 1000)
        return "" if rest else f"write {minutes // 60}h{minutes % 60}m"
    return ""


def _check_unit(written: str, amount: int, unit: str) -> None:
    if unit in _UNITS:
        return
    if not unit:
        raise Refused(f"{written!r} has no unit", f"say {amount}m (minutes) or {amount}h (hours)", code=Code.DURATION)
    if unit in {"d", "day", "days"}:
        raise Refused(
            f"{written!r} is ambiguous", f"say {amount}bd (business days) or {amount * 24}h", code=Code.DURATION
        )
    if unit in {"w", "week", "weeks"}:
        raise Refused(
            f"{written!r} is ambiguous", f"say {amount * 5}bd (business days) or {amount * 168}h", code=Code.DURATION
        )
    meant = next((known for known, words in _WORDS.items() if unit in words), "")
    remedy = f"write {amount}{meant}" if meant else nearest(unit, _UNITS)
    raise Refused(f"{written!r} has the unknown unit {unit!r}", remedy, code=Code.DURATION)


def _sensible(duration: Duration) -> Duration:
    if not duration.ms and not duration.business_days:
        raise Refused(
            f"{duration.text!r} is no time at all", "leave the target out if nothing is promised", code=Code.DURATION
        )
    if duration.ms > _LONGEST_MS or duration.business_days > 3660:
        raise Refused(f"{duration.text!r} is longer than ten years", "write a shorter time", code=Code.DURATION)
    return duration
