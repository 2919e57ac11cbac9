"""How long to wait before a request is sent again: after a 429, a 5xx, a lost connection. `retry.py` waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hubspot_sla.hubspot.response import Response

Schedule = Callable[[int], float]
"""Seconds to wait before trying again after the nth attempt (n counts from 1)."""


def doubling(first_s: float, *, at_most_s: float) -> Schedule:
    """first, twice first, four times first, ... up to a bound."""
    return lambda attempt: min(at_most_s, first_s * 2 ** (attempt - 1))


def growing(step_s: float, *, at_most_s: float) -> Schedule:
    """step, two steps, three steps, ... up to a bound."""
    return lambda attempt: min(at_most_s, step_s * attempt)


AFTER_SERVER_ERROR: Final = doubling(1.0, at_most_s=8.0)
"""HubSpot says for 502 to 524: pause a few seconds (ERR)."""

AFTER_LOST_CONNECTION: Final = doubling(1.0, at_most_s=8.0)

AFTER_NO_CONNECTION: Final = doubling(0.5, at_most_s=2.0)
"""Nobody listens. A person may be waiting for that message, so it comes soon."""

AFTER_DENIED_ACCESS: Final = doubling(1.0, at_most_s=8.0)

AFTER_LOCK: Final = growing(2.0, at_most_s=2.0)

_AFTER_SECONDLY_LIMIT: Final = growing(1.0, at_most_s=10.0)
_AFTER_TEN_SECONDLY_LIMIT: Final = growing(4.0, at_most_s=10.0)  # the window is ten seconds long

LONGEST_MOVE_WAITED_S: Final = 30.0
"""An account that moves to another data centre for longer than this is not waited for."""


def after_429(limit: str) -> Schedule:
    """By the limit that was exceeded, as HubSpot names it."""
    return _AFTER_TEN_SECONDLY_LIMIT if limit == "TEN_SECONDLY_ROLLING" else _AFTER_SECONDLY_LIMIT


def retry_after_s(response: Response) -> float:
    """The Retry-After header in seconds, 0 without one. Documented for 477 only; honoured anywhere."""
    header = response.getheader("Retry-After") or ""
    return float(header) if header.isascii() and header.isdigit() else 0.0


def at_least_retry_after(schedule: Schedule, response: Response) -> Schedule:
    """The schedule, or the response's Retry-After where that is longer."""
    asked_s = retry_after_s(response)
    return lambda attempt: max(asked_s, schedule(attempt))
