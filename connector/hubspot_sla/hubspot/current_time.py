"""What time it is for everything that is judged: HubSpot's time, as far as HubSpot can be believed.

Promises:

- `now_ms` does not go backwards where the estimate of HubSpot's clock falls by up to a minute: it stands still until it
  is caught up. So it is from one process to the next, by what the ledger says was reached. Where it falls by more, it
  had been wrong, or a portal in virtual time was set back: `now` goes back with it, and what was judged too early
  meanwhile is judged again (`flows/runs/clock_ran_ahead.py`).
- With `ClockMode.AUTO` no more than five minutes of difference between the two clocks are corrected. Beyond that `now`
  is the earlier of the two, so nothing is called late before both call it late. But what both had reached while they
  agreed has been reached, whatever HubSpot says later: `now` stands still there, and no breach of then is taken back.
- A jump of this machine's clock is not believed before HubSpot's next answer: until then time passes by the monotonic
  clock.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hubspot_sla.hubspot.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import Callable

TRUSTED_MS: Final = 5 * 60_000
"""A difference between the two clocks up to this is taken for a fault of ours, and corrected."""
SET_BACK_MS: Final = 60_000
"""An estimate that falls by more than this was wrong: it never falls so far by itself."""


class ClockMode(StrEnum):
    """`auto` for HubSpot itself; `hubspot` follows its `Date` wherever it goes: for a portal in virtual time."""

    AUTO = "auto"
    HUBSPOT = "hubspot"


def offset_in_use(learned_ms: int, mode: ClockMode) -> int:
    """What is added to this machine's clock, where HubSpot's was found to be `learned_ms` ahead of it."""
    if mode is ClockMode.HUBSPOT or abs(learned_ms) <= TRUSTED_MS:
        return learned_ms
    return min(0, learned_ms)


def distrust(learned_ms: int, mode: ClockMode) -> str:
    """Why HubSpot's clock is not followed, and by which one everything goes instead; "" where it is followed."""
    if mode is ClockMode.HUBSPOT or abs(learned_ms) <= TRUSTED_MS:
        return ""
    ahead = "ahead of" if learned_ms > 0 else "behind"
    return f"HubSpot's clock is {abs(learned_ms) // 1000:,} s {ahead} this machine's: the earlier of the two counts"


REMEDY: Final = (
    "have this machine keep time (NTP, chrony, systemd-timesyncd); for a sandbox in virtual time set SLA_CLOCK=hubspot"
)


class CurrentTime:
    """`wall` and `monotonic` are this machine's clocks, in seconds. Not safe to use from several threads at once."""

    def __init__(self, wall: Callable[[], float], monotonic: Callable[[], float], mode: ClockMode) -> None:
        self.mode = mode
        self._wall = wall
        self._monotonic = monotonic
        self._server = ServerClock()
        self._answered = False
        self._distrusted = False
        self._latest_ms: int | None = None
        self._reached_ms: int | None = None
        self._agreed_ms: int | None = None
        self._believe_wall()

    @property
    def offset_ms(self) -> int:
        """HubSpot's clock minus this machine's, as learned or assumed."""
        return self._server.offset_ms

    @property
    def offset_in_use_ms(self) -> int:
        """The part of it by which `now_ms` goes. Before the first answer a kept offset is a presumption: then the
        earlier of the two clocks counts, so that `now` can only be corrected forwards."""
        in_use_ms = offset_in_use(self.offset_ms, self.mode)
        return in_use_ms if self._answered or self.mode is ClockMode.HUBSPOT else min(0, in_use_ms)

    @property
    def is_answered(self) -> bool:
        """Whether this process has HubSpot's time from a response."""
        return self._answered

    @property
    def agreed_ms(self) -> int | None:
        """The instant (epoch ms) at which the two clocks last differed by no more than is corrected; None: never, or
        HubSpot's is followed anyway."""
        return self._agreed_ms

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        estimate_ms = self._estimate_ms()
        if self._reached_ms is not None and estimate_ms < self._reached_ms <= estimate_ms + SET_BACK_MS:
            estimate_ms = self._reached_ms
        self._latest_ms = estimate_ms if self._latest_ms is None else max(self._latest_ms, estimate_ms)
        return self._latest_ms

    def assume(self, offset_ms: int, reached_ms: int | None = None, agreed_ms: int | None = None) -> None:
        """What is known of HubSpot's clock from earlier. The offset counts until the first answer. `reached_ms` is the
        latest instant by which an earlier process acted: its estimate may have been up to a second better. `agreed_ms`
        is the one at which the clocks last agreed."""
        self._server.assume(offset_ms, local_ms=self.local_ms())
        self._reached_ms = reached_ms
        self._agreed_ms = None if self.mode is ClockMode.HUBSPOT else agreed_ms

    def local_ms(self) -> int:
        """This machine's clock, in milliseconds since 1970, without the jumps that HubSpot has not confirmed."""
        return self._wall_ms + round((self._monotonic() - self._believed_s) * 1000)

    def observe(self, date: str | None, *, sent_s: float) -> None:
        """Learn from the answer that has just come: its `Date` header, and when it was asked for by `monotonic`."""
        took_ms = round((self._monotonic() - sent_s) * 1000)
        self._believe_wall()
        received_ms = self.local_ms()
        if not self._server.observe(date, sent_ms=received_ms - took_ms, received_ms=received_ms):
            return
        self._answered = True
        self._warn()
        if self.mode is ClockMode.AUTO and abs(self.offset_ms) <= TRUSTED_MS:
            self._agreed_ms = self._estimate_ms()
        if self._latest_ms is not None:
            estimate_ms = self._estimate_ms()
            self._latest_ms = estimate_ms if estimate_ms < self._latest_ms - SET_BACK_MS else self._latest_ms

    def _warn(self) -> None:
        """Once when HubSpot's clock stops being followed, and once when it is followed again."""
        distrusted = distrust(self.offset_ms, self.mode)
        if bool(distrusted) != self._distrusted:
            import logging  # here, for whoever only asks what time it is

            logger = logging.getLogger("hubspot_sla.clock")
            self._distrusted = bool(distrusted)
            if distrusted:
                logger.warning("%s - %s", distrusted, REMEDY)
            else:
                logger.warning("HubSpot's clock agrees with this machine's again, and is followed")

    def _estimate_ms(self) -> int:
        local_ms = self.local_ms()
        estimate_ms = local_ms + self.offset_in_use_ms
        if self._agreed_ms is None or self.offset_ms >= -TRUSTED_MS:
            return estimate_ms
        return max(estimate_ms, min(self._agreed_ms, local_ms))

    def _believe_wall(self) -> None:
        self._wall_ms = round(self._wall() * 1000)
        self._believed_s = self._monotonic()
