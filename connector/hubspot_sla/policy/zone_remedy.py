"""What to write in place of a name that is no time zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hubspot_sla.policy.value_errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

_OFFSET: Final = re.compile(r"([A-Z]{3,4})? ?[+-]\d{1,2}(:?\d{2})?", re.ASCII)
_LETTERS: Final = re.compile(r"[A-Z]{2,5}", re.ASCII)
_CITY: Final = "name the zone of a city, for example Europe/Berlin"


def zone_remedy(name: str, known: Iterable[str]) -> str:
    """For an offset, an abbreviation, a name of Windows; else the nearest of the names that are `known`."""
    if _OFFSET.fullmatch(name):
        return f"{_CITY}: an offset knows no summer time"
    if _LETTERS.fullmatch(name):
        return f"{_CITY}: such letters stand for one half of the year, and for several places"
    of_windows = _zone_of_windows(name)
    return f"write {of_windows}" if of_windows else nearest(name, known)


def _zone_of_windows(name: str) -> str:
    from babel.core import get_global

    return str(get_global("windows_zone_mapping").get(name, ""))
