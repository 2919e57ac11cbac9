"""The holidays of one country or subdivision resolved into values, from FIRST_YEAR to LAST_YEAR, as JSON.

Other years have none.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from warnings import catch_warnings, simplefilter

import orjson

from hubspot_sla.policy.zone_content import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LANGUAGE: Final = "en_US"
"""In which holidays are named, where the library can; elsewhere their own."""
_KEPT: Final = 64
NONE: Final[Mapping[date, str]] = {}


@lru_cache(maxsize=_KEPT)
def installed(country: str, subdivision: str) -> bytes:
    """The content of a country ("": no subdivision) as the installed library has it. NotImplementedError: it has
    not."""
    by_date = named_by_library(country, subdivision, range(FIRST_YEAR, LAST_YEAR + 1))
    names = list(dict.fromkeys(by_date[day] for day in sorted(by_date)))
    numbers = {name: number for number, name in enumerate(names)}
    dates = [[_written(day), numbers[name]] for day, name in sorted(by_date.items())]
    said = {"country": country, "subdivision": subdivision, "from": FIRST_YEAR, "to": LAST_YEAR}
    return orjson.dumps({**said, "names": names, "dates": dates})


@lru_cache(maxsize=_KEPT)
def years_of(content: bytes) -> Mapping[int, Mapping[date, str]]:
    """The names of the holidays by year and date."""
    said = orjson.loads(content)
    years: defaultdict[int, dict[date, str]] = defaultdict(dict)
    for number, name in said["dates"]:
        day = date(number // 10_000, number // 100 % 100, number % 100)
        years[day.year][day] = said["names"][name]
    return dict(years)


def differs(content: bytes, first: date, last: date) -> bool:
    """Whether the installed library has other holidays on these dates. What they are called makes no difference."""
    said, years = orjson.loads(content), years_of(content)
    wanted = range(first.year, last.year + 1)
    kept = {day for year in wanted for day in years.get(year, NONE)}
    library = named_by_library(said["country"], said["subdivision"], wanted)
    return any(first <= day <= last for day in kept.symmetric_difference(library))


def named_by_library(country: str, subdivision: str, years: Iterable[int]) -> dict[date, str]:
    """The holidays of these years. NotImplementedError: the library does not know the country or its subdivision."""
    import holidays  # 0.3 s: only a calendar that has holidays pays for them

    wanted = set(years)
    known = holidays.country_holidays(country, subdiv=subdivision or None)
    # By default the library names them in the language of the server's locale: the same verdict would read
    # differently on another machine.
    language = _LANGUAGE if _LANGUAGE in known.supported_languages else known.default_language
    with catch_warnings():
        simplefilter("ignore")  # of some countries the library knows some years only, and says so each time
        by_date = holidays.country_holidays(country, subdiv=subdivision or None, years=wanted, language=language)
    return {day: name for day, name in by_date.items() if day.year in wanted}


def _written(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
