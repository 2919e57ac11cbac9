"""Instants as people write them in options of commands."""

from __future__ import annotations

from datetime import UTC, datetime

from hubspot_sla.clock.calendar import FIRST_YEAR, LAST_YEAR
from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot import wire_time


def parse_instant(option: str, text: str) -> int:
    """An instant, a date (midnight UTC) or epoch milliseconds, in the years that calendars answer for, as epoch ms.

    UsageProblem, by the name of the option: none of these.
    """
    try:
        at = wire_time.parse(text.strip())
    except ValueError:
        at = None
    if at is None:
        raise UsageProblem(f"{option} {text!r} is no instant", remedy="write 2026-11-23T12:00:00Z")
    if not _beginning_of(FIRST_YEAR + 1) <= at < _beginning_of(LAST_YEAR):
        raise UsageProblem(
            f"{option} {text!r} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}",
            remedy="calendars answer for no other",
        )
    return at


def _beginning_of(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000
