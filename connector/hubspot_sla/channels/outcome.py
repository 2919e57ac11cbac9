"""What became of a notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hubspot_sla.channels.message import Notice


@dataclass(frozen=True, slots=True)
class Delivered:
    """The target took it. `remark` tells what is worth knowing all the same."""

    remark: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The target will not take this notice, now or later. `gone`: nor any other, the target itself is no more."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class TryLater:
    """Nothing was delivered. `after_s`: how long the target asks to be left alone, None if it did not say."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and no answer came back. To be sent again, under the same id."""

    reason: str


Outcome = Delivered | Refused | TryLater | Unknown


class Sender(Protocol):
    """A target that can be sent to; used by one thread at a time."""

    def send(self, notice: Notice) -> Outcome:
        """One attempt, within the sender's timeouts. Raises nothing that a target can cause."""
        ...

    def close(self) -> None: ...
