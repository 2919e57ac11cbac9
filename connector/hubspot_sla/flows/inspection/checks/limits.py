"""Quota, clocks and the search index: what limits how fast and how exact everything can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubspot_sla.errors import AccessDenied, ComeBackLater, RequestRejected, UsageProblem
from hubspot_sla.flows.context.duration_text import span
from hubspot_sla.flows.context.quota_share import day_of
from hubspot_sla.flows.inspection.checks.finding import Finding, error, failed, ok, warn
from hubspot_sla.hubspot.account_checks import Usage, usage_today
from hubspot_sla.hubspot.current_time import REMEDY, ClockMode, distrust
from hubspot_sla.ledger import sync_health

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubspot_sla.flows.inspection.checks.examined import Examined

LITTLE_LEFT = 0.1
"""Of a day's quota: less than this is worth a warning."""
SKEW_MS = 60_000
OVERLAP_MS = 120_000
"""How far every poll reaches back; a longer lag is left to the slow lane."""


def quota(examined: Examined) -> Iterator[Finding]:
    """What is left of the day's requests, and of the burst; a day that is over for every run until midnight."""
    examined.account()
    ledger = examined.ledger_or_none
    over = None if ledger is None else day_of(ledger.db, examined.portal.transport, examined.settings.share).over
    if over is not None:
        yield error("quota", over)
        return
    headers = examined.portal.transport.quota
    usage = _usage(examined)
    burst = "" if headers.burst is None else f"; {headers.burst} in ten seconds for this token"
    limit = usage.limit if usage else headers.daily
    left = usage.limit - usage.used if usage else headers.daily_left
    if limit is None or left is None:
        yield ok("quota", f"HubSpot does not say what is left of the day{burst}")
        return
    resets = f" until {usage.resets_at}" if usage and usage.resets_at else ""
    message = f"{left:,} of the day's {limit:,} requests are left{resets}{burst}"
    if left <= 0:
        yield failed("quota", message, "it comes back at the portal's midnight", exit_code=ComeBackLater.exit_code)
    elif left < limit * LITTLE_LEFT:
        yield warn("quota", message, "another app uses it up: HubSpot, Settings > Integrations shows which")
    else:
        yield ok("quota", message)


def _usage(examined: Examined) -> Usage | None:
    try:
        return usage_today(examined.portal.transport)
    except (RequestRejected, UsageProblem, AccessDenied, ValueError):
        return None  # the headers of any answer say nearly the same


def clock(examined: Examined) -> Iterator[Finding]:
    """How far this machine's clock is from HubSpot's, and by which of the two everything goes."""
    examined.account()
    transport = examined.portal.transport
    offset = transport.offset_ms
    if transport.clock_mode is ClockMode.HUBSPOT:
        message = f"SLA_CLOCK=hubspot: everything goes by HubSpot's, {span(abs(offset))} {_side(offset)} this machine's"
        yield ok("clock", message)
        return
    if distrusted := distrust(offset, transport.clock_mode):
        yield warn("clock", distrusted, REMEDY)
        return
    if abs(offset) <= SKEW_MS:
        yield ok(
            "clock", "within a second of HubSpot's" if abs(offset) < 1000 else f"{span(abs(offset))} from HubSpot's"
        )
        return
    message = f"this machine is {span(abs(offset))} {_side(-offset)} HubSpot; the difference is corrected"
    yield warn("clock", message, "have the machine keep time: NTP, chrony, systemd-timesyncd")


def _side(offset: int) -> str:
    return "ahead of" if offset > 0 else "behind"


def index_lag(examined: Examined) -> Iterator[Finding]:
    """By how much HubSpot's search was seen to be behind, where a flow has noted it."""
    longest = sync_health.index_lag(examined.ledger.db).longest_ms
    if not longest:
        yield ok("search index", "no lag has been seen")
    elif longest <= OVERLAP_MS:
        yield ok("search index", f"{span(longest)} behind at most, within what every poll reads again")
    else:
        remedy = "keep the slow lane among the jobs: it finds what a poll has missed"
        yield warn("search index", f"was {span(longest)} behind at most, more than every poll reads again", remedy)
