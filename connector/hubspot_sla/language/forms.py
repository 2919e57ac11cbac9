"""Instants and lengths of time as the readers of a language expect them. All instants are epoch ms."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import timedelta, tzinfo

    from babel import Locale
    from babel.dates import DateTimePattern

    from hubspot_sla.language.texts import Texts

_KEPT: Final = 4096
"""So many days, times and lengths are remembered in words: a sync says the same ones again and again."""
_UNITS: Final = (("hour", 3_600_000), ("minute", 60_000), ("second", 1000))
_DAY: Final = ("day", 24 * 3_600_000)


class _Patterns(NamedTuple):
    locale: Locale
    day: DateTimePattern
    day_of_year: DateTimePattern
    time: DateTimePattern


@cache
def _patterns(language: str) -> _Patterns:
    from babel import Locale
    from babel.dates import parse_pattern

    locale = Locale(language)
    skeletons = locale.datetime_skeletons
    return _Patterns(locale, *(parse_pattern(skeletons[name]) for name in ("yMMMEd", "MMMd", "Hm")))


def instant(at: int, zone: tzinfo, texts: Texts) -> str:
    """`Mon, Nov 23, 2026, 10:00 CET`: day, time and zone, in the order and the words of the language."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return f"{_day(local.date(), texts.language)}, {_time(local, texts.language)} {zone_name(local, texts.language)}"


def short_instant(at: int, zone: tzinfo, texts: Texts, after: int | None = None) -> str:
    """`Nov 23 10:00`, for tables; `10:00` on the day of `after`."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    time = _time(local, texts.language)
    if after is not None and datetime.fromtimestamp(after / 1000, UTC).astimezone(zone).date() == local.date():
        return time
    return f"{_day_of_year(local.date(), texts.language)} {time}"


def dated_instant(at: int, zone: tzinfo, texts: Texts) -> str:
    """`Nov 23, 2026 10:00`, for tables that span years."""
    from babel.dates import format_date

    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    day = format_date(local.date(), "medium", locale=_patterns(texts.language).locale)
    return f"{day} {_time(local, texts.language)}"


def day_and_zone(at: int, zone: tzinfo, texts: Texts) -> str:
    """`Nov 23 10:00 CET`, for lists in which the year says nothing."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return f"{short_instant(at, zone, texts)} {zone_name(local, texts.language)}"


@lru_cache(maxsize=_KEPT)
def _day(day: date, language: str) -> str:
    patterns = _patterns(language)
    return patterns.day.apply(day, patterns.locale)


@lru_cache(maxsize=_KEPT)
def _day_of_year(day: date, language: str) -> str:
    patterns = _patterns(language)
    return patterns.day_of_year.apply(day, patterns.locale)


def _time(local: datetime, language: str) -> str:
    return _time_of_day(local.hour, local.minute, language)


@lru_cache(maxsize=_KEPT)
def _time_of_day(hour: int, minute: int, language: str) -> str:
    patterns = _patterns(language)
    return patterns.time.apply(time(hour, minute), patterns.locale)


def zone_of(zone: tzinfo) -> str:
    """The zone as IANA names it."""
    return str(zone)


def zone_name(local: datetime, language: str) -> str:
    """`CET`, `MEZ`; `UTC+05:30` where neither the language nor the zone has letters for it."""
    key = (local.tzinfo, local.utcoffset(), local.tzname(), language)
    if key not in _ZONE_NAMES:
        _ZONE_NAMES[key] = _zone_name(local, local.tzname() or "", language)
    return _ZONE_NAMES[key]


_ZONE_NAMES: dict[tuple[tzinfo | None, timedelta | None, str | None, str], str] = {}
"""Names of the zones of calendars, in summer and in winter: few, and looked up often."""


def _zone_name(local: datetime, own_name: str, language: str) -> str:
    from babel.dates import get_timezone_name

    if own_name == "UTC":
        return own_name
    name = get_timezone_name(local, "short", locale=_patterns(language).locale)
    letters = next((each for each in (name, own_name) if each.isalpha()), "")
    offset = local.strftime("%z")
    return letters or f"UTC{offset[:3]}:{offset[3:5]}"


def length(ms: int, texts: Texts, *, days: bool = False, exact: bool = True) -> str:
    """`2 hours 30 minutes`: the two largest units, rounded down, or with `exact=False` the largest; `days` of 24 hours
    where they are meant."""
    units = (_DAY, *_UNITS) if days else _UNITS
    rest = max(ms, 0)
    for place, (unit, size) in enumerate(units):
        if rest < size and unit != _UNITS[-1][0]:
            continue
        first = _unit(rest // size, unit, texts.language)
        smaller = units[place + 1 : place + 2] if exact else ()
        second = [_unit(rest % size // size_below, below, texts.language) for below, size_below in smaller]
        return joined(first, second[0], texts) if second and rest % size >= smaller[0][1] else first
    raise AssertionError("the last unit takes whatever is left")


def calendar_length(count: int, unit: Literal["day", "month"], texts: Texts) -> str:
    """`30 days`, `1 month`."""
    return _unit(count, unit, texts.language)


def short_length(ms: int, texts: Texts) -> str:
    """`1 hr 37 min`, for tables; from an hour on without seconds."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    counts = ((hours, "hour"), (minutes, "minute"), (0 if hours else seconds, "second"))
    return " ".join(_unit(count, unit, texts.language, "short") for count, unit in counts if count)


@lru_cache(maxsize=_KEPT)
def _unit(count: int, unit: str, language: str, form: Literal["short", "long"] = "long") -> str:
    from babel.units import format_unit

    return format_unit(count, f"duration-{unit}", length=form, locale=_patterns(language).locale)


def joined(larger: str, smaller: str, texts: Texts) -> str:
    """Two parts of one length, as `2 hours 30 minutes`."""
    return texts.text("{larger} {smaller}", larger=larger, smaller=smaller)
