"""How much of HubSpot's quota is ours: as the settings say it, and the day's count as the ledger keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from hubspot_sla.errors import UsageProblem
from hubspot_sla.hubspot.daily_quota import UTC, Day, Spent
from hubspot_sla.hubspot.quota_share import Share
from hubspot_sla.ledger import state

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from hubspot_sla.hubspot.transport import Transport

BURST_SHARE: Final = "SLA_BURST_SHARE"
SEARCHES: Final = "SLA_SEARCHES_PER_S"
DAILY_BUDGET: Final = "SLA_DAILY_BUDGET"
IN_FLIGHT: Final = "SLA_IN_FLIGHT"
MOST_SEARCHES: Final = 5  # a second that HubSpot allows an account
MOST_IN_FLIGHT: Final = 32
_ANY_NUMBER: Final = 10**9


def share_of(given: Mapping[str, str]) -> Share:
    """The share that variables ask for. Raises UsageProblem for one that makes no sense."""
    standard = Share()
    return Share(
        burst=_part(given, BURST_SHARE, standard.burst),
        searches_per_s=_whole(given, SEARCHES, MOST_SEARCHES, standard.searches_per_s),
        calls_a_day=_whole(given, DAILY_BUDGET, _ANY_NUMBER) if DAILY_BUDGET in given else None,
        in_flight=_whole(given, IN_FLIGHT, MOST_IN_FLIGHT, standard.in_flight),
    )


def day_of(db: sqlite3.Connection, transport: Transport, share: Share) -> Day:
    """The portal's day as the ledger knows it."""
    spent_json = state.read(db, state.DAY)
    return Day(
        transport.now_ms,
        zone=state.read(db, state.TIME_ZONE) or UTC,
        budget=share.calls_a_day,
        spent=Spent(*orjson.loads(spent_json)) if spent_json else None,
    )


def keep(db: sqlite3.Connection, transport: Transport) -> None:
    """Have the next run know of this day. Nothing is written while nothing depends on it."""
    day = transport.day
    if day is not None and day.matters:
        spent = day.spent
        state.write(db, state.DAY, orjson.dumps([spent.ends_at, spent.calls, spent.refused]).decode())


def _part(given: Mapping[str, str], name: str, standard: float) -> float:
    text = given.get(name)
    if text is None:
        return standard
    try:
        part = float(text)
    except ValueError:
        part = 0.0
    if not 0 < part <= 1:
        raise UsageProblem(
            f"{name} is no part of the whole: {text}", remedy="write a number above 0 and up to 1, such as 0.8"
        )
    return part


def _whole(given: Mapping[str, str], name: str, most: int, standard: int = 0) -> int:
    text = given.get(name)
    if text is None:
        return standard
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise UsageProblem(f"{name} is no number of 1 to {most:,}: {text}", remedy=f"write one, or leave {name} out")
    return int(text)
