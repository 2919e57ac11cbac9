"""Instants and lengths of time as the readers of a language expect them. All instants are epoch ms."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import tzinfo

    from babel import Locale
    from babel.dates import DateTimePattern

    from hubspot_sla.language.texts import Texts

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
    return _Patterns(locale, *(parse_pattern(skeletons[name]) for name in ("yMMMEd", "MMMEd", "Hm")))


def instant(at: int, zone: tzinfo, texts: Texts) -> str:
    """`Mon, Nov 23, 2026, 10:00 CET`: day, time and zone, in the order and the words of the language."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    locale, day, _, time = _patterns(texts.language)
    return f"{day.apply(local, locale)}, {time.apply(local, locale)} {zone_name(local, texts.language)}"


def short_instant(at: int, zone: tzinfo, texts: Texts, after: int | None = None) -> str:
    """`Mon, Nov 23, 10:00`, for tables; `10:00` on the day of `after`."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    locale, _, day, time = _patterns(texts.language)
    shown = time.apply(local, locale)
    if after is not None and datetime.fromtimestamp(after / 1000, UTC).astimezone(zone).date() == local.date():
        return shown
    return f"{day.apply(local, locale)}, {shown}"


def zone_of(zone: tzinfo) -> str:
    """The zone as IANA names it."""
    return str(zone)


def zone_name(local: datetime, language: str) -> str:
    """`CET`, `MEZ`; `UTC+05:30` where neither the language nor the zone has letters for it."""
    return _zone_name(local.tzinfo, local.tzname() or "", local.strftime("%z"), language, local)


_NAMES: dict[tuple[str, str, str, str], str] = {}


def _zone_name(zone: tzinfo | None, own_name: str, offset: str, language: str, local: datetime) -> str:
    key = (str(zone), own_name, offset, language)
    if key not in _NAMES:
        _NAMES[key] = _looked_up(own_name, offset, language, local)
    return _NAMES[key]


def _looked_up(own_name: str, offset: str, language: str, local: datetime) -> str:
    from babel.dates import get_timezone_name

    if own_name == "UTC":
        return own_name
    name = get_timezone_name(local, "short", locale=_patterns(language).locale)
    letters = next((each for each in (name, own_name) if each.isalpha()), "")
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


def _unit(count: int, unit: str, language: str) -> str:
    from babel.units import format_unit

    return format_unit(count, f"duration-{unit}", locale=_patterns(language).locale)


def joined(larger: str, smaller: str, texts: Texts) -> str:
    """Two parts of one length, as `2 hours 30 minutes`."""
    return texts.text("{larger} {smaller}", larger=larger, smaller=smaller)
