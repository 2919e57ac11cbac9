"""The sandbox's own routes, outside HubSpot's: its clock and what it has been asked. No token needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.account import ClockIn
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.instants import parse_instant, to_instant, to_wire

if TYPE_CHECKING:
    from hubspot_sandbox.clock import VirtualClock


_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Beyond these no portal can be, and dates of all kinds end not far from there."""


def clock_json(clock: VirtualClock) -> dict[str, object]:
    """`{"now": ISO instant, "frozen": bool}`."""
    return {"now": to_wire(clock.now_ms()), "frozen": clock.frozen}


def move_clock(clock: VirtualClock, body: bytes) -> dict[str, object]:
    """Set, advance, freeze or thaw, by any of `now`, `advance_s`, `frozen`. Raises `Refused` 400, and nothing moves."""
    move = read(ClockIn, body)
    if move.now is not None or move.advance_s is not None:
        clock.set(_moved(clock, move))
    if move.frozen is not None:
        _stand(clock, still=move.frozen)
    return clock_json(clock)


def _moved(clock: VirtualClock, move: ClockIn) -> datetime:
    try:
        begin = clock.now() if move.now is None else to_instant(_instant_ms(move.now))
        instant = begin + timedelta(seconds=move.advance_s or 0)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not _EARLIEST <= instant < _LATEST:
        raise refusals.invalid("the clock goes from 2000 to 2100")
    return instant


def _stand(clock: VirtualClock, *, still: bool) -> None:
    if still:
        clock.freeze()
    else:
        clock.thaw()


def _instant_ms(text: str) -> int:
    try:
        return parse_instant(text)
    except (ValueError, OverflowError):
        raise refusals.invalid(f"{text!r} is no instant") from None
