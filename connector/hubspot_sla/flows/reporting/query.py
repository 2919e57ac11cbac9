"""What is asked of a report: its period, what it is broken down by, and which promises it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hubspot_sla.clock.local_time import local_date
from hubspot_sla.errors import UsageProblem
from hubspot_sla.measure.periods import Period, add_months, month_of
from hubspot_sla.policy.durations import parse_duration
from hubspot_sla.policy.value_errors import Refused

if TYPE_CHECKING:
    from datetime import tzinfo

    from hubspot_sla.policy.mappings import Mappings
    from hubspot_sla.policy.report_documents import OutcomeWhen

_MONTH, _QUARTER, _YEAR = re.compile(r"(\d{4})-(\d\d)"), re.compile(r"(\d{4})-[Qq]([1-4])"), re.compile(r"\d{4}")
_FIRST_YEAR, _LAST_YEAR = 1970, 9000


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """`as_of` is the instant (epoch ms) by which the report speaks; None before a sync has ended well. `where_text` is
    what the person wrote; `apdex_ms` the T of Apdex, None for the target of each promise."""

    period: Period
    by: tuple[str, ...]
    where: OutcomeWhen
    where_text: str
    as_of: int | None
    apdex_ms: int | None = None


def zone_of(mappings: Mappings) -> tzinfo:
    """What `report.timezone` says; else the zone that all calendars of the policies share, else UTC."""
    if mappings.portal.report_zone:
        return ZoneInfo(mappings.portal.report_zone)
    used = mappings.policy_set.calendars_used
    zones = {str(calendar.zone): calendar.zone for name, calendar in mappings.calendars.items() if name in used}
    return next(iter(zones.values())) if len(zones) == 1 else UTC


def period_of(text: str | None, first: str | None, last: str | None, zone: tzinfo, as_of: int | None) -> Period:
    """The period that was named: a month, a quarter or a year; or all days from `first` to `last`; or the month of
    `as_of`. Raises UsageProblem."""
    if text is not None:
        if first or last:
            raise UsageProblem("--period and --from or --to ask for different things", remedy="leave one out")
        return _named(text.strip(), zone)
    if first is not None or last is not None:
        if first is None or last is None:
            raise UsageProblem("days have two ends", remedy="write both --from and --to")
        start, end = _day("--from", first), _day("--to", last)
        if end < start:
            raise UsageProblem("--to is before --from", remedy="write the earlier day as --from")
        return Period(start, end + timedelta(days=1), zone)
    if as_of is None:
        raise UsageProblem("no sync has ended well yet", remedy="run `sla sync`, or name a --period")
    return month_of(local_date(as_of, zone), zone)


def _named(text: str, zone: tzinfo) -> Period:
    for form, months in ((_MONTH, 1), (_QUARTER, 3), (_YEAR, 12)):
        if match := form.fullmatch(text):
            year = int(text[:4])
            number = 1 if months == 12 else int(match[2])
            first_month = (number - 1) * months + 1
            if not _FIRST_YEAR <= year <= _LAST_YEAR or not 1 <= first_month <= 12:
                break
            first = date(year, first_month, 1)
            return Period(first, add_months(first, months), zone)
    raise UsageProblem(f"{text!r} is no period", remedy="write 2026-10, 2026-Q4 or 2026; or --from and --to")


def _day(option: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageProblem(f"{text!r} is no day", remedy=f"write {option} 2026-10-05") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise UsageProblem(f"{text!r} is out of reach", remedy=f"write {option} 2026-10-05")
    return day


def apdex_target(text: str) -> int | None:
    """T in ms as a person wrote it; None for "". Raises UsageProblem."""
    if not text.strip():
        return None
    try:
        return parse_duration(text).on(None)
    except Refused as refused:
        raise UsageProblem(f"--apdex: {refused}", remedy="write a duration, for example --apdex 4h") from None


def words_of(text: str) -> tuple[str, ...]:
    """`tier, policy` as its words, each once."""
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
