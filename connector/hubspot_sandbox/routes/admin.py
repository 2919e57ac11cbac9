"""The sandbox's own routes, outside HubSpot's: its clock and what it has been asked. No token needed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hubspot_sandbox import refusals
from hubspot_sandbox.bodies.account import ClockIn
from hubspot_sandbox.bodies.body import read
from hubspot_sandbox.instants import parse_instant, to_instant, to_wire

if TYPE_CHECKING:
    from hubspot_sandbox.clock import VirtualClock


def clock_json(clock: VirtualClock) -> dict[str, object]:
    """`{"now": ISO instant, "frozen": bool}`."""
    return {"now": to_wire(clock.now_ms()), "frozen": clock.frozen}


def move_clock(clock: VirtualClock, body: bytes) -> dict[str, object]:
    """Set, advance, freeze or thaw, by any of `now`, `advance_s`, `frozen`. Raises `Refused` 400."""
    move = read(ClockIn, body)
    if move.now is not None:
        clock.set(to_instant(_instant_ms(move.now)))
    if move.advance_s is not None:
        clock.advance(timedelta(seconds=move.advance_s))
    if move.frozen is not None:
        _stand(clock, still=move.frozen)
    return clock_json(clock)


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
