"""What became of a notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel took it. `remark` is what is worth knowing all the same."""

    remark: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel will not take this notice, now or later. `gone`: nor any other, its address is no longer there."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class TryLater:
    """Nothing was delivered. `after_s`: how long the channel asks to be left alone, None if it did not say."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and no answer came back. To be sent again, under the same id."""

    reason: str


Outcome = Delivered | Refused | TryLater | Unknown
