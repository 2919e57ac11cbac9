"""What was promised, in plain words: `1 business day, German office hours, silver`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from hubspot_sla.clock.calendar import ALWAYS
from hubspot_sla.language.forms import joined, length

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar
    from hubspot_sla.clock.promise import Promise
    from hubspot_sla.language.texts import Texts

_UNIT_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000}
_AMOUNTS: Final = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:bd|[hms])\s*)+", re.ASCII | re.IGNORECASE)
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(bd|[hms])", re.ASCII | re.IGNORECASE)
_TWO: Final = re.compile(r"(earlier|later) of (.+)", re.ASCII)
_TERMS: Final = re.compile(r"(?P<due>.+?)(?: on (?P<calendar>.+?))?(?:, cut-off (?P<cut_off>\d\d:\d\d))?", re.ASCII)
_DAYS: Final = r"(?P<days>\d+|next)\s+(?:business\s+)?days?"
_SAME_TIME: Final = re.compile(rf"{_DAYS}\s+same\s+time|same\s+time\s+next\s+(?:business\s+)?day", re.IGNORECASE)
_END_OF_DAY: Final = re.compile(
    rf"end\s+of\s+(?:the\s+)?(?P<next>next\s+)?(?:business\s+)?day|{_DAYS}\s+end\s+of\s+day", re.IGNORECASE
)


def promised(promise: Promise, tier: str, texts: Texts) -> str:
    """The target, the hours in which it runs, and the customer's tier ("": none)."""
    parts = (target_words(promise, texts), calendar_words(promise.calendar, texts), tier)
    return ", ".join(part for part in parts if part)


def calendar_words(calendar: Calendar, texts: Texts) -> str:
    """Its title, or its name as words."""
    if calendar is ALWAYS or calendar.digest == ALWAYS.digest != "":
        return texts.text("around the clock")
    return calendar.title or name_as_words(calendar.name, texts)


def name_as_words(calendar: str, texts: Texts) -> str:
    """`german_office_hours` as `German office hours`, `berlin` as `Berlin hours`."""
    if calendar == ALWAYS.name:
        return texts.text("around the clock")
    words = re.sub(r"[_-]+", " ", calendar).strip()
    words = words[:1].upper() + words[1:]
    return words if " " in words else texts.text("{calendar} hours", calendar=words)


def target_words(promise: Promise, texts: Texts) -> str:
    """The target as people say it; where the admin's form of it is not known, how long that came to."""
    return _in_words(promise.target, texts) or length(promise.budget_ms, texts)


@lru_cache(maxsize=1024)
def _in_words(target: str, texts: Texts) -> str:
    two = _TWO.fullmatch(target)
    if two:
        parts = [_terms_in_words(part, texts) for part in two[2].split(" and ")]
        if not all(parts):
            return ""
        between = texts.text(" or ").join(parts)
        if two[1] == "earlier":
            return texts.text("{targets}, whichever is earlier", targets=between)
        return texts.text("{targets}, whichever is later", targets=between)
    return _terms_in_words(target, texts)


def _terms_in_words(text: str, texts: Texts) -> str:
    found = _TERMS.fullmatch(text)
    words = _due_in_words(found["due"], texts) if found else ""
    if not words or not found:
        return ""
    if found["calendar"]:
        hours = name_as_words(found["calendar"], texts)
        words = texts.text("{target} ({hours})", target=words, hours=hours)
    if found["cut_off"]:
        words = texts.text(
            "{target}, counted from the next business day after {time}", target=words, time=found["cut_off"]
        )
    return words


def _due_in_words(text: str, texts: Texts) -> str:
    if amount := amount_in_words(text, texts):
        return amount
    same_time, end_of_day = _SAME_TIME.fullmatch(text), _END_OF_DAY.fullmatch(text)
    if same_time:
        return texts.plural(
            "the same time on the next business day",
            "the same time {count} business days later",
            _count(same_time["days"] or "1"),
        )
    if not end_of_day:
        return ""
    days = _count(end_of_day["days"] or ("1" if end_of_day["next"] else "0"))
    if not days:
        return texts.text("the end of the business day")
    return texts.plural("the end of the next business day", "the end of the business day {count} days later", days)


def _count(days: str) -> int:
    return 1 if days.casefold() == "next" else int(days)


def amount_in_words(text: str, texts: Texts) -> str:
    """`1bd 2h` as `1 business day 2 hours`; "" for what is no amount."""
    if not _AMOUNTS.fullmatch(text):
        return ""
    days, rest_ms = 0.0, 0
    for number, unit in _AMOUNT.findall(text):
        if unit.casefold() == "bd":
            days += float(number)
        else:
            rest_ms += round(float(number) * _UNIT_MS[unit.casefold()])
    if not days:
        return length(rest_ms, texts)
    words = business_days(days, texts)
    return joined(words, length(rest_ms, texts), texts) if rest_ms else words


def business_days(count: float, texts: Texts) -> str:
    """`1 business day`, `2 business days`, `1.5 business days`."""
    if count == int(count):
        return texts.plural("{count} business day", "{count} business days", int(count))
    from babel.numbers import format_decimal

    return texts.text("{number} business days", number=format_decimal(count, locale=texts.language))
