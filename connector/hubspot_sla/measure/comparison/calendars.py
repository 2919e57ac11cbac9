"""A calendar of ours with one thing about it as HubSpot has it: without holidays, or in other hours.

A calendar that is made of others loses the holidays of each; other hours replace the whole of it, with its holidays,
for nobody can say which of them would still count.

A calendar works out its years when it is first asked, so each of these is made once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hubspot_sla.clock.calendar import no_holidays
from hubspot_sla.clock.combined_calendar import CombinedCalendar, RelayCalendar

if TYPE_CHECKING:
    from hubspot_sla.clock.calendar import Calendar


@lru_cache(maxsize=256)
def without_holidays(calendar: Calendar) -> Calendar:
    """Every week alike: no holiday, no closed day, no special opening. ValueError: then it would never open."""
    digest = f"{calendar.digest} without holidays" if calendar.digest else ""
    if isinstance(calendar, CombinedCalendar):
        return replace(calendar, parts=tuple(map(without_holidays, calendar.parts)), digest=digest)
    if isinstance(calendar, RelayCalendar):
        legs = tuple((since, without_holidays(leg)) for since, leg in calendar.legs)
        return replace(calendar, legs=legs, digest=digest)
    return replace(
        calendar,
        holidays=no_holidays,
        closed={},
        closed_ranges=(),
        opened={},
        closed_yearly={},
        opened_yearly={},
        digest=digest,
    )


@lru_cache(maxsize=1024)
def in_hours_of(other: Calendar, calendar: Calendar) -> Calendar:
    """`calendar` with the week and the time zone of another one."""
    if isinstance(calendar, CombinedCalendar | RelayCalendar):
        return other
    digest = f"{calendar.digest} in other hours" if calendar.digest else ""
    return replace(calendar, zone=other.zone, week=other.week, seasons=(), alternate_weeks=None, digest=digest)


def is_a_plain_week(calendar: Calendar) -> bool:
    """Whether its hours are those of one week, all year round."""
    is_made_of_others = isinstance(calendar, CombinedCalendar | RelayCalendar)
    return not (is_made_of_others or calendar.seasons or calendar.alternate_weeks)
